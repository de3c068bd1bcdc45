"""The rows of the files in fixtures/: text cells, with days counted from today."""

from __future__ import annotations

import csv

from django.conf import settings

type Row = dict[str, str]


def rows_of(name: str) -> list[Row]:
    """The rows of one of the files, such as `bookings`."""
    with (settings.CHECKOUT / "fixtures" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def is_true(cell: str) -> bool:
    """Whether a cell says yes."""
    return cell == "true"
