"""Dates as people write them, and what tells whether the month or the day comes first.

That is decided for a whole column, from all its texts: 3/31/2026 has the month first, and so has
every other date of its column then. Where each could be either, a person has to say.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from opsconsole.access.people import Person
from opsconsole.dates import say_date
from opsconsole.imports.cells import CellWidget, Remarks
from opsconsole.imports.problems import Unacceptable, quoted

# What spreadsheets write behind a date without a time.
MIDNIGHT = re.compile(r"[ T](?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? AM)$", re.IGNORECASE)
YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
MONTH_THEN_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4}|\d{2})", re.ASCII)
DAY_THEN_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?[ -]([a-z]{3,9})\.?,?[ -](\d{4}|\d{2})", re.ASCII
)
SERIAL = re.compile(r"\d{5}(\.\d+)?", re.ASCII)
MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
]  # fmt: skip
ASK = "say, where the columns are mapped, whether the month or the day comes first"
LONGEST = 40  # characters of a date
YEARS = range(1900, 2200)


class Order(StrEnum):
    """Which of the two numbers comes first."""

    MONTH_FIRST = "month first"
    DAY_FIRST = "day first"


def read_date(text: str, order: Order | None = None) -> datetime.date:
    """The date of a text; `order` is that of its column. Raises Unacceptable."""
    days = _days_of(text)
    if order in days:
        return days[order]
    if not days:
        raise Unacceptable("not_a_date", f"{quoted(text)} is not a day of the calendar.")
    found = set(days.values())
    if order is not None:
        raise Unacceptable(
            "other_order", f"{quoted(text)} is no date with the {order}, as its column is read."
        )
    if len(found) > 1:
        raise Unacceptable("either", say_either(text))
    return found.pop()


def say_either(text: str) -> str:
    """What is asked about a date that could be two."""
    first, second = (say_date(day) for day in _days_of(text).values())
    return f"{quoted(text)} could be {first} or {second}: {ASK}."


@dataclass(frozen=True)
class OrderFound:
    """What the texts of one column say about their order, with a text that shows it."""

    shown_by: Mapping[Order, str]  # a date that has no other order
    either: str = ""  # a date that could be two

    @property
    def decided(self) -> Order | None:
        """The order, where the column has just one."""
        return next(iter(self.shown_by)) if len(self.shown_by) == 1 else None

    @property
    def must_ask(self) -> bool:
        """Whether a person has to say: each date could be two, or they contradict each other."""
        return len(self.shown_by) == 2 or bool(self.either and not self.shown_by)

    @property
    def question(self) -> str:
        """Why a person is asked."""
        if self.either:
            return say_either(self.either)
        shown = " and ".join(map(quoted, sorted(self.shown_by.values())))
        return f"This column has dates of both kinds, {shown}: {ASK}."

    @property
    def guess(self) -> Order:
        """What it probably is: dots are a habit of those who begin with the day."""
        return Order.DAY_FIRST if "." in self.either else Order.MONTH_FIRST

    def example(self, order: Order) -> str:
        """An order with what it makes of a date of the column."""
        day = _days_of(self.either).get(order) if self.either else None
        return f"{order.capitalize()}: {self.either} is {say_date(day)}" if day else str(order)


def order_of(texts: Iterable[str]) -> OrderFound:
    """What all the texts of a column say about the order of their dates."""
    shown_by: dict[Order, str] = {}
    either = ""
    for text in texts:
        try:
            days = _days_of(text)
        except Unacceptable:
            continue
        if len(days) == 1:
            order = next(iter(days))
            shown_by[order] = min(shown_by.get(order, text), text)
        elif len(set(days.values())) == 2:
            either = min(either or text, text)
    return OrderFound(shown_by, either)


def _days_of(text: str) -> dict[Order, datetime.date]:
    """The day that a text is with each order; none where no calendar has it."""
    plain = MIDNIGHT.sub("", " ".join(text.split())) if len(text) <= LONGEST else ""
    if found := NUMBERS.fullmatch(plain):
        one, other, year = int(found[1]), int(found[3]), _year(found[4], text)
        orders = {Order.MONTH_FIRST: (one, other), Order.DAY_FIRST: (other, one)}
    else:
        year, month, date = _words_of(plain, text)
        orders = dict.fromkeys(Order, (month, date))
    days = {order: _day(year, *parts) for order, parts in orders.items()}
    return {order: day for order, day in days.items() if day}


def _words_of(plain: str, text: str) -> tuple[int, int, int]:
    """Year, month and day of a text that leaves no doubt."""
    if found := YEAR_FIRST.fullmatch(plain):
        return _year(found[1], text), int(found[3]), int(found[4])
    if found := MONTH_THEN_DAY.fullmatch(plain.casefold()):
        return _year(found[3], text), _month(found[1], text), int(found[2])
    if found := DAY_THEN_MONTH.fullmatch(plain.casefold()):
        return _year(found[3], text), _month(found[2], text), int(found[1])
    if SERIAL.fullmatch(plain):
        raise Unacceptable(
            "serial",
            f"{quoted(text)} is how a spreadsheet counts days: have it show the column as dates, "
            "such as 2026-03-31.",
        )
    raise _no_date(text)


def _no_date(text: str) -> Unacceptable:
    return Unacceptable("not_a_date", f"{quoted(text)} is not a date, such as 2026-03-31.")


def _year(digits: str, text: str) -> int:
    if len(digits) == 2:
        raise Unacceptable(
            "short_year", f"{quoted(text)} has a year of two digits: write all four."
        )
    if int(digits) not in YEARS:
        raise Unacceptable(
            "far_year", f"{quoted(text)} is not in the years {YEARS[0]} to {YEARS[-1]}."
        )
    return int(digits)


def _month(word: str, text: str) -> int:
    for number, month in enumerate(MONTHS, start=1):
        if month.startswith(word):
            return number
    raise _no_date(text)


def _day(year: int, month: int, date: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, date)
    except ValueError:
        return None


class Dates(CellWidget):
    """A date. The order is the one chosen for the column, which the row has under `chosen`; else
    the one that all its texts show."""

    looks_ahead = True
    order: Order | None = None

    def __init__(self, chosen: str) -> None:
        super().__init__()
        self.chosen = chosen

    def load(self, texts: Iterable[str], person: Person) -> None:
        self.order = order_of(texts).decided

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> datetime.date:
        chosen = row.get(self.chosen)
        return read_date(text, Order(chosen) if chosen else self.order)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return say_date(datetime.date.fromisoformat(str(value))) if value else ""
