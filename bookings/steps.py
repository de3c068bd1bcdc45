"""How a step is taken on a home and what hangs from it: all or nothing, one at a time."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from bookings.models import Property
from opsconsole.access.acting import because
from opsconsole.database.refusals import ReasonMissing, Refused, told_as_refusals
from staffing.models import User


@dataclass(frozen=True)
class Attempt:
    """Who takes a step, or would like to know whether they could: why, when, and for whom."""

    by: User
    reason: str = ""
    at: datetime.datetime | None = None
    to: User | None = None


# The home on which a step is being taken here.
_held: ContextVar[Property | None] = ContextVar("held", default=None)

# Raises `Refused` where the record, as it is now, keeps the attempt from being made.
type Guard = Callable[[Any, Attempt], None]


@contextmanager
def step_on(property_id: int, by: User | None, reason: str = "") -> Iterator[Property]:
    """One step on one property: all or nothing, one at a time, recorded with who and why.

    Steps queue up at the property, which the block gets as it is now, so that two rivals can't
    deadlock on its constraints; what the database refuses comes back as a sentence. A step inside
    of another on the same property gets it as the outer one has it, which holds it locked.
    """
    try:
        with told_as_refusals(), because(reason, by=by), _hold(property_id) as home:
            yield home
    except ObjectDoesNotExist as error:
        raise Refused("This record left your ZIP codes meanwhile. Nothing was saved.") from error


@contextmanager
def _hold(property_id: int) -> Iterator[Property]:
    home = _held.get()
    if home is None or home.pk != property_id:
        home = Property.objects.select_for_update(no_key=True).get(pk=property_id)
    outer = _held.set(home)
    try:
        yield home
    finally:
        _held.reset(outer)


def say_why(reason: str, what: str) -> None:
    """Refuse a step that is not taken without a reason."""
    if not reason.strip():
        raise ReasonMissing(f"Say why it is {what}.")


def says_why(what: str) -> Guard:
    """The guard of a step that is not taken without a reason."""

    def has_said_why(record: Any, attempt: Attempt) -> None:
        say_why(attempt.reason, what)

    return has_said_why
