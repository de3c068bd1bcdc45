"""Numbers with the lists they count, and the charts that stand beside their tables."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from opsconsole.admin.history import with_query


@dataclass(frozen=True)
class Number:
    """How many there are, and the list that shows exactly those."""

    label: str
    count: int
    link: str


def list_of(page: str, **query: Any) -> str:
    """The address of a list, asked for some rows of it: names of pages are those of the admin."""
    return with_query(reverse(f"admin:{page}"), **query)


def on_the_day(field: str, day: datetime.date) -> dict[str, int]:
    """How a list is asked for the rows of one day, as its own hierarchy of dates asks."""
    return {f"{field}__year": day.year, f"{field}__month": day.month, f"{field}__day": day.day}


def bars(numbers: Iterable[Number]) -> str:
    """A chart of bars as unfold's script reads it."""
    shown = list(numbers)
    series = {
        "data": [number.count for number in shown],
        "backgroundColor": "var(--color-primary-500)",
        "borderRadius": 4,
        "maxBarThickness": 48,
        "displayYAxis": True,
    }
    return json.dumps({"labels": [number.label for number in shown], "datasets": [series]})
