"""How long there is until a moment of a home, and which day it is there, as staff say it."""

from __future__ import annotations

import datetime
import zoneinfo

from django.utils.dateformat import time_format

from bookings.models import Property
from opsconsole.dates import say_date

MINUTE, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
FAR = datetime.timedelta(hours=24)  # beyond it days are said


def moment_at(home: Property, day: datetime.date, hour: datetime.time) -> datetime.datetime:
    """An hour of a day by the clock of a home, in UTC: between two clocks the hours are true."""
    there = datetime.datetime.combine(day, hour, zoneinfo.ZoneInfo(home.timezone))
    return there.astimezone(datetime.UTC)


def say_left(moment: datetime.datetime, now: datetime.datetime) -> str:
    """How long until then: in 2 h 40 min; 5 min ago; in 3 days."""
    left = moment - now
    words = _say(abs(left))
    if words == "0 min":
        return "now"
    return f"in {words}" if left > datetime.timedelta() else f"{words} ago"


def _say(length: datetime.timedelta) -> str:
    if length >= FAR:
        return f"{length.days} day{'' if length.days == 1 else 's'}"
    hours, rest = divmod(length, HOUR)
    minutes = f"{rest // MINUTE} min"
    return f"{hours} h {minutes}" if hours else minutes


def say_hour(hour: datetime.time) -> str:
    """An hour of the day: 3 p.m."""
    return time_format(hour, "P")


def say_day(day: datetime.date, today: datetime.date) -> str:
    """A day by its distance from today, by the clock of the home."""
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    count = (day - today).days
    return near.get(count) or (f"{day:%a}, {say_date(day)}")
