"""What lies in a ZIP code and needs somebody: homes, away plans, stays.

Staffing knows none of them; the app that keeps them tells it once, when the console starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from staffing.models import User


@dataclass(frozen=True)
class Kind:
    """Rows that matter, each with its `zip_code`, and the nouns for one and for many of them."""

    one: str
    many: str
    rows: Callable[[], Any]

    def visible_to(self, person: User) -> QuerySet[Any]:
        """Those that a person may see."""
        return self.rows().visible_to(person).order_by()

    def count_in(self, zip_codes: Iterable[int], person: User) -> dict[int, int]:
        """How many a person may see in each of these ZIP codes; those without any are left out."""
        there = self.visible_to(person).filter(zip_code__any=list(zip_codes))
        return dict(there.values_list("zip_code").annotate(Count("pk")))


@dataclass(frozen=True)
class Counted:
    """A number with its noun: "3 open plans"."""

    number: int
    kind: Kind

    def __str__(self) -> str:
        return f"{self.number} {self.kind.one if self.number == 1 else self.kind.many}"


@dataclass(frozen=True)
class Care:
    """Homes to look after, plans that are open, stays to come.

    Plans have dates too: `starts_on`, and `ends_on`, the day that is not part of them.
    """

    homes: Kind
    plans: Kind
    stays: Kind


_told: list[Care] = []


def tell(care: Care) -> None:
    """Say where they are found; the last word counts."""
    _told[:] = [care]


def care() -> Care:
    """What was told."""
    return _told[0]


def counts_in(zip_codes: Iterable[int], person: User) -> dict[int, list[Counted]]:
    """What of each kind lies in each of the ZIP codes, as far as a person may see it."""
    ids = list(zip_codes)
    kinds = (care().homes, care().plans, care().stays)
    numbers = [(kind, kind.count_in(ids, person)) for kind in kinds]
    return {pk: [Counted(found.get(pk, 0), kind) for kind, found in numbers] for pk in ids}
