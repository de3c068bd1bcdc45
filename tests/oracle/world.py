"""A small random company in the database, and the same company in the model."""

from __future__ import annotations

import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from staffing.models import ZipAssignment
from staffing.models.assignments import operate_zip_code
from tests.oracle.judge import Words
from tests.oracle.model import Assignment, Model, Row, Version
from tests.oracle.tables import MODELS, State, Watch

PASSWORD = "zebra-crossing-at-noon"
ZONES = [
    "America/New_York",  # Boston
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Honolulu",
    "Pacific/Pago_Pago",
    "Pacific/Guam",
    "Pacific/Kiritimati",  # not the company's, but here it is never the day it is in Pago Pago
]


def days(count: int) -> datetime.timedelta:
    """So many days."""
    return datetime.timedelta(days=count)


class World:
    """People, assignments, homes, plans, bookings, tasks and imports with a word in every text."""

    def __init__(self, draw: Random) -> None:
        self.draw, self.words, self.model = draw, Words(), Model()
        self.password = make_password(PASSWORD)
        self.cookies: dict[int, str] = {}
        self.owners_named: dict[int, tuple[int, str]] = {}  # by a file of homes, by their email
        self.watch = Watch()

    # Who and what is there

    @property
    def rows(self) -> State:
        """Every row as it was after the last event."""
        return self.watch.rows

    def of_role(self, *roles: str) -> list[int]:
        """The people of these roles."""
        return [pk for pk, person in self.model.people.items() if person.role in roles]

    def ids(self, kind: str) -> list[int]:
        """The ids of all records of a kind."""
        return [pk for name, pk in self.model.rows() if name == kind]

    def label(self, who: int | None) -> str:
        """A person as a finding names them."""
        if who is None:
            return "nobody signed in"
        person = self.model.people[who]
        role = "engineer" if person.engineer else person.role
        gone = "" if person.works else ", deactivated"
        return f"{role} {self.model.words['user', who]['full_name']}{gone}"

    def fresh(self, row: Row, *fields: str) -> dict[str, str]:
        """Plant new words in fields of a record; the texts with them."""
        texts = {}
        for name in fields:
            word = self.words.phone() if name.endswith("phone") else self.words.word()
            self.model.words.setdefault(row, {})[name] = word
            texts[name] = as_text(name, word)
        return texts

    def keep_version(self, row: Row, reason: str = "") -> None:
        """The database has just written a version of this record: so does the model."""
        words = {*self.model.words[row].values(), *([reason] if reason else [])}
        self.model.versions[row].append(Version(self.model.place_of(row), words))

    def span(self, zip_code: int) -> tuple[datetime.date, datetime.date | None]:
        """Dates of an assignment: over, current, to come, and those that turn on today."""
        here = self.model.today(zip_code)
        elsewhere = datetime.datetime.now(ZoneInfo(self.draw.choice(ZONES))).date()
        today = self.draw.choice([here, here, elsewhere])
        return self.draw.choice(
            [
                (today - days(30), today - days(2)),
                *[(today - days(10), None)] * 4,
                *[(today - days(10), today + days(20))] * 3,
                (today - days(5), today + days(1)),
                (today - days(5), today),
                (today, None),
                (today, today + days(1)),
                (today + days(1), None),
                (today + days(9), today + days(30)),
            ]
        )

    # How records come into it

    def make(self, kind: str, made: list[Any], texts: list[dict[str, str]]) -> list[int]:
        """Insert records in one statement; keep their words and, where there are, versions."""
        MODELS[kind].objects.bulk_create(made)
        for record, words in zip(made, texts, strict=True):
            self.model.words[kind, record.pk] = words
        return [record.pk for record in made]

    def texts(self, *fields: str) -> tuple[dict[str, str], dict[str, str]]:
        """New words for these fields, and the texts that hold them."""
        words = {
            name: self.words.phone() if name.endswith("phone") else self.words.word()
            for name in fields
        }
        return words, {name: as_text(name, word) for name, word in words.items()}

    def grant(self, who: int, zip_code: int) -> None:
        """Assign a ZIP code to somebody who never had it."""
        starts, ends = self.span(zip_code)
        words, texts = self.texts("note")
        made = ZipAssignment(
            user_id=who,
            content_object_id=zip_code,
            permission=operate_zip_code(),
            starts_on=starts,
            ends_on=ends,
            **texts,
        )
        [pk] = self.make("assignment", [made], [words])
        self.model.assignments[pk] = Assignment(who, zip_code, starts, ends)
        self.keep_version(("assignment", pk))


def as_text(name: str, word: str) -> str:
    """A word as the text of a field."""
    if name.endswith("email"):
        return f"{word}@example.com"
    if name.endswith("phone"):
        return f"+{word}"
    return f"7 {word} Street" if name == "street" else word
