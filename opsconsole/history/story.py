"""The versions of one record as a story: who, when, what, why, old and new in words."""

from __future__ import annotations

import datetime
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import QuerySet
from django.utils import formats, timezone
from django.utils.text import capfirst

from opsconsole.access import registry

NOTHING = "nothing"
UNTOLD = {"permission", "is_superuser", "is_staff"}  # they follow from what is told
HIDDEN = "something outside your ZIP codes"
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


def versions_of(obj: models.Model, person: Any) -> QuerySet[Any]:
    """The versions of a record that this person may read, newest first.

    Staff read a version only if the record lay in one of their ZIP codes then, so none of what
    lies in no ZIP code (a ReRenter may have had homes anywhere); whether they may see the record
    now is for the page to ask.
    """
    versions = obj.history.all().order_by("-history_date", "-history_id")  # type: ignore[attr-defined]
    return registry.visible_versions(versions, person)


def tell(obj: models.Model, versions: list[Any], before: Any | None, person: Any) -> list[Entry]:
    """Tell the versions (newest first) of a page; `before` is the version next older than them."""
    older = [*versions, before][1:]
    clock = clock_of(obj)
    wanted = _foreign_keys(type(obj), [*versions, before])
    wanted[get_user_model()] |= {version.history_user_id for version in versions}
    names = _Names(person, wanted, clock)
    return [
        Entry(
            number=version.history_id,
            who=_who(version, names),
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


def _who(version: Any, names: _Names) -> str:
    if version.history_user_id is not None:
        return names.of(get_user_model(), version.history_user_id)
    database_user = version.source.removeprefix("database:")
    return "The system" if database_user == version.source else f"Database user {database_user}"


def _changes(
    model: type[models.Model], version: Any, previous: Any | None, names: _Names
) -> Iterator[Change]:
    for field in version.tracked_fields:
        if version.history_type == "~" and field.name not in version.changed_fields:
            continue
        if field.primary_key or field.name in UNTOLD or version.history_type == "-":
            continue
        old = _say(field, previous, names) if previous is not None else ""
        new = _say(field, version, names)
        if version.history_type == "+" and new == NOTHING:
            continue
        yield Change(capfirst(str(field.verbose_name)), old, new)


def _say(field: models.Field[Any, Any], version: Any, names: _Names) -> str:
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
        return formats.date_format(timezone.localtime(value, names.clock), "DATETIME_FORMAT")
    return str(formats.localize(value))


def _foreign_keys(
    model: type[models.Model], versions: Iterable[Any]
) -> dict[type[models.Model], set[Any]]:
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for version in versions:
        for field in version.tracked_fields if version is not None else ():
            if field.is_relation and (pk := getattr(version, field.attname)):
                wanted[field.related_model].add(pk)
    return wanted


class _Names:
    """What related records are called, in one query for each model, none outside the scope.

    Colleagues (all people but ReRenters) are named to everybody: the history would be mute
    without its actors.
    """

    def __init__(
        self,
        person: Any,
        wanted: dict[type[models.Model], set[Any]],
        clock: datetime.tzinfo,
    ) -> None:
        self.clock = clock
        self.names: dict[tuple[Any, Any], str] = {}
        for model, pks in wanted.items():
            rows = registry.visible(model._base_manager.filter(pk__in=pks - {None}), person)
            self.names |= {(model, row.pk): str(row) for row in rows}
            if model is get_user_model():
                self.names |= {(model, pk): name for pk, name in model.names_of(pks).items()}

    def of(self, model: Any, pk: Any) -> str:
        """The name of a record, or words that say it can't be named."""
        return self.names.get((model, pk), HIDDEN)
