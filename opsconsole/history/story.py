"""The versions of one record as a story: who, when, what, why, old and new in words."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.utils import timezone

from opsconsole.history.versions import versions_of
from opsconsole.history.words import HIDDEN, NOTHING, Names, label_of, named_in, say, told_fields

__all__ = ["HIDDEN", "Change", "Entry", "clock_of", "tell", "versions_of"]

SOURCES = {
    "console": "in the console",
    "import": "by an import",
    "command": "by a command",
    "task": "in the background",
}
KINDS = {"+": "created", "~": "changed", "-": "deleted"}


@dataclass(frozen=True)
class Change:
    """One field of one version, old and new as people read them."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """One version: what somebody did to the record, and when by the record's own clock."""

    number: int
    who: str
    when: datetime.datetime
    kind: str
    source: str
    reason: str
    changes: list[Change]


def tell(obj: models.Model, versions: list[Any], before: Any | None, person: Any) -> list[Entry]:
    """Tell the versions (newest first) of a page; `before` is the version next older than them."""
    older = [*versions, before][1:]
    clock = clock_of(obj)
    wanted = named_in(type(obj), [*versions, before])
    wanted[get_user_model()] |= {version.history_user_id for version in versions}
    names = Names(person, wanted, clock)
    return [
        Entry(
            number=version.history_id,
            who=who_wrote(version, names),
            when=version.history_date.astimezone(clock),
            kind=KINDS[version.history_type],
            source=SOURCES.get(version.source, "directly in the database"),
            reason=version.history_change_reason or "",
            changes=list(_changes(type(obj), version, previous, names)),
        )
        for version, previous in zip(versions, older, strict=True)
    ]


def clock_of(obj: models.Model) -> datetime.tzinfo:
    """The time zone of the home that a record is about; the console's where it is about none."""
    home = obj if hasattr(obj, "timezone") else getattr(obj, "property", None)
    name = getattr(home, "timezone", "")
    return zoneinfo.ZoneInfo(name) if name else timezone.get_default_timezone()


def who_wrote(version: Any, names: Names) -> str:
    """Who made a version: a person, or what wrote past the console."""
    if version.history_user_id is not None:
        return names.of(get_user_model(), version.history_user_id)
    database_user = version.source.removeprefix("database:")
    return "The system" if database_user == version.source else f"Database user {database_user}"


def _changes(
    model: type[models.Model], version: Any, previous: Any | None, names: Names
) -> Iterator[Change]:
    if version.history_type == "-":
        return
    for field in told_fields(model):
        if version.history_type == "~" and field.name not in version.changed_fields:
            continue
        new = say(field, getattr(version, field.attname), names)
        if version.history_type == "+" and new == NOTHING:
            continue
        old = say(field, getattr(previous, field.attname), names) if previous is not None else ""
        yield Change(label_of(field), old, new)
