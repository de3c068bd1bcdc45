"""Versions as a story: who, when, what, why, old and new in words."""

from __future__ import annotations

import datetime
import zoneinfo
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.utils import timezone

from opsconsole.history.names import Names, Wanted, named_in
from opsconsole.history.sources import Sources
from opsconsole.history.stories import telling_of
from opsconsole.history.versions import versions_of
from opsconsole.history.words import (
    CHANGED,
    HIDDEN,
    NOTHING,
    ONLY_THAT,
    SET,
    UNTOLD,
    label_of,
    say,
    told_fields,
)

__all__ = [
    "HIDDEN", "KINDS", "NOTHING", "UNTOLD",
    "Change", "Entry", "clock_of", "tell", "tell_all", "versions_of", "who_wrote",
]  # fmt: skip

KINDS = {"+": "created", "~": "changed", "-": "deleted"}

type Pair = tuple[Any, Any | None]  # a version, and the one before it of the same record


@dataclass(frozen=True)
class Change:
    """One field of one version, old and new as people read them."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """One version: what somebody did to the record, and when by the record's own clock.

    `verb` says what was done: the kind of change, or the step that was taken. `subject` is None
    for the record whose story it is, and the name of what belongs to it otherwise; `is_there`
    says whether that can still be looked at.
    """

    number: int
    who: str
    when: datetime.datetime
    kind: str
    verb: str
    source: str
    reason: str
    changes: list[Change]
    version: Any = field(repr=False)
    subject: str | None = None
    is_there: bool = True

    @property
    def model(self) -> type[models.Model]:
        """What kind of record it is about."""
        model: type[models.Model] = self.version.instance_type
        return model

    @property
    def noun(self) -> str:
        """The same as staff say it."""
        return str(self.model._meta.verbose_name)

    @property
    def pk(self) -> Any:
        """The id of that record."""
        return getattr(self.version, self.model._meta.pk.attname)


def tell(obj: models.Model, versions: list[Any], before: Any | None, person: Any) -> list[Entry]:
    """Tell versions of one record (newest first); `before` is the version next older than them."""
    older = [*versions, before][1:]
    return tell_all(obj, list(zip(versions, older, strict=True)), person)


def tell_all(obj: models.Model, pairs: Sequence[Pair], person: Any) -> list[Entry]:
    """Tell versions of a record and of what belongs to it, each with the version before it."""
    names = Names(person, _spoken_of(obj, pairs), clock_of(obj), known=[obj])
    sources = Sources((version for version, _ in pairs), person)
    return [_entry(obj, version, previous, names, sources) for version, previous in pairs]


def clock_of(obj: models.Model) -> datetime.tzinfo:
    """The time zone of the home that a record is about; the console's where it is about none."""
    place = obj
    for name in ("property", "zip_code"):
        if not hasattr(place, "timezone"):
            place = getattr(obj, name, place)
    name = getattr(place, "timezone", "")
    return zoneinfo.ZoneInfo(name) if name else timezone.get_default_timezone()


def who_wrote(version: Any, names: Names) -> str:
    """Who made a version: a person, or what wrote past the console."""
    if version.history_user_id is not None:
        return names.of(get_user_model(), version.history_user_id)
    database_user = version.source.removeprefix("database:")
    return "The system" if database_user == version.source else f"Database user {database_user}"


def _spoken_of(obj: models.Model, pairs: Sequence[Pair]) -> Wanted:
    wanted: Wanted = defaultdict(set)
    wanted[get_user_model()] |= {version.history_user_id for version, _ in pairs}
    for version, previous in pairs:
        model = version.instance_type
        if not _is_own(obj, version):
            wanted[model].add(getattr(version, model._meta.pk.attname))
        for other, pks in named_in(model, [version, previous]).items():
            wanted[other] |= pks
    return wanted


def _is_own(obj: models.Model, version: Any) -> bool:
    same = isinstance(obj, version.instance_type)
    return same and obj.pk == getattr(version, obj._meta.pk.attname)


def _entry(
    obj: models.Model, version: Any, previous: Any | None, names: Names, sources: Sources
) -> Entry:
    model = version.instance_type
    pk, is_own = getattr(version, model._meta.pk.attname), _is_own(obj, version)
    return Entry(
        number=version.history_id,
        who=who_wrote(version, names),
        when=version.history_date.astimezone(names.clock),
        kind=KINDS[version.history_type],
        verb=_verb(version),
        source=sources.of(version, names.clock),
        reason=version.history_change_reason or "",
        changes=list(_changes(model, version, previous, names)),
        version=version,
        subject=None if is_own else names.of(model, pk),
        is_there=is_own or names.is_there(model, pk),
    )


def _verb(version: Any) -> str:
    """The step that was taken, where one was; else what kind of change it is."""
    if version.history_type == "~":
        for name, verbs in telling_of(version.instance_type).deeds.items():
            if name in version.changed_fields and getattr(version, name) in verbs:
                return verbs[getattr(version, name)]
    return KINDS[version.history_type]


def _changes(
    model: type[models.Model], version: Any, previous: Any | None, names: Names
) -> Iterator[Change]:
    if version.history_type == "-":
        return
    for each in told_fields(model):
        if version.history_type == "~" and each.name not in version.changed_fields:
            continue
        if each.name in ONLY_THAT:
            yield Change(label_of(each), "", CHANGED if version.history_type == "~" else SET)
            continue
        new = say(each, getattr(version, each.attname), names)
        if version.history_type == "+" and new == NOTHING:
            continue
        old = say(each, getattr(previous, each.attname), names) if previous is not None else ""
        yield Change(label_of(each), old, new)
