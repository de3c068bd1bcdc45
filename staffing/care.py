"""What in a ZIP code needs somebody: homes and away plans, told by the app that keeps them.

Staffing knows neither homes nor plans; whoever does tells it once, when the console starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

type Rows = Callable[[Any], QuerySet[Any]]  # the rows that a person may see


@dataclass(frozen=True)
class Care:
    """Homes to look after and plans that are open, each row with its `zip_code`.

    Plans have dates too: `starts_on`, and `ends_on`, the day that is not part of them.
    """

    homes: Rows
    plans: Rows


_told: list[Care] = []


def tell(homes: Rows, plans: Rows) -> None:
    """Say where homes and open plans are found; the last word counts."""
    _told[:] = [Care(homes, plans)]


def care() -> Care:
    """What was told."""
    return _told[0]
