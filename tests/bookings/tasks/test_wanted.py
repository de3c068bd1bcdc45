"""Which tasks plans and bookings want, and in which days: the table of docs/tasks.md."""

from __future__ import annotations

import datetime

from bookings.models import AwayPlan, Booking, Property, Task
from bookings.tasks.wanted import wanted_by

FIRST = datetime.date(2026, 6, 1)


def day(number):
    return FIRST + datetime.timedelta(days=number)


def plan(nights=20, status="approved", hosting=True):
    return AwayPlan(
        pk=1,
        property=Property(pk=1),
        starts_on=day(0),
        ends_on=day(nights),
        status=status,
        hosting_allowed=hosting,
    )


def stay(pk, arrives, departs, status="confirmed"):
    return Booking(pk=pk, arrives_on=day(arrives), departs_on=day(departs), status=status)


def said(away_plan, *stays):
    """Each task by its key: the days from the plan's first day on, overtaken ones left out."""
    return {
        wanted.key: ((wanted.starts_on - FIRST).days, (wanted.due_on - FIRST).days)
        for wanted in wanted_by(away_plan, stays)
        if not wanted.overtaken
    }


def test_a_home_is_prepared_before_its_residents_leave_and_restored_before_they_are_back():
    assert said(plan(nights=20)) == {"plan 1 prepare": (-3, -1), "plan 1 restore": (18, 19)}


def test_guests_are_let_in_and_seen_out_on_their_days():
    wanted = said(plan(), stay(7, 2, 5))

    assert wanted["booking 7 check_in"] == (2, 2)
    assert wanted["booking 7 check_out"] == (5, 5)


def test_back_to_back_bookings_share_one_turnover():
    wanted = said(plan(), stay(7, 2, 5), stay(8, 5, 9))

    assert {key: days for key, days in wanted.items() if "turnover" in key} == {
        "booking 8 turnover": (5, 5)
    }


def test_a_turnover_has_the_days_between_two_stays():
    wanted = said(plan(), stay(8, 9, 12), stay(7, 2, 5), stay(9, 12, 14))

    assert wanted["booking 8 turnover"] == (5, 9)
    assert wanted["booking 9 turnover"] == (12, 12)


def test_a_turnover_within_one_day_is_of_high_priority():
    wanted = wanted_by(plan(), [stay(7, 2, 5), stay(8, 5, 9), stay(9, 11, 12)])

    assert [w.priority for w in wanted if w.kind == "turnover"] == [
        Task.Priority.HIGH,
        Task.Priority.NORMAL,
    ]


def test_a_cancelled_booking_between_two_leaves_one_turnover():
    wanted = said(plan(), stay(7, 2, 5), stay(8, 5, 9, "cancelled"), stay(9, 10, 12))

    assert {key: days for key, days in wanted.items() if "turnover" in key} == {
        "booking 9 turnover": (5, 10)
    }


def test_the_home_is_restored_after_the_last_guests():
    assert said(plan(nights=20), stay(7, 2, 20))["plan 1 restore"] == (20, 20)
    assert said(plan(nights=20), stay(7, 2, 19))["plan 1 restore"] == (19, 19)
    assert said(plan(nights=20), stay(7, 2, 5))["plan 1 restore"] == (18, 19)


def test_the_shortest_plan_is_restored_while_its_residents_are_away():
    assert said(plan(nights=1)) == {"plan 1 prepare": (-3, -1), "plan 1 restore": (0, 0)}


def test_a_home_that_stands_empty_for_long_is_looked_at_in_the_middle():
    assert said(plan(nights=14, hosting=False))["plan 1 inspect"] == (7, 9)
    assert "plan 1 inspect" not in said(plan(nights=13, hosting=False))
    assert "plan 1 inspect" not in said(plan(nights=60, hosting=True))


def test_only_what_is_approved_brings_work():
    for status in AwayPlan.Status:
        wanted = said(plan(status=status), stay(7, 2, 5))

        assert bool(wanted) == (status in AwayPlan.HOSTING), status


def test_what_happened_overtakes_its_task():
    came = said(plan(status="active"), stay(7, 2, 5), stay(8, 5, 9, "checked_in"))
    left = said(plan(status="active"), stay(8, 5, 9, "checked_out"))

    assert {key for key in came if "booking 8" in key} == {"booking 8 check_out"}
    assert "plan 1 prepare" not in came
    assert left == {"plan 1 restore": (18, 19)}


def test_guests_who_never_came_bring_no_work():
    assert said(plan(), stay(7, 2, 5, "no_show")) == said(plan())


def test_guests_who_left_early_and_overlap_the_next_break_nothing():
    wanted = said(plan(status="active"), stay(7, 2, 9, "checked_out"), stay(8, 5, 8))

    assert wanted["booking 8 turnover"] == (5, 5)
