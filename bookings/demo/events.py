"""Events: who did what when. They take place one after the other and leave a real history."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bookings.demo.dating import date_requests
from opsconsole.access.acting import Source, as_actor
from opsconsole.access.local import put_settings
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
        put_settings(
            as_actor(event.by, source=Source.CONSOLE, reason=event.reason, request_id=request)
        )
        event.step(event.by, at)
        moments[request] = at
    date_requests(moments)
    return len(moments)
