"""ZIP codes with who is there on a day, in a word for each: what the map draws and lists.

Those that are served, and those that are not and have homes or open plans.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, TextChoices, When

from staffing import coverage
from staffing.care import care
from staffing.models import User, ZipAssignment

MOST = 3000


class Cover(TextChoices):
    """Who looks after a ZIP code on a day: the worst first."""

    ALONE = "alone", "Nobody, while residents are away"
    NOT_SERVED = "not-served", "Not served, with homes or plans"
    NOBODY = "nobody", "Nobody"
    BACKUP = "backup", "Backup or cover only"
    PRIMARY = "primary", "Primary there"
    EMPTY = "empty", "Nobody, and no homes"


@dataclass(frozen=True, slots=True)
class Place:
    """A ZIP code, who is there, and how many homes it has."""

    pk: int
    code: str
    city: str
    state: str
    is_served: bool
    latitude: float | None
    longitude: float | None
    cover: Cover
    homes: int

    def __str__(self) -> str:
        homes = f"{self.homes} home{'' if self.homes == 1 else 's'}"
        return f"{self.code} {self.city}: {self.words}, {homes}"

    @property
    def words(self) -> str:
        """Who is there, and that it is not served where its cover does not say so."""
        if self.is_served or self.cover == Cover.NOT_SERVED:
            return str(self.cover.label)
        return f"{self.cover.label}, and not served"


@dataclass(frozen=True)
class Places:
    """All that are told, to be counted and sliced by a paginator, and how many are left out."""

    told: list[Place]
    left_out: int

    def __len__(self) -> int:
        return len(self.told)

    def __getitem__(self, part: slice) -> list[Place]:
        return self.told[part]

    def in_order(self, order: str) -> Places:
        """The same in one of the `ORDERS`."""
        return replace(self, told=sorted(self.told, key=_KEYS[order]))


WORST, CODE, HOMES = "worst", "code", "homes"
ORDERS = (WORST, CODE, HOMES)
_SEVERITY = {cover: number for number, cover in enumerate(Cover)}
_KEYS: dict[str, Callable[[Place], Any]] = {
    WORST: lambda place: (_SEVERITY[place.cover], -place.homes, place.code),
    CODE: lambda place: place.code,
    HOMES: lambda place: (-place.homes, place.code),
}


def places(viewer: User, day: datetime.date, query: str) -> Places:
    """The ZIP codes on a day; where they are too many, the worst of them."""
    rows = _judged(viewer, day, query)
    facts = ("pk", "code", "city", "state", "is_served", "latitude", "longitude", "severity")
    found = list(rows.order_by("severity", "code").values_list(*facts)[: MOST + 1])
    left_out = rows.count() - MOST if len(found) > MOST else 0
    homes = care().homes.count_in((pk for pk, *_ in found[:MOST]), viewer)
    told = [_place(row, homes.get(row[0], 0)) for row in found[:MOST]]
    return Places(told, left_out)


def _judged(viewer: User, day: datetime.date, query: str) -> QuerySet[Any]:
    """With who is there, as its place among the covers."""
    here = {"zip_code": OuterRef("pk")}
    held = ZipAssignment.objects.visible_to(viewer).of_active_people().on(day).order_by()
    held = held.filter(content_object=OuterRef("pk"))
    away = care().plans.visible_to(viewer).filter(starts_on__lte=day, ends_on__gt=day, **here)
    is_alone = ~Exists(held) & Exists(away)
    severity = Case(
        When(is_alone, then=_SEVERITY[Cover.ALONE]),
        When(is_served=False, then=_SEVERITY[Cover.NOT_SERVED]),
        When(Exists(held.filter(duty=ZipAssignment.Duty.PRIMARY)), then=_SEVERITY[Cover.PRIMARY]),
        When(Exists(held), then=_SEVERITY[Cover.BACKUP]),
        When(Exists(care().homes.visible_to(viewer).filter(**here)), then=_SEVERITY[Cover.NOBODY]),
        default=_SEVERITY[Cover.EMPTY],
        output_field=IntegerField(),
    )
    return coverage.zip_codes(viewer, day, query).prefetch_related(None).annotate(severity=severity)


def _place(row: tuple[Any, ...], homes: int) -> Place:
    pk, code, city, state, is_served, latitude, longitude, severity = row
    here = [None if degrees is None else float(degrees) for degrees in (latitude, longitude)]
    return Place(pk, code, city, state, is_served, here[0], here[1], list(Cover)[severity], homes)
