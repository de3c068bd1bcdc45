"""Changes in words: who, when by the home's own clock, what, why, and where from."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Field
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.text import capfirst

from bookings.models import AccessSecret, Task
from opsconsole.access.people import Person, sees_everything
from opsconsole.dates import say_date, say_dates
from opsconsole.history.changes import readable_versions
from opsconsole.history.sources import Sources
from opsconsole.history.story import KINDS as VERBS
from opsconsole.history.story import Change
from opsconsole.history.words import NOTHING
from opsconsole.workbench.flags import Flag, flags_of
from opsconsole.workbench.kinds import (
    ASSIGNMENT,
    BOOKING,
    CODE,
    PERSON,
    PLAN,
    TASK,
    ZIP_CODE,
    Kind,
)
from opsconsole.workbench.naming import Names
from staffing.models import User, ZipCode

SECRETS = {"password_set_at", "code_set_at"}  # of these only that they changed
CHANGED = "changed"
NOBODY = "The system"


@dataclass(frozen=True)
class Told:
    """One change in words."""

    kind: Kind
    number: int
    pk: int  # of the record
    record: str
    who: str
    when: datetime.datetime
    verb: str
    source: str
    reason: str
    changes: list[Change]
    version: Any
    flags: list[Flag]

    @property
    def address(self) -> str:
        """The page of this change."""
        return reverse(self.kind.address, args=[self.number])

    @property
    def key(self) -> str:
        """The record as the list is asked for it."""
        return f"{self.kind.slug}-{self.pk}"

    @property
    def sentence(self) -> str:
        """Who did what to what."""
        return f"{self.who} {self.verb} {self.kind.one} {self.record} {self.source}"


def tell_all(found: Sequence[tuple[Kind, Any]], person: Person) -> list[Told]:
    """Tell versions that carry the `previous_id` of the one before, in their order."""
    before = dict(_previous(found, person))
    spoken_of = [*found, *((kind, version) for (kind, _), version in before.items())]
    names, flags = Names(spoken_of, person), _flags(found, person)
    sources = Sources((version for _, version in found), person)
    return [
        _tell(
            kind,
            version,
            before.get((kind, version.previous_id)),
            names,
            sources,
            flags.get(version.history_id, []) if kind == PLAN else [],
        )
        for kind, version in found
    ]


def _flags(found: Iterable[tuple[Kind, Any]], person: Person) -> dict[int, list[Flag]]:
    """What stands out, for those who review it: to be told of a colleague is not staff's."""
    if not sees_everything(person):
        return {}
    return flags_of([version.history_id for kind, version in found if kind == PLAN])


def _previous(
    found: Iterable[tuple[Kind, Any]], person: Person
) -> Iterator[tuple[tuple[Kind, int], Any]]:
    wanted: dict[Kind, set[int]] = {}
    for kind, version in found:
        wanted.setdefault(kind, set()).add(version.previous_id)
    for kind, numbers in wanted.items():
        readable = readable_versions(kind.model, person)
        for version in readable.filter(history_id__in=numbers - {None}):
            yield (kind, version.history_id), version


def _tell(
    kind: Kind,
    version: Any,
    previous: Any | None,
    names: Names,
    sources: Sources,
    flags: list[Flag],
) -> Told:
    clock = names.clock_of(kind, version)
    return Told(
        kind=kind,
        number=version.history_id,
        pk=getattr(version, kind.pk),
        record=_title(kind, version, names),
        who=_who(version, names),
        when=version.history_date.astimezone(clock),
        verb=VERBS[version.history_type],
        source=sources.of(version, clock),
        reason=version.history_change_reason or "",
        changes=list(_changes(kind, version, previous, names, clock)),
        version=version,
        flags=flags,
    )


def _who(version: Any, names: Names) -> str:
    if version.history_user_id is not None:
        return names.of(User, version.history_user_id)
    database_user = version.source.removeprefix("database:")
    return NOBODY if database_user == version.source else f"Database user {database_user}"


def _title(kind: Kind, version: Any, names: Names) -> str:
    """What the record was called then."""
    if kind == PLAN:
        return f"{names.home(version.property_id)}, {say_dates(version.starts_on, version.ends_on)}"
    if kind == BOOKING:
        dates = say_dates(version.arrives_on, version.departs_on)
        return f"of {version.guest_name}, {dates}, at {names.home(version.property_id)}"
    if kind == TASK:
        what = f"{Task.Kind(version.kind).label}, due {say_date(version.due_on)}"
        return f"{what}, at {names.home(version.property_id)}"
    if kind == CODE:
        what = ", ".join(filter(None, (AccessSecret.Kind(version.kind).label, version.label)))
        return f"{what}, at {names.home(version.property_id)}"
    if kind == ASSIGNMENT:
        place = names.of(ZipCode, version.content_object_id)
        return f"of {names.of(User, version.user_id)} to {place}"
    if kind == ZIP_CODE:
        return names.of(ZipCode, version.id)
    return str(version.full_name or version.email) if kind == PERSON else str(version.name)


def _changes(
    kind: Kind, version: Any, previous: Any | None, names: Names, clock: datetime.tzinfo
) -> Iterator[Change]:
    for field in kind.told_fields:
        label = capfirst(str(field.verbose_name))
        is_changed = field.name in version.changed_fields
        if version.history_type == "~":
            if is_changed and field.name in SECRETS:
                yield Change(label, "", CHANGED)
            elif is_changed:
                old = _say(field, previous, names, clock) if previous is not None else ""
                yield Change(label, old, _say(field, version, names, clock))
            continue
        said = _say(field, version, names, clock)
        if said != NOTHING and field.name not in SECRETS:
            is_gone = version.history_type == "-"
            yield Change(label, said, NOTHING) if is_gone else Change(label, "", said)


def _say(field: Field[Any, Any], version: Any, names: Names, clock: datetime.tzinfo) -> str:
    value = getattr(version, field.attname)
    if value in (None, ""):
        return NOTHING
    if field.is_relation:
        return names.of(field.related_model, value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.datetime):
        return formats.date_format(timezone.localtime(value, clock), "DATETIME_FORMAT")
    return str(formats.localize(value))
