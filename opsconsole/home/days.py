"""Some days from today on, by the clock of each home."""

from __future__ import annotations

import datetime
import zoneinfo
from dataclasses import dataclass

from django.db.models import Q

from bookings.readiness import DateAt, later


@dataclass(frozen=True)
class Days:
    """The days from `first` to `last`, both counted from today; what is late is part of today."""

    title: str
    first: int
    last: int

    def on(self, field: str, at: datetime.datetime) -> Q:
        """Rows with a date in these days. A date that an index can be asked for comes with it."""
        today, latest = DateAt(at, "property__timezone"), at.astimezone(datetime.UTC).date()
        bound = latest + datetime.timedelta(days=self.last + 1)
        found = Q(**{f"{field}__lte": bound}) & Q(**{f"{field}__lte": later(today, self.last)})
        if self.first == 0:
            return found
        return found & Q(**{f"{field}__gte": later(today, self.first)})

    def say_there(self, zone: str, at: datetime.datetime) -> str:
        """The dates by a clock: Tue, Nov 3."""
        today = at.astimezone(zoneinfo.ZoneInfo(zone)).date()
        first, last = (today + datetime.timedelta(days=n) for n in (self.first, self.last))
        return _say(first) if first == last else f"{_say(first)} to {_say(last)}"


def _say(day: datetime.date) -> str:
    return f"{day:%a}, {day:%b} {day.day}"
