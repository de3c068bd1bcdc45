"""The records of a step on many: as they are shown, what would refuse each, and what was shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from bookings.meanwhile import by_whom, since, what_changed
from opsconsole.admin.scope import as_pk
from opsconsole.database.refusals import ReasonMissing, Refused
from opsconsole.history.versions import as_number, newest_version
from staffing.models import User

UNKNOWN = "This page did not say which version of it you saw: look at it as it is now."


@dataclass(frozen=True)
class Row:
    """A record and its version, with what would refuse the step, and what would follow."""

    record: Any
    version: int
    refusal: Refused | None
    follows: str

    @property
    def goes_along(self) -> bool:
        """Whether the step can be taken, with a reason where it needs one."""
        return self.refusal is None or self.asks_why

    @property
    def asks_why(self) -> bool:
        """Whether it can be taken once somebody says why."""
        return isinstance(self.refusal, ReasonMissing)


def as_sent(rows: Iterable[Row]) -> str:
    """The records of a page with their versions, in one hidden field."""
    return " ".join(f"{row.record.pk}:{row.version}" for row in rows)


def as_seen(model: type[models.Model], sent: str) -> dict[Any, int | None]:
    """The versions that a page showed, by the ids of the records; the id of none is left out."""
    pairs = [pair.partition(":") for pair in sent.split()]
    seen = {as_pk(model, pk): as_number(version) for pk, _, version in pairs}
    return {pk: version for pk, version in seen.items() if pk is not None}


def refuse_changed(record: Any, seen: int | None, viewer: User) -> None:
    """Refuse a record that is not as somebody saw it. It is held locked, and was loaded since."""
    if seen is None:
        raise Refused(UNKNOWN)
    if seen == newest_version(type(record), record.pk):
        return
    versions = since(record, seen, viewer)
    raise Refused(
        f"It changed since you saw it{by_whom(versions)}{what_changed(record, versions)}: "
        f"it is {_state_of(record).lower()} now."
    )


def _state_of(record: Any) -> str:
    """What a record is by its steps; a home has a lifecycle instead of a status."""
    say = getattr(record, "get_status_display", None) or record.get_lifecycle_display
    return str(say())
