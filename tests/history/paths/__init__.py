"""Every path by which a tracked record is written, told as what it must leave in the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from staffing.models import User
from tests.factories import make_manager

TRACKED: list[Any] = [
    model for model in apps.get_models() if hasattr(model._meta, "simple_history_manager_attribute")
]
BECAUSE = "Because they asked"

type Version = tuple[str, int, str, tuple[str, ...]]  # model, record, kind, changed fields
type Cell = Callable[[Watch], Trace]
type Row = dict[str, Cell | str]  # for each tracked model the path, or why there is none


def made(record: Any) -> Version:
    """The version that a new record must have."""
    return record._meta.object_name, record.pk, "+", ()


def changed(record: Any, *fields: str) -> Version:
    """The version that a change of these fields must leave."""
    return record._meta.object_name, record.pk, "~", tuple(sorted(fields))


def deleted(model: Any, pk: int) -> Version:
    """The version that a deletion must leave."""
    return model._meta.object_name, pk, "-", ()


@dataclass(frozen=True)
class Trace:
    """What a path must have left: these versions and no other, of any record."""

    versions: list[Version]
    source: str
    by: User | None = None
    reason: str | None = None
    batch: int | None = None
    is_tied: bool = True  # by the id of one request


class Watch:
    """Sees what is written to all history tables from `begin` on."""

    def __init__(self) -> None:
        self.mona = make_manager()
        self.seen: dict[Any, int] = {}

    def begin(self) -> None:
        """What was written before belongs to the setting."""
        self.seen = {model: _newest(model) for model in TRACKED}

    def new(self) -> list[Any]:
        """The versions that were written since."""
        return [
            version
            for model in TRACKED
            for version in model.history.filter(history_id__gt=self.seen[model])
        ]


def told(version: Any) -> Version:
    """A version as `made`, `changed` and `deleted` tell it."""
    model, fields = version.instance_type, tuple(sorted(version.changed_fields))
    return model._meta.object_name, version.id, version.history_type, fields


def _newest(model: Any) -> int:
    newest = model.history.order_by("-history_id").values_list("history_id", flat=True).first()
    return newest or 0
