"""Spans of days, the first one in and the last one out, and how long assignments last together."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterable

from opsconsole.dates import FOREVER, Span
from staffing.models import OnDuty, ZipAssignment


def span_of(assignment: ZipAssignment | OnDuty) -> Span:
    """The days on which an assignment holds."""
    return assignment.starts_on, assignment.ends_on or FOREVER


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same days in as few spans as possible, in order."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def without(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The days of `spans` that are in none of `others`."""
    left = merged(spans)
    for start, end in others:
        pieces = [piece for s, e in left for piece in ((s, min(e, start)), (max(s, end), e))]
        left = [(s, e) for s, e in pieces if s < e]
    return left


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans have a day in common."""
    return max(one[0], other[0]) < min(one[1], other[1])


def last_day(assignments: Iterable[ZipAssignment]) -> datetime.date | None:
    """The last day that what holds today lasts, one assignment taking over from another.

    None where it has no end. Midnights are compared by the clock of each ZIP code.
    """
    last: ZipAssignment | None = None
    for assignment in sorted(assignments, key=_begins):
        if not (_holds(assignment) or (last is not None and _begins(assignment) <= _ends(last))):
            continue
        if assignment.ends_on is None or assignment.ends_on == FOREVER:
            return None
        if last is None or _ends(assignment) > _ends(last):
            last = assignment
    return last.last_day if last else None


def _holds(assignment: ZipAssignment) -> bool:
    return assignment.holds_today  # type: ignore[attr-defined]  # annotated by told()


def _begins(assignment: ZipAssignment) -> datetime.datetime:
    return _midnight(assignment.starts_on, assignment)


def _ends(assignment: ZipAssignment) -> datetime.datetime:
    return _midnight(assignment.ends_on or FOREVER, assignment)


def _midnight(day: datetime.date, assignment: ZipAssignment) -> datetime.datetime:
    clock = zoneinfo.ZoneInfo(assignment.zip_code.timezone)
    return datetime.datetime.combine(day, datetime.time(), clock)
