"""When things happen in the demo company: mostly in office hours, some of them at night."""

from __future__ import annotations

import datetime
import zlib
from dataclasses import dataclass
from zoneinfo import ZoneInfo

CLOCK = ZoneInfo("America/New_York")  # of every home of the demo company

type Hours = tuple[int, int]  # minutes since midnight, from and until

OFFICE: Hours = (8 * 60 + 30, 18 * 60)
EVENING: Hours = (19 * 60, 23 * 60 + 40)
RESIDENTS_LEAVE: Hours = (5 * 60 + 30, 9 * 60)
RESIDENTS_RETURN: Hours = (13 * 60, 19 * 60)
GUESTS_LEAVE: Hours = (6 * 60 + 45, 11 * 60)
BETWEEN_GUESTS: Hours = (11 * 60 + 15, 14 * 60)
GUESTS_ARRIVE: Hours = (15 * 60, 22 * 60 + 45)
NO_SHOW_NOTICED: Hours = (9 * 60, 10 * 60 + 30)

ONE_IN_THE_EVENING = 12  # of so many steps in office hours
BREATH: Hours = (4, 95)  # minutes at least between two steps on one record


def spread(key: str, low: int, high: int) -> int:
    """A number from `low` up to `high`, always the same for a key, so that runs are alike."""
    return low + zlib.crc32(key.encode()) % (high - low)


def moment(today: datetime.date, day: int, hours: Hours, key: str) -> datetime.datetime:
    """A moment in these hours of the day that is so many days from today."""
    if hours is OFFICE and spread(f"{key} late", 0, ONE_IN_THE_EVENING) == 0:
        hours = EVENING
    midnight = datetime.datetime.combine(today, datetime.time(), CLOCK)
    minutes = spread(key, *hours)
    return midnight + datetime.timedelta(days=day, minutes=minutes, seconds=minutes % 59)


@dataclass
class Diary:
    """The moments of one record: each comes after the one before it."""

    today: datetime.date
    key: str
    last: datetime.datetime | None = None

    def on(self, day: int, hours: Hours = OFFICE) -> datetime.datetime:
        """The next moment, in these hours of that day unless the one before was later."""
        planned = moment(self.today, day, hours, f"{self.key} {day} {hours}")
        if self.last:
            breath = datetime.timedelta(minutes=spread(f"{self.key} {self.last}", *BREATH))
            planned = max(planned, self.last + breath)
        self.last = planned
        return planned
