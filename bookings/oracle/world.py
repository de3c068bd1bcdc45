"""A small random company in the database, and the same company in the model."""

from __future__ import annotations

import datetime
import json
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from bookings import models as tables
from bookings.oracle.model import Assignment, Booking, Home, Model, Person, Plan, Row, Version
from bookings.oracle.words import Words
from bookings.resources import PropertyResource
from opsconsole.imports import steps
from opsconsole.imports.models import ImportBatch, StagedRow
from staffing.models import User, ZipAssignment, ZipCode
from staffing.models.assignments import operate_zip_code

PASSWORD = "zebra-crossing-at-noon"  # noqa: S105  (of people who exist for a moment)
ZONES = [
    "America/New_York",  # Boston
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Honolulu",
    "Pacific/Pago_Pago",
    "Pacific/Guam",
    "Pacific/Kiritimati",  # not the company's, but here it is never the day it is in Pago Pago
]
MODELS: dict[str, Any] = {
    "home": tables.Property,
    "plan": tables.AwayPlan,
    "booking": tables.Booking,
    "user": User,
    "zip": ZipCode,
    "assignment": ZipAssignment,
    "batch": ImportBatch,
    "staged": StagedRow,
}
OURS = {"zip": "WHERE code < '00100'"}  # no ZIP code of the United States is that low
CAST = [
    *(["staff"] * 5),
    *(["manager"] * 2),
    "auditor",
    "engineer",
    *(["rerenter"] * 4),
]
STEPS_OF_PLANS = ["draft", "submitted", "submitted", "approved", "preparing", "active", "completed"]


def days(count: int) -> datetime.timedelta:
    """So many days."""
    return datetime.timedelta(days=count)


class World:
    """People, assignments, homes, plans, bookings and imports with a word in every text."""

    def __init__(self, draw: Random) -> None:
        self.draw, self.words, self.model = draw, Words(), Model()
        self.password = make_password(PASSWORD)
        self.cookies: dict[int, str] = {}
        self.rows: dict[Row, dict[str, Any]] = {}  # as they were after the last event
        self._zips()
        self._people()
        self._assignments()
        self._homes()
        self._plans()
        self._bookings()
        for who in self.of_role("manager"):
            self._import(who)

    # Who and what is there

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

    def state(self) -> dict[Row, dict[str, Any]]:
        """Every row of every table as it is now."""
        asked = " UNION ALL ".join(
            f"SELECT '{kind}', id, row_to_json(t)::text "  # noqa: S608  (the models' own tables)
            f"FROM {model._meta.db_table} t {OURS.get(kind, '')}"
            for kind, model in MODELS.items()
        )
        with connection.cursor() as cursor:
            cursor.execute(asked)
            return {(kind, pk): json.loads(text) for kind, pk, text in cursor.fetchall()}

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
                (today - days(10), None),
                (today - days(10), None),
                (today - days(10), today + days(20)),
                (today - days(5), today + days(1)),
                (today - days(5), today),
                (today, None),
                (today, today + days(1)),
                (today + days(1), None),
                (today + days(9), today + days(30)),
            ]
        )

    # How it is made

    def _make(self, kind: str, made: list[Any], texts: list[dict[str, str]]) -> list[int]:
        """Insert records in one statement; keep their words and, where there are, versions."""
        MODELS[kind].objects.bulk_create(made)
        for record, words in zip(made, texts, strict=True):
            self.model.words[kind, record.pk] = words
        return [record.pk for record in made]

    def _texts(self, *fields: str) -> tuple[dict[str, str], dict[str, str]]:
        words = {
            name: self.words.phone() if name.endswith("phone") else self.words.word()
            for name in fields
        }
        return words, {name: as_text(name, word) for name, word in words.items()}

    def _zips(self) -> None:
        made, kept = [], []
        for number, zone in enumerate(ZONES, start=1):
            words, texts = self._texts("city", "county")
            made.append(
                ZipCode(code=f"{number:05d}", state="MA", timezone=zone, is_served=True, **texts)
            )
            kept.append(words)
        for pk, zone in zip(self._make("zip", made, kept), ZONES, strict=True):
            self.model.zips[pk] = zone

    def _people(self) -> None:
        made, kept = [], []
        for role in CAST:
            words, texts = self._texts("full_name", "email", "phone")
            made.append(
                User(
                    user_type="manager" if role == "engineer" else role,
                    is_staff=role != "rerenter",
                    is_superuser=role == "engineer",
                    password="!" if role == "rerenter" else self.password,
                    **texts,
                )
            )
            kept.append(words)
        self._make("user", made, kept)
        for user in made:
            self.model.people[user.pk] = Person(user.user_type, engineer=user.is_superuser)
            self.keep_version(("user", user.pk))
            self.cookies[user.pk] = _signed_in(user)

    def _assignments(self) -> None:
        for who in self.of_role("staff"):
            for zip_code in self.draw.sample(self.ids("zip"), self.draw.randint(0, 6)):
                self.grant(who, zip_code)

    def grant(self, who: int, zip_code: int) -> None:
        """Assign a ZIP code to somebody who never had it."""
        starts, ends = self.span(zip_code)
        words, texts = self._texts("note")
        made = ZipAssignment(
            user_id=who,
            content_object_id=zip_code,
            permission=operate_zip_code(),
            starts_on=starts,
            ends_on=ends,
            **texts,
        )
        [pk] = self._make("assignment", [made], [words])
        self.model.assignments[pk] = Assignment(who, zip_code, starts, ends)
        self.keep_version(("assignment", pk))

    def _homes(self) -> None:
        made, kept = [], []
        owners, zips = self.of_role("rerenter"), self.ids("zip")
        for number in range(9):
            words, texts = self._texts("name", "external_ref", "street", "amenities", "city")
            zip_code = self.draw.choice(zips)
            made.append(
                tables.Property(
                    owner_id=self.draw.choice(owners[:3]),
                    zip_code_id=zip_code,
                    timezone=self.model.zips[zip_code],
                    state="MA",
                    property_type="house",
                    max_guests=4,
                    lifecycle="active" if number else "paused",
                    **texts,
                )
            )
            kept.append(words)
        self._make("home", made, kept)
        for home in made:
            self.model.homes[home.pk] = Home(home.owner_id, home.zip_code_id, home.lifecycle)
            self.keep_version(("home", home.pk))

    def _plans(self) -> None:
        made, kept, today = [], [], datetime.date.today()
        for pk, home in self.model.homes.items():
            for number in range(self.draw.randint(0, 2)):
                words, texts = self._texts("notes", "decision_reason")
                starts = today - days(5) + days(40 * number)
                made.append(
                    tables.AwayPlan(
                        property_id=pk,
                        zip_code_id=home.zip,
                        starts_on=starts,
                        ends_on=starts + days(30),
                        status=self.draw.choice(STEPS_OF_PLANS),
                        hosting_allowed=self.draw.random() < 0.7,
                        filed_by_id=self.draw.choice([None, *self.of_role("staff", "manager")]),
                        **texts,
                    )
                )
                kept.append(words)
        self._make("plan", made, kept)
        for plan in made:
            self.model.plans[plan.pk] = Plan(
                plan.property_id, plan.status, plan.filed_by_id, plan.hosting_allowed
            )
            self.keep_version(("plan", plan.pk))
        self._starts = {plan.pk: plan.starts_on for plan in made}

    def _bookings(self) -> None:
        made, kept = [], []
        for pk, plan in self.model.plans.items():
            if not plan.hosting or plan.status in ("draft", "submitted"):
                continue
            over = plan.status == "completed"
            for number in range(self.draw.randint(0, 3)):
                states = ["checked_out"] if over else ["held", "confirmed", "checked_in"]
                words, texts = self._texts("guest_name", "guest_email", "guest_phone", "source_ref")
                arrives = self._starts[pk] + days(5 * number)
                made.append(
                    tables.Booking(
                        away_plan_id=pk,
                        property_id=plan.home,
                        zip_code_id=self.model.homes[plan.home].zip,
                        party_size=2,
                        arrives_on=arrives,
                        departs_on=arrives + days(4),
                        status=self.draw.choice(states),
                        **texts,
                    )
                )
                kept.append(words)
        self._make("booking", made, kept)
        for booking in made:
            self.model.bookings[booking.pk] = Booking(booking.away_plan_id, booking.status)
            self.keep_version(("booking", booking.pk))

    def _import(self, who: int) -> None:
        """A file with a new home, uploaded and previewed by this person."""
        person, resource = User.objects.get(pk=who), PropertyResource()
        owner = self.model.words["user", self.draw.choice(self.of_role("rerenter"))]["email"]
        file, name, reference, street = (self.words.word() for _ in range(4))
        content = (
            "Reference,Name,Owner,Street,ZIP code,Type\n"
            f"{reference},{name},{as_text('email', owner)},7 {street} Street,00001,House\n"
        )
        batch = steps.upload(resource, person, f"{file}.csv", content.encode())
        steps.preview(batch, resource, person)
        self.model.batches[batch.pk] = who
        self.model.words["batch", batch.pk] = {"file_name": file}
        for row in batch.staged.all():
            self.model.staged[row.pk] = batch.pk
            self.model.words["staged", row.pk] = {
                "name": name,
                "reference": reference,
                "street": street,
            }


def as_text(name: str, word: str) -> str:
    """A word as the text of a field."""
    if name.endswith("email"):
        return f"{word}@example.com"
    if name.endswith("phone"):
        return f"+{word}"
    return f"7 {word} Street" if name == "street" else word


def _signed_in(user: User) -> str:
    """A session of this person, whoever it is, without the ceremony of signing in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[2]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)
