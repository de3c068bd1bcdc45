"""A record, and what belongs to it, as of a moment: the versions that were in force then."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db import models
from django.db.models import QuerySet

from opsconsole.access import registry
from opsconsole.access.people import sees_everything
from opsconsole.history.changes import NEWEST_FIRST, OLDEST_FIRST
from opsconsole.history.records import zip_code_field
from opsconsole.history.strands import ids_of_parts
from opsconsole.history.versions import history_of, versions_of


class State(Enum):
    """What can be said of a record at a moment."""

    THERE = "there"
    NOT_YET = "not yet"  # or, to who is held to ZIP codes, somewhere else
    ELSEWHERE = "elsewhere"  # outside of their ZIP codes for a part of the time, nobody says which
    GONE = "gone"


@dataclass(frozen=True)
class Then:
    """A record at a moment, with the version that was in force where it may be read."""

    state: State
    version: Any | None = None


def then(obj: models.Model, at: datetime.datetime, person: Any) -> Then:
    """A record in scope as it was at a moment, as far as this person may read its versions."""
    versions = versions_of(obj, person)
    version = versions.filter(history_date__lte=at).first()
    if version is None:
        return Then(State.NOT_YET)
    if version.history_type == "-":
        return Then(State.GONE)
    following = versions.filter(history_date__gt=at).order_by(*OLDEST_FIRST).first()
    if following is not None and _came_back(version, following, person):
        return Then(State.ELSEWHERE)
    return Then(State.THERE, version)


def parts_then(
    part: type[models.Model], name: str, obj: models.Model, at: datetime.datetime, person: Any
) -> list[Any]:
    """The versions of what belonged to a record at a moment, of one kind."""
    pk = part._meta.pk.attname
    [ids] = ids_of_parts([(part, name)], obj, person)
    rows: QuerySet[Any] = history_of(part).filter(**{f"{pk}__any": ids}, history_date__lte=at)
    last = registry.visible_versions(rows, person).order_by(pk, *NEWEST_FIRST).distinct(pk)
    there = [version for version in last if version.history_type != "-"]
    return [version for version in there if getattr(version, f"{name}_id") == obj.pk]


def _came_back(version: Any, following: Any, person: Any) -> bool:
    """Whether the record left between two versions that follow each other for this person.

    It has the ZIP code of before, and yet it changed: what lies between they may not read.
    """
    field = zip_code_field(version.instance_type)
    if field is None or sees_everything(person) or field not in following.changed_fields:
        return False
    return bool(getattr(version, f"{field}_id") == getattr(following, f"{field}_id"))
