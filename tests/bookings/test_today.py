"""Today is today in each home: around midnights, and on the days whose clocks are put.

In 2026 clocks go forward on March 8 (a day of 23 hours) and back on November 1 (one of 25), but
for Phoenix and Honolulu.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from bookings import services
from bookings.admin.approving import _say_leaves
from bookings.models import AwayPlan, Booking, Property, Task
from bookings.tasks import steps
from bookings.tasks.letting_go import let_go_everywhere
from bookings.timeline.layout import Clocks
from opsconsole.database.refusals import Refused
from staffing import services as duties
from staffing.models import User, ZipAssignment
from staffing.querysets import TodayIn
from tests.clock import clock_at
from tests.factories import (
    assign,
    days,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
)

pytestmark = pytest.mark.django_db

PLACES = ("02116", "90012", "85004", "96813")  # Boston, Los Angeles, Phoenix, Honolulu

# A moment in UTC, and the day of its month in Boston, Los Angeles, Phoenix and Honolulu.
MOMENTS = [
    ("2026-03-08T04:59:59", 7, 7, 7, 7),
    ("2026-03-08T05:00:00", 8, 7, 7, 7),  # Boston: midnight, by winter time
    ("2026-03-08T08:00:00", 8, 8, 8, 7),  # Los Angeles: midnight, by winter time
    ("2026-03-09T03:59:59", 8, 8, 8, 8),
    ("2026-03-09T04:00:00", 9, 8, 8, 8),  # Boston: midnight, 23 hours later
    ("2026-03-09T07:00:00", 9, 9, 9, 8),  # Los Angeles: 23 hours later, with Phoenix by now
    ("2026-11-02T04:00:00", 1, 1, 1, 1),  # Boston: 24 hours later, and 11 in the evening
    ("2026-11-02T07:00:00", 2, 1, 2, 1),  # Boston: 25 hours later; Phoenix: midnight
    ("2026-11-02T08:00:00", 2, 2, 2, 1),  # Los Angeles: midnight, 25 hours later
    ("2026-11-02T10:00:00", 2, 2, 2, 2),  # Honolulu: midnight
]


@pytest.fixture(params=MOMENTS, ids=lambda row: row[0])
def dates(request: pytest.FixtureRequest) -> Any:
    """A moment of the table: the date that it is in each place."""
    at, *numbers = request.param
    moment = datetime.datetime.fromisoformat(at).replace(tzinfo=datetime.UTC)
    with clock_at(moment):
        yield [datetime.date(2026, moment.month, number) for number in numbers]


@pytest.fixture
def homes(dates: list[datetime.date]) -> list[tuple[Property, datetime.date]]:
    """A home in each place, with the date there."""
    return [(make_property(code), day) for code, day in zip(PLACES, dates, strict=True)]


def found(rows: Any, *fields: str) -> list[tuple[Any, ...]]:
    """Each home with the dates of what was found in it."""
    return sorted(rows.values_list("property", *fields))


def test_what_lists_and_counts_call_today(homes: list[tuple[Property, datetime.date]]) -> None:
    for home, day in homes:
        for other in (day - days(1), day, day + days(1)):
            make_task(home, starts_on=other, due_on=other)
            plan = make_plan(
                home,
                starts_on=other,
                ends_on=other + days(1),
                status="active",
                hosting_allowed=True,
            )
            make_booking(plan, arrives_on=other, departs_on=other + days(1))

    assert found(Booking.objects.arriving_today(), "arrives_on") == [(h.pk, d) for h, d in homes]
    assert found(Task.objects.due_today(), "due_on") == [(h.pk, day) for h, day in homes]
    assert found(Task.objects.overdue(), "due_on") == [(h.pk, day - days(1)) for h, day in homes]
    assert found(Booking.objects.upcoming(), "departs_on") == [
        (home.pk, day + days(later)) for home, day in homes for later in range(3)
    ]


def test_what_python_the_database_and_the_timeline_call_today(
    homes: list[tuple[Property, datetime.date]],
) -> None:
    in_sql = dict(Property.objects.values_list("pk", TodayIn(F("timezone"))))

    for home, day in homes:
        assert (
            home.today == in_sql[home.pk] == Clocks(timezone.now()).today_in(home.timezone) == day
        )


def test_a_plan_that_begins_tonight_begins_today_there(
    homes: list[tuple[Property, datetime.date]],
) -> None:
    told = [
        [
            _say_leaves(make_plan(home, starts_on=day + days(later), status="draft"))
            for later in (0, 1, 2)
        ]
        for home, day in homes
    ]

    assert told == [["begins today", "begins tomorrow", "begins in 2 days"]] * len(homes)


def test_steps_go_by_the_day_there(homes: list[tuple[Property, datetime.date]]) -> None:
    mona = make_manager()
    for home, day in homes:
        plan = make_plan(
            home, starts_on=day, ends_on=day + days(9), status="active", hosting_allowed=True
        )
        tomorrow = make_booking(plan, arrives_on=day + days(1), departs_on=day + days(2))
        with pytest.raises(Refused, match="too soon"):
            services.mark_no_show(tomorrow, by=mona)
        services.mark_no_show(make_booking(plan, arrives_on=day, departs_on=day + days(1)), by=mona)
        with pytest.raises(Refused, match="over already"):
            services.file_plan(new_plan(home, day), by=mona)
        other = make_property(home.zip_code.code)
        assert services.file_plan(new_plan(other, day + days(1)), by=mona).status == "submitted"


def new_plan(home: Property, ends_on: datetime.date) -> AwayPlan:
    return AwayPlan(property=home, starts_on=ends_on - days(3), ends_on=ends_on)


def test_assignments_hold_by_the_day_there(homes: list[tuple[Property, datetime.date]]) -> None:
    mona, ana, ben, cleo = make_manager(), make_staff("Ana"), make_staff("Ben"), make_staff("Cleo")
    for home, day in homes:
        code, long_ago = home.zip_code.code, day - days(50)
        assign(ana, code, starts_on=day)
        assign(ben, code, starts_on=day + days(1))
        assign(cleo, code, starts_on=long_ago, ends_on=day)
        task = make_task(home, starts_on=long_ago, due_on=long_ago)
        make_task(home, starts_on=day, due_on=day, assignee=cleo, status="assigned")

        for person in (ben, cleo):
            with pytest.raises(Refused, match="does not look after"):
                steps.assign(task, to=person, by=mona)
        assert steps.assign(task, to=ana, by=mona).assignee == ana

    here = {home.zip_code_id for home, _ in homes}
    assert {p: set(User.objects.get(pk=p.pk).zip_code_ids()) for p in (ana, ben, cleo)} == {
        ana: here,
        ben: set(),
        cleo: set(),
    }
    assert set(ZipAssignment.objects.current().values_list("user", flat=True)) == {ana.pk}
    assert let_go_everywhere() == len(homes)


def test_an_assignment_ends_today_there(homes: list[tuple[Property, datetime.date]]) -> None:
    ana, mona = make_staff("Ana"), make_manager()
    ends = {assign(ana, home.zip_code.code, starts_on=day - days(9)).pk: day for home, day in homes}

    with pytest.raises(Refused, match="can’t end before today"):
        duties.end_many(ends, by=mona, reason="She moved", on=max(ends.values()) - days(2))
    duties.end_many(ends, by=mona, reason="She moved")

    assert dict(ana.zip_assignments.values_list("pk", "ends_on")) == ends
