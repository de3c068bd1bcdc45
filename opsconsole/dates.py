"""Dates as staff say them, and spans of days."""

from __future__ import annotations

import datetime

FOREVER = datetime.date.max

type Span = tuple[datetime.date, datetime.date]  # the second day is not part of it


def say_date(day: datetime.date) -> str:
    """One date: Nov 3, 2026."""
    return f"{day:%b} {day.day}, {day.year}"


def say_dates(start: datetime.date, end: datetime.date) -> str:
    """Two dates on one line, the year once where both share it: Jun 3 – Jun 17, 2026."""
    first = f"{start:%b} {start.day}" if start.year == end.year else say_date(start)
    return f"{first} – {say_date(end)}"


def say_term(start: datetime.date, end: datetime.date | None) -> str:
    """How long something holds: from Nov 3, 2026 until Dec 1, 2026; without an end, on."""
    return f"from {say_date(start)} " + (f"until {say_date(end)}" if end else "on")


def say_span(days: Span) -> str:
    """Days up to the last one that is part of them: on Nov 3, 2026; Nov 3, 2026 to Nov 9, 2026."""
    first, last = days[0], days[1] - datetime.timedelta(days=1)
    return f"on {say_date(first)}" if first == last else f"{say_date(first)} to {say_date(last)}"
