"""Events: who did what when. They take place one after the other and leave a real history."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model

from opsconsole.access.acting import Source, acting
from opsconsole.history.records import Version
from staffing.models import User

type Step = Callable[[User, datetime.datetime], Any]


@dataclass(frozen=True)
class Event:
    """One step that a person took at a moment."""

    at: datetime.datetime
    by: User
    step: Step
    reason: str = ""


def take_place(events: Iterable[Event], now: datetime.datetime) -> int:
    """Take the steps in the order of their moments, date the history, return how many there were.

    What today's hours have not reached yet happened just now: the history knows no future.
    """
    moments: dict[uuid.UUID, datetime.datetime] = {}
    for event in sorted(events, key=lambda event: event.at):
        request, at = uuid.uuid4(), min(event.at, now)
        with acting(event.by, source=Source.CONSOLE, reason=event.reason, request_id=request):
            event.step(event.by, at)
        moments[request] = at
    for model in _tracked_models():
        _date_versions(model, moments)
    return len(moments)


def _tracked_models() -> list[type[Model]]:
    """The history tables: one for each model that keeps versions."""
    return [model for model in apps.get_models() if issubclass(model, Version)]


def _date_versions(versions: type[Model], moments: dict[uuid.UUID, datetime.datetime]) -> None:
    table = connection.ops.quote_name(versions._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} version SET history_date = event.at "  # noqa: S608  (a table of ours)
            "FROM unnest(%s::uuid[], %s::timestamptz[]) AS event(request_id, at) "
            "WHERE version.request_id = event.request_id",
            [[str(request) for request in moments], list(moments.values())],
        )
