"""The days that a timeline shows: six weeks or three months, and what stands above them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from opsconsole.dates import Span, say_date, say_dates

ONE_DAY = datetime.timedelta(days=1)
WEEKS, MONTHS = 6, 3


class Unit(StrEnum):
    """What the columns of a timeline are."""

    WEEKS = "weeks"
    MONTHS = "months"


@dataclass(frozen=True)
class Mark:
    """Some days of a timeline, counted from its first, and what is written above them."""

    start: int
    length: int
    label: str = ""


@dataclass(frozen=True)
class Window:
    """The days from `start` up to, without, `end`: whole weeks or whole months."""

    unit: Unit
    start: datetime.date
    end: datetime.date

    @classmethod
    def around(cls, unit: Unit, day: datetime.date) -> Self:
        """The window that begins with the week, or the month, of a day."""
        if unit == Unit.WEEKS:
            monday = day - day.weekday() * ONE_DAY
            return cls(unit, monday, monday + 7 * WEEKS * ONE_DAY)
        return cls(unit, _month(day, 0), _month(day, MONTHS))

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    @property
    def earlier(self) -> datetime.date:
        """Where the window before this one begins."""
        if self.unit == Unit.WEEKS:
            return self.start - 7 * WEEKS * ONE_DAY
        return _month(self.start, -MONTHS)

    def __str__(self) -> str:
        return say_dates(self.start, self.end - ONE_DAY)

    def clip(self, first: datetime.date, after: datetime.date) -> Mark | None:
        """The part of these days that it shows; `after` is not one of them."""
        start, end = max(first, self.start), min(after, self.end)
        return Mark((start - self.start).days, (end - start).days) if start < end else None

    def place_of(self, day: datetime.date) -> int | None:
        """Which of its days this is, counted from 0; None for any other."""
        return (day - self.start).days if self.start <= day < self.end else None

    # What stands above

    def heads(self) -> Iterator[Mark]:
        """Its weeks by their Monday, or its months by name."""
        for first, after in self._weeks() if self.unit == Unit.WEEKS else self._months():
            label = f"{first:%b} {first.day}" if self.unit == Unit.WEEKS else f"{first:%B %Y}"
            yield self._mark(first, after, label)

    def ticks(self) -> Iterator[Mark]:
        """Its days by number; of months the Mondays."""
        for first, after in self._weeks():
            if self.unit == Unit.MONTHS:
                label = str(first.day) if first.weekday() == 0 else ""
                yield self._mark(first, after, label)
            else:
                days = ((first + number * ONE_DAY) for number in range(7))
                yield from (self._mark(day, day + ONE_DAY, str(day.day)) for day in days)

    def weekends(self) -> Iterator[Mark]:
        """Its Saturdays and Sundays."""
        for _, monday in self._weeks():
            if mark := self.clip(monday - 2 * ONE_DAY, monday):
                yield mark

    def _weeks(self) -> Iterator[Span]:
        first = self.start
        while first < self.end:
            monday = first + (7 - first.weekday()) * ONE_DAY
            yield first, monday
            first = monday

    def _months(self) -> Iterator[Span]:
        for number in range(MONTHS):
            yield _month(self.start, number), _month(self.start, number + 1)

    def _mark(self, first: datetime.date, after: datetime.date, label: str) -> Mark:
        end = min(after, self.end)
        return Mark((first - self.start).days, (end - first).days, label)


def _month(day: datetime.date, later: int) -> datetime.date:
    """The first day of a month so many months after that of a day."""
    years, month = divmod(day.month - 1 + later, 12)
    return datetime.date(day.year + years, month + 1, 1)


def say_days(first: datetime.date, after: datetime.date) -> str:
    """Some days in a sentence, the last one said: on Nov 3, 2026; on Nov 3 – Nov 5, 2026."""
    last = after - ONE_DAY
    return f"on {say_date(first) if first == last else say_dates(first, last)}"
