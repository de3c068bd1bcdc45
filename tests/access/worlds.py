"""Random companies for the tests of explanations: people, assignments, homes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, models, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bookings.models import AwayPlan, Booking, Property
from opsconsole.imports.models import ImportBatch
from staffing.models import User, ZipAssignment, ZipCode
from tests.factories import (
    assign,
    days,
    make_booking,
    make_person,
    make_plan,
    make_property,
    make_rerenter,
    make_zip,
    today,
)
from tests.scale import size

CODES = ["06511", "06510", "02116"]  # of one time zone: test_spans.py is about clocks
MODELS = [Property, AwayPlan, Booking, ZipCode, ZipAssignment, User, ImportBatch]

random_people = st.lists(
    st.tuples(
        st.sampled_from(["staff", "staff", "staff", "manager", "auditor", "engineer"]),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=2,
    max_size=4,
)
random_dates = st.tuples(st.integers(-6, 6), st.one_of(st.none(), st.integers(1, 8)))
random_assignments = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(CODES), random_dates), min_size=2, max_size=7
)
random_homes = st.lists(st.sampled_from(CODES), min_size=1, max_size=2)

few = settings(
    max_examples=size(4, 200),
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def undone() -> Iterator[None]:
    """A block of which the database keeps nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Company:
    """Staff, office and engineers, with an owner whose homes may lie in several ZIP codes."""

    def __init__(self, people: Any, assignments: Any, homes: Any) -> None:
        self.people = [_hire(*each) for each in people]
        for number, code, dates in assignments:
            add_if_possible(self.people[number % len(self.people)], code, *dates)
        owner = make_rerenter()
        self.homes = [make_property(code, owner=owner) for code in [*homes, CODES[0]]]
        plan = make_plan(self.homes[0], status="approved", hosting_allowed=True)
        make_booking(plan)
        make_zip(CODES[1])
        ImportBatch.objects.create(
            resource="properties", file_name="a.csv", uploaded_by=self.people[0]
        )

    def objects(self) -> list[models.Model]:
        """The newest two of each kind; engineers have no page that others could open."""
        rows = [row for model in MODELS for row in model._base_manager.order_by("-pk")[:2]]
        return [row for row in rows if not getattr(row, "is_superuser", False)]

    def reload(self) -> list[User]:
        """Everybody anew, as each request loads its person."""
        return list(User.objects.all())


def _hire(role: str, is_active: bool) -> User:
    kind = "manager" if role == "engineer" else role
    return make_person("", kind, is_active=is_active, is_superuser=role == "engineer")


def add_if_possible(person: User, code: str, start: int, length: int | None) -> Any:
    """The assignment, or None where another one of theirs is in the way."""
    starts_on = today() + days(start)
    ends_on = None if length is None else starts_on + days(length)
    try:
        with transaction.atomic():
            return assign(person, code, starts_on=starts_on, ends_on=ends_on)
    except IntegrityError:
        return None


@contextmanager
def as_of(day: datetime.date) -> Iterator[None]:
    """The block as if it were this day: assignments move, for the clock is the database's."""
    back = day - today()
    with undone():
        for row in ZipAssignment.objects.order_by("starts_on"):  # so that none is in the way
            ends_on = None if row.ends_on is None else row.ends_on - back
            moved = ZipAssignment.objects.filter(pk=row.pk)
            moved.update(starts_on=row.starts_on - back, ends_on=ends_on)
        yield
