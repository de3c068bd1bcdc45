"""The people of the demo company, and how to sign in as one of each role."""

from __future__ import annotations

import datetime

from django.contrib.auth.hashers import make_password

from bookings.demo.dating import date_all
from bookings.demo.rows import Row, rows_of
from opsconsole.access.acting import Source, acting
from staffing.models import User

PASSWORD = "homes-in-our-care"  # noqa: S105  (opens nothing but the demo, and is printed)
JOINED = datetime.timedelta(days=650)
ROLES = (User.Type.MANAGER, User.Type.STAFF, User.Type.AUDITOR)


def hire(now: datetime.datetime) -> dict[str, User]:
    """Make everybody, and return them by email. The password is hashed once for all."""
    password = make_password(PASSWORD)
    people = [_person(row, password, now - JOINED) for row in rows_of("people")]
    with acting(source=Source.COMMAND, reason="The demo company"):
        User.objects.bulk_create(people)
    date_all(User.history.model, now - JOINED)  # before anything that they did
    return {person.email: person for person in people}


def _person(row: Row, password: str, joined: datetime.datetime) -> User:
    signs_in = row["user_type"] != User.Type.RERENTER
    return User(
        **row,
        is_staff=signs_in,
        password=password if signs_in else make_password(None),
        date_joined=joined,
    )


def first_of(role: str) -> str:
    """The email of the person who stands for a role."""
    return next(row["email"] for row in rows_of("people") if row["user_type"] == role)


def sign_ins() -> list[str]:
    """The lines that tell how to sign in."""
    lines = [f"  {role.label:<8} {first_of(role)}" for role in ROLES]
    return [
        "Sign in to the demo company as:",
        *lines,
        f"The password of everybody is {PASSWORD}. ReRenters don't sign in.",
    ]
