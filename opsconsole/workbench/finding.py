"""Finding the changes that are asked for, a page at a time, newest first, in one list.

Each kind of record has a table of versions. Of each the newest are taken by an index, and the
tables merged. What no index finds (a text in the reason) is looked for among so many versions a
page, and no more: the page says how far back it looked, and goes on from there.
"""

from __future__ import annotations

import datetime
import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from opsconsole.access.people import Person, sees_everything
from opsconsole.history.changes import (
    NEWEST_FIRST,
    before,
    readable_versions,
    with_previous,
)
from opsconsole.history.walking import Stretch, Wanted, stretches
from opsconsole.workbench.asking import Asked
from opsconsole.workbench.conditions import conditions, indexed_by
from opsconsole.workbench.kinds import KINDS, Kind

LOOK = 20_000  # versions of a table that one page looks through
BEGINNING = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MICROSECOND = datetime.timedelta(microseconds=1)

type Found = tuple[Kind, Any]


@dataclass(frozen=True)
class Place:
    """A place in a table of versions: what was written before it is still to come."""

    history_date: datetime.datetime
    history_id: int


@dataclass(frozen=True)
class Cursor:
    """Where a page ended, in each table; nothing where the list begins."""

    places: dict[str, Place] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Out of an address. Raises ValueError for what is none."""
        places = {}
        for part in filter(None, text.split("~")):
            slug, at, number = part.split(":")
            if slug not in KINDS or not (at + number).isascii() or len(number) > 18:
                raise ValueError(part)
            if not (at.isdigit() and number.isdigit()) or len(at) > 16:
                raise ValueError(part)
            places[slug] = Place(BEGINNING + int(at) * MICROSECOND, int(number))
        return cls(places)

    def __str__(self) -> str:
        return "~".join(
            f"{slug}:{(place.history_date - BEGINNING) // MICROSECOND}:{place.history_id}"
            for slug, place in self.places.items()
        )


END = Place(BEGINNING, 0)


@dataclass
class Page:
    """Versions, newest first, and where the list goes on; nowhere at its end."""

    versions: list[Found]
    older: Cursor | None = None
    looked_back_to: datetime.datetime | None = None


@dataclass
class _Taken:
    """What one table gave: at most one more than a page, and where looking for more stopped.

    `stopped` is None where the table has nothing more to give.
    """

    kind: Kind
    versions: list[Any]
    stopped: Place | None


def find(asked: Asked, person: Person, cursor: Cursor, size: int) -> Page:
    """A page of changes, from the cursor on."""
    waiting = [kind for kind in asked.kinds if cursor.places.get(kind.slug) != END]
    walked = [kind for kind in waiting if _is_walked(kind, asked, person)]
    found = stretches([_wanted(kind, asked, cursor) for kind in walked], LOOK)
    ways = dict(zip(walked, found, strict=True))
    taken = [_take(kind, asked, person, cursor, size, ways.get(kind)) for kind in waiting]
    return _merge(taken, cursor, size)


def _wanted(kind: Kind, asked: Asked, cursor: Cursor) -> Wanted:
    place = cursor.places.get(kind.slug)
    return Wanted(kind.table, place.history_id if place else None, asked.since, asked.until)


def _is_walked(kind: Kind, asked: Asked, person: Person) -> bool:
    """Whether no index leads to what is asked for, so that the table is walked from its end."""
    return sees_everything(person) and not indexed_by(kind, asked)


def _take(
    kind: Kind, asked: Asked, person: Person, cursor: Cursor, size: int, way: Stretch | None
) -> _Taken:
    readable = readable_versions(kind.model, person)
    rows = readable.filter(indexed_by(kind, asked) & _when(asked))
    others = conditions(kind, asked)
    if way and not way.is_short:
        rows = rows.filter(others, history_id__lt=way.top, history_id__gte=way.low)
        stopped = None if way.is_last else Place(way.low_date or BEGINNING, way.low)
        return _Taken(kind, _few(rows.order_by("-history_id"), readable, size), stopped)
    if place := cursor.places.get(kind.slug):
        rows = rows.filter(before(place))
    rows = rows.order_by(*NEWEST_FIRST)
    if way or not others:
        return _Taken(kind, _few(rows.filter(others), readable, size), None)
    looked = rows.values("history_id")[:LOOK]
    picked = readable.filter(others, history_id__in=looked).order_by(*NEWEST_FIRST)
    last = rows.values_list("history_date", "history_id")[LOOK - 1 : LOOK]
    return _Taken(kind, _few(picked, readable, size), next((Place(*row) for row in last), None))


def _when(asked: Asked) -> Q:
    dates = {"history_date__gte": asked.since, "history_date__lt": asked.until}
    return Q(**{name: at for name, at in dates.items() if at is not None})


def _few(rows: QuerySet[Any], readable: QuerySet[Any], size: int) -> list[Any]:
    return list(with_previous(rows, readable)[: size + 1])


def _merge(taken: Sequence[_Taken], cursor: Cursor, size: int) -> Page:
    """The newest of all tables, down to where one of them has not been looked through."""
    unseen = [each for each in taken if each.stopped and len(each.versions) <= size]
    horizon = max((each.stopped.history_date for each in unseen if each.stopped), default=None)
    merged = heapq.merge(*(_marked(each) for each in taken), key=lambda row: row[0])
    shown: list[tuple[_Taken, Any]] = []
    for _, each, version in merged:
        if len(shown) == size or (horizon and version.history_date < horizon):
            break
        shown.append((each, version))
    places = {each.kind.slug: _reached(each, shown, size) for each in taken}
    is_end = all(place == END for place in places.values())
    return Page(
        [(each.kind, version) for each, version in shown],
        None if is_end else Cursor({**cursor.places, **places}),
        horizon if len(shown) < size else None,
    )


def _marked(taken: _Taken) -> Iterable[tuple[Any, _Taken, Any]]:
    for version in taken.versions:
        yield (-version.history_date.timestamp(), taken.kind.slug), taken, version


def _reached(taken: _Taken, shown: Sequence[tuple[_Taken, Any]], size: int) -> Place:
    """Where this table goes on: after what was shown of it, or where looking stopped."""
    count = sum(each is taken for each, _ in shown)
    if count < len(taken.versions):
        following = taken.versions[count]
        return Place(following.history_date, following.history_id + 1)
    return taken.stopped or END
