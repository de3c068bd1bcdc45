"""The story of a record and of what belongs to it, as one, a page at a time.

Each kind of record has a table of versions of its own. A page reads a few rows of each from the
place on that it begins at, so that its queries do not grow with the story.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet, Value

from opsconsole.access import registry
from opsconsole.access.people import sees_everything
from opsconsole.history.changes import NEWEST_FIRST, OLDEST_FIRST, with_previous
from opsconsole.history.stories import parts_of
from opsconsole.history.story import Entry, tell_all
from opsconsole.history.versions import as_number, history_of, is_kept, versions_of

type Part = tuple[type[models.Model], str]  # a kind of record, and its relation to the whole

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
FIRST = -1  # stands before every strand
LAST = (datetime.datetime.max.replace(tzinfo=datetime.UTC) - EPOCH) // datetime.timedelta(days=1)


@dataclass(frozen=True)
class Place:
    """A version's place in the story, newest first: its moment, its strand, its number."""

    at: datetime.datetime
    strand: int
    number: int

    def __str__(self) -> str:
        micros = (self.at - EPOCH) // datetime.timedelta(microseconds=1)
        return f"{micros}.{self.strand}.{self.number}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """A place out of an address; None for what is none."""
        numbers = [as_number(part) for part in text.split(".")]
        if len(numbers) != 3 or None in numbers:
            return None
        micros, strand, number = (each or 0 for each in numbers)
        if micros >= LAST * 86_400_000_000:
            return None
        return cls(EPOCH + datetime.timedelta(microseconds=micros), strand, number)

    @property
    def order(self) -> tuple[datetime.datetime, int, int]:
        """What the oldest place is the least of."""
        return self.at, -self.strand, self.number

    def older(self, strand: int) -> Q:
        """The condition on versions of a strand that come after this place."""
        return self._beyond(strand, "lt", comes_later=strand > self.strand)

    def newer(self, strand: int) -> Q:
        """The condition on versions of a strand that come before this place."""
        return self._beyond(strand, "gt", comes_later=strand < self.strand)

    def _beyond(self, strand: int, way: str, *, comes_later: bool) -> Q:
        beyond = Q(**{f"history_date__{way}": self.at})
        if strand == self.strand:
            return beyond | Q(history_date=self.at, **{f"history_id__{way}": self.number})
        return beyond | Q(history_date=self.at) if comes_later else beyond


@dataclass(frozen=True)
class Page:
    """Some entries of a story, newest first, and where the pages before and after begin."""

    entries: list[Entry]
    newer: Place | None
    older: Place | None


def page_of(
    obj: models.Model,
    person: Any,
    size: int,
    *,
    own: bool = False,
    before: Place | None = None,
    after: Place | None = None,
) -> Page:
    """The newest entries; those older than a place (`before`), or next newer than one (`after`)."""
    strands = list(_strands(obj, person, parts=() if own else None))
    upwards = after is not None and before is None
    found = _found(strands, person, size + 1, before, after)
    found.sort(key=lambda each: each[0].order, reverse=not upwards)
    more, found = len(found) > size, found[:size]
    if upwards:
        found.reverse()
    entries = tell_all(obj, _loaded(found, strands), person)
    first, last = (found[0][0], found[-1][0]) if found else (None, None)
    is_first = not more if upwards else before is None
    is_last = not upwards and not more
    return Page(entries, None if is_first else first, None if is_last else last)


def neighbours(
    obj: models.Model,
    person: Any,
    at: datetime.datetime,
    *,
    parts: Collection[type[models.Model]],
    beside: Sequence[models.Model] = (),
) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    """When the story's last change up to a moment happened, and when the first one after it.

    Of what belongs to the record these kinds count, and the records `beside` it as well.
    """
    strands = [
        *_strands(obj, person, parts=parts),
        *(versions_of(each, person) for each in beside),
    ]
    place = Place(at, FIRST, 0)
    before = [each.at for each, _ in _found(strands, person, 1, before=place, after=None)]
    after = [each.at for each, _ in _found(strands, person, 1, before=None, after=place)]
    return max(before, default=None), min(after, default=None)


def _strands(
    obj: models.Model, person: Any, *, parts: Collection[type[models.Model]] | None
) -> Iterator[QuerySet[Any]]:
    """The versions of the record, and of what belongs to it: of these kinds, or of each."""
    if is_kept(type(obj)):
        yield versions_of(obj, person)
    wanted = [each for each in parts_of(type(obj)) if parts is None or each[0] in parts]
    for (part, name), ids in zip(wanted, ids_of_parts(wanted, obj, person), strict=True):
        rows = history_of(part).filter(**{f"{part._meta.pk.attname}__any": ids, name: obj.pk})
        yield registry.visible_versions(rows, person)


def ids_of_parts(parts: Sequence[Part], obj: models.Model, person: Any) -> list[set[Any]]:
    """What of each kind belongs to a record now, all in one query.

    To those who see everything also what did, and is gone.
    """
    lists = []
    for number, (part, name) in enumerate(parts):
        there = registry.visible(part._base_manager.filter(**{name: obj.pk}), person)
        lists.append(there.order_by().values_list("pk", Value(number)))
        if sees_everything(person):
            gone = history_of(part).filter(**{name: obj.pk}, history_type="-")
            lists.append(gone.order_by().values_list(part._meta.pk.attname, Value(number)))
    found: list[set[Any]] = [set() for _ in parts]
    for pk, number in lists[0].union(*lists[1:], all=True) if lists else ():
        found[number].add(pk)
    return found


def _found(
    strands: list[QuerySet[Any]],
    person: Any,
    count: int,
    before: Place | None,
    after: Place | None,
) -> list[tuple[Place, int | None]]:
    """The places of the next versions of each strand, and the number of the version before each."""
    parts = []
    for strand, versions in enumerate(strands):
        order = NEWEST_FIRST
        if before:
            versions = versions.filter(before.older(strand))
        elif after:
            versions, order = versions.filter(after.newer(strand)), OLDEST_FIRST
        every = history_of(versions.model.instance_type)
        places = with_previous(versions, registry.visible_versions(every, person))
        columns = places.annotate(strand=Value(strand)).values_list(
            "history_date", "strand", "history_id", "previous_id"
        )
        parts.append(columns.order_by(*order)[:count])
    return [(Place(*place), number) for *place, number in parts[0].union(*parts[1:], all=True)]


def _loaded(
    found: list[tuple[Place, int | None]], strands: list[QuerySet[Any]]
) -> list[tuple[Any, Any | None]]:
    """Each version with the one before it, in the order of their places."""
    rows: dict[tuple[int, int | None], Any] = {}
    for strand, versions in enumerate(strands):
        here = [each for each in found if each[0].strand == strand]
        numbers = {number for place, before in here for number in (place.number, before)} - {None}
        loaded = history_of(versions.model.instance_type).filter(history_id__any=numbers)
        rows |= {(strand, version.history_id): version for version in loaded.order_by()}
    pairs = [(rows.get((p.strand, p.number)), rows.get((p.strand, before))) for p, before in found]
    return [(version, before) for version, before in pairs if version]  # retention may be at work
