"""Rivals who plan the work of one home, or hand out a task that is just let go: one at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from bookings import services
from bookings.models import AwayPlan, Booking, Task
from bookings.steps import step_on
from bookings.tasks import steps
from bookings.tasks.planning import plan_work
from opsconsole.database.refusals import Refused
from staffing import services as staffing_services
from tests.factories import (
    days,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
)

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*attempts):
    """Run each in a thread with a connection of its own, from one signal."""
    start = Barrier(len(attempts))

    def rival(attempt):
        try:
            connection.ensure_connection()
            start.wait()
            return attempt()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(rival, attempts))


def test_two_who_plan_one_home_make_no_task_twice():
    plan = make_plan(status="approved", hosting_allowed=True)
    make_booking(plan)

    def plan_it():
        with step_on(plan.property_id, None) as home:
            plan_work([home])

    at_once(*[plan_it] * 4)

    assert sorted(Task.objects.values_list("kind", flat=True)) == [
        "check_in",
        "check_out",
        "prepare",
        "restore",
    ]
    assert Task.history.count() == 4


def test_two_who_book_one_after_the_other_at_once_share_one_turnover():
    mona = make_manager()
    plan = make_plan(status="approved", hosting_allowed=True)

    def book(start):
        def hold():
            booking = Booking(
                away_plan=AwayPlan.objects.get(pk=plan.pk),
                guest_name=f"Guest {start}",
                arrives_on=plan.starts_on + days(start),
                departs_on=plan.starts_on + days(start + 2),
            )
            services.hold(booking, by=mona, at=timezone.now())

        return hold

    at_once(book(0), book(2), book(4))

    assert Task.objects.filter(kind="turnover").count() == 2
    assert Task.objects.count() == 10


def test_nobody_keeps_a_task_that_was_handed_out_while_their_assignment_ended():
    ana, mona = make_staff("Ana", zips=("06511",)), make_manager()
    home = make_property()
    tasks = [make_task(home) for _ in range(6)]

    def end():
        duty = ana.zip_assignments.get()
        staffing_services.end_assignment(duty, by=mona, reason="She moved")

    def hand_out(task):
        def assign():
            try:
                steps.assign(task, to=ana, by=mona)
            except Refused as refusal:
                return str(refusal)
            return "assigned"

        return assign

    at_once(end, *[hand_out(task) for task in tasks])

    assert not Task.objects.filter(assignee=ana).exists()
