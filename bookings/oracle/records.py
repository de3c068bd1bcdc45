"""People, assignments, homes, plans, bookings and tasks as plain data."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

type Row = tuple[str, int]  # kind and id, such as ("home", 7)


@dataclass
class Person:
    """Somebody, by role. `works` is false once they were deactivated."""

    role: str
    works: bool = True
    engineer: bool = False

    @property
    def here(self) -> bool:
        return self.works and self.role != "rerenter"


@dataclass
class Assignment:
    """A person looks after a ZIP code from a day on, until (and without) another."""

    person: int
    zip: int
    starts: datetime.date
    ends: datetime.date | None


@dataclass
class Home:
    """A home: whose, where, and how it is run."""

    owner: int
    zip: int
    lifecycle: str = "active"


@dataclass
class Note:
    """A note on a record, by somebody."""

    on: Row
    by: int


@dataclass
class Plan:
    """An away plan of a home."""

    home: int
    status: str
    filed_by: int | None
    hosting: bool


@dataclass
class Booking:
    """Guests in an away plan."""

    plan: int
    status: str


@dataclass
class Task:
    """Something to do in a home, and by whom."""

    home: int
    status: str
    assignee: int | None = None


@dataclass
class Version:
    """What a record said at one time: the words in it, and where it lay (or whose it was) then."""

    place: int | None
    words: set[str]
