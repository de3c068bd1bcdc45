"""Consequences of assignments, told in sentences."""

from __future__ import annotations

import datetime

from opsconsole.access.people import sees_everything
from opsconsole.dates import FOREVER, Span, say_date
from staffing.explain.consequences import Consequence
from staffing.explain.words import say_list, say_until
from staffing.models import User, ZipAssignment


def tell(consequence: Consequence) -> list[str]:
    """What one person gains and loses in one ZIP code, what lies there, and who else is there."""
    changes = [*_changes(consequence, "gains"), *_changes(consequence, "loses")]
    if not changes:
        return [f"Nothing changes in {consequence.zip_code}: {_why_nothing(consequence.person)}."]
    counted = say_list([str(counted) for counted in consequence.counts])
    return [
        *changes,
        *([f"There today: {counted}."] if counted else []),
        *_others(consequence),
    ]


def _changes(consequence: Consequence, verb: str) -> list[str]:
    who, where = consequence.person, consequence.zip_code
    spans: list[Span] = getattr(consequence, verb)
    return [f"{who} {verb} {where} {_say_span(span, consequence.today)}." for span in spans]


def _say_span(span: Span, today: datetime.date) -> str:
    start, end = span
    first = "today" if start == today else f"on {say_date(start)}"
    return first if end == FOREVER else f"{first},{say_until(end - datetime.timedelta(days=1))}"


def _why_nothing(person: User) -> str:
    if not person.is_active:
        return f"the account of {person} is deactivated"
    if sees_everything(person):
        return f"{person} sees every ZIP code anyway"
    return f"{person} looks after it on these days already, or the days are over"


def _others(consequence: Consequence) -> list[str]:
    if consequence.left_alone:
        days = [_say_gap(span, consequence.today) for span in consequence.left_alone]
        alone = [f"Nobody would look after it {say_list(days)}."]
    else:
        alone = []
    if consequence.others:
        names = say_list(dict.fromkeys(_say_other(row) for row in consequence.others))
        return [f"Meanwhile it is looked after by {names}.", *alone]
    return alone or ["Nobody else looks after it meanwhile."]


def _say_gap(span: Span, today: datetime.date) -> str:
    start, end = span
    first = "today" if start == today else say_date(start)
    if end == FOREVER:
        return f"from {first} on"
    last = say_date(end - datetime.timedelta(days=1))
    return f"from {first} to {last}"


def _say_other(row: ZipAssignment) -> str:
    return f"{row.user} ({row.get_duty_display().lower()}{say_until(row.last_day)})"
