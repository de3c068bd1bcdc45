"""The timeline: who sees which homes there, where bars stand, and what it says wants a look."""

from __future__ import annotations

import datetime
import re
from typing import Any
from urllib.parse import quote

import pgtrigger
import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import AwayPlan, Booking, Property, Task
from bookings.timeline import conflicts, finding
from bookings.timeline.asking import Asked
from bookings.timeline.finding import PlanDates, homes
from bookings.timeline.layout import Bar, Row, rows_of
from bookings.timeline.windows import Unit, Window
from opsconsole.access.acting import because
from opsconsole.dates import say_date
from staffing.models import ZipCode
from tests.factories import (
    assign,
    days,
    loaded,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    today,
)
from tests.test_queries import FEW, MOST, fill

pytestmark = pytest.mark.django_db

PAGE = "/bookings/awayplan/timeline/"
DAY = datetime.date
NOV_2 = DAY(2026, 11, 2)  # a Monday
WEEKS = Window.around(Unit.WEEKS, NOV_2)
BEFORE = datetime.datetime(2026, 10, 1, 12, tzinfo=datetime.UTC)


def laid_out(viewer=None, at=BEFORE, window=WEEKS, **asked: Any) -> list[Row]:
    viewer = viewer or make_manager()
    question = Asked(window, **asked)
    return rows_of(list(homes(viewer, question)), viewer, question, at)


def bars_of(home, **asked: Any) -> list[Bar]:
    [bars] = [row.bars for row in laid_out(**asked) if row.home == home]
    return bars


def plan_from(start: DAY, end: DAY, home=None, **fields: Any) -> AwayPlan:
    fields = {"status": "approved", "hosting_allowed": True, **fields}
    return make_plan(home, starts_on=start, ends_on=end, **fields)


def text(response) -> str:
    """What a page says between its tags, each run of blanks as one."""
    shown = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(shown.split()).replace("&#x27;", "'")


# The days


def test_weeks_begin_on_monday_and_months_on_their_first():
    weeks = Window.around(Unit.WEEKS, DAY(2026, 11, 5))
    months = Window.around(Unit.MONTHS, DAY(2026, 11, 5))

    assert (weeks.start, weeks.end) == (NOV_2, DAY(2026, 12, 14))
    assert (months.start, months.end) == (DAY(2026, 11, 1), DAY(2027, 2, 1))
    assert (weeks.earlier, months.earlier) == (DAY(2026, 9, 21), DAY(2026, 8, 1))


def test_what_stands_above_covers_each_day_once():
    for unit in Unit:
        window = Window.around(unit, DAY(2027, 1, 15))
        for marks in (window.heads(), window.ticks()):
            covered = [day for m in marks for day in range(m.start, m.start + m.length)]
            assert covered == list(range(window.days))


def test_weekends_are_saturdays_and_sundays():
    for unit in Unit:
        window = Window.around(unit, DAY(2027, 5, 15))
        shaded = {day for m in window.weekends() for day in range(m.start, m.start + m.length)}
        weekends = {n for n in range(window.days) if (window.start + days(n)).weekday() >= 5}
        assert shaded == weekends


# Bars


@pytest.mark.parametrize(
    ("start", "end", "mark", "look"),
    [
        (DAY(2026, 11, 2), DAY(2026, 11, 3), (0, 1), ""),  # its first day
        (DAY(2026, 12, 13), DAY(2026, 12, 14), (41, 1), ""),  # its last
        (DAY(2026, 10, 20), DAY(2026, 11, 4), (0, 2), " timeline-from-before"),
        (DAY(2026, 12, 10), DAY(2026, 12, 20), (38, 4), " timeline-goes-on"),
        (DAY(2026, 10, 1), DAY(2027, 1, 1), (0, 42), " timeline-from-before timeline-goes-on"),
    ],
)
def test_a_bar_covers_its_days_but_the_day_of_return(start, end, mark, look):
    [bar] = bars_of(plan_from(start, end).property)

    assert (bar.mark.start, bar.mark.length) == mark
    assert bar.look == f"timeline-approved{look}"


def test_plans_that_only_touch_the_days_are_not_there():
    plan_from(DAY(2026, 10, 20), NOV_2)  # the residents are back on the first day
    plan_from(DAY(2026, 12, 14), DAY(2026, 12, 20))

    assert laid_out() == []


def test_a_stay_stands_in_a_lane_of_its_own():
    plan = plan_from(DAY(2026, 11, 3), DAY(2026, 11, 20))
    make_booking(plan, arrives_on=DAY(2026, 11, 4), departs_on=DAY(2026, 11, 6), guest_name="Gus")

    [row] = laid_out()

    assert [lane.name for lane in row.lanes] == ["Away plans", "Bookings"]
    [bar] = row.lanes[1].bars
    assert (bar.mark.start, bar.mark.length, bar.about, bar.state) == (2, 2, "Gus", "Confirmed")


def test_bars_that_overlap_stand_below_each_other_and_go_back_up():
    home = make_property()
    plan_from(DAY(2026, 11, 3), DAY(2026, 11, 10), home)
    plan_from(DAY(2026, 11, 8), DAY(2026, 11, 12), home, status="draft")
    plan_from(DAY(2026, 11, 10), DAY(2026, 11, 20), home)

    [row] = laid_out()

    assert [bar.depth for bar in row.bars] == [0, 1, 0]
    assert row.lanes[0].layers == 2


def test_refused_plans_are_there_if_one_asks_for_them():
    home = make_property()
    for status in ("declined", "withdrawn", "cancelled", "approved"):
        plan_from(
            DAY(2026, 11, 3), DAY(2026, 11, 9), home, status=status, decision_reason="Because"
        )

    assert [bar.state for bar in bars_of(home)] == ["Approved"]
    assert [bar.state for bar in bars_of(home, status="declined")] == ["Declined"]


def test_a_booking_that_was_cancelled_is_not_there():
    plan = plan_from(DAY(2026, 11, 3), DAY(2026, 11, 20))
    make_booking(plan, status="cancelled", cancel_reason="Ill")

    assert [bar.kind for bar in bars_of(plan.property)] == ["Away plan"]


# Today, by the clock of each home


@pytest.mark.parametrize(
    ("moment", "boston", "los_angeles"),
    [
        ("2026-11-03T04:30+00:00", DAY(2026, 11, 2), DAY(2026, 11, 2)),
        ("2026-11-03T05:30+00:00", DAY(2026, 11, 3), DAY(2026, 11, 2)),  # midnight in Boston
        ("2026-11-03T08:30+00:00", DAY(2026, 11, 3), DAY(2026, 11, 3)),
        ("2026-11-01T04:30+00:00", DAY(2026, 11, 1), DAY(2026, 10, 31)),  # clocks go back that day
        ("2026-11-02T04:30+00:00", DAY(2026, 11, 1), DAY(2026, 11, 1)),
        ("2026-03-08T04:59+00:00", DAY(2026, 3, 7), DAY(2026, 3, 7)),  # and forward that day
        ("2026-03-09T04:30+00:00", DAY(2026, 3, 9), DAY(2026, 3, 8)),
    ],
)
def test_today_is_each_homes_own(moment, boston, los_angeles):
    make_property("02116", name="A")
    make_property("90012", name="B")
    window = Window.around(Unit.WEEKS, boston)

    rows = laid_out(at=datetime.datetime.fromisoformat(moment), window=window, all_homes=True)

    assert [row.today for row in rows] == [boston, los_angeles]
    assert [row.today_at for row in rows] == [window.place_of(boston), window.place_of(los_angeles)]


def test_a_plan_that_starts_tonight_has_begun_in_boston_alone():
    """At half past midnight in Boston it is still the day before in Los Angeles."""
    at = datetime.datetime.fromisoformat("2026-11-03T05:30+00:00")
    for code in ("02116", "90012"):
        plan_from(DAY(2026, 11, 3), DAY(2026, 11, 5), make_property(code, name=code))

    east, west = laid_out(at=at)

    assert east.bars[0].mark.start == east.today_at
    assert west.bars[0].mark.start == west.today_at + 1


def test_the_page_marks_today_in_each_row_and_says_where_it_is_another_day(sign_in, monkeypatch):
    at = datetime.datetime.fromisoformat("2026-11-03T05:30+00:00")
    monkeypatch.setattr("bookings.admin.timeline.timezone.now", lambda: at)
    monkeypatch.setattr("bookings.admin.timeline.timezone.localdate", lambda: DAY(2026, 11, 3))
    for code in ("02116", "90012"):
        make_property(code)

    page = sign_in(make_manager()).get(PAGE, {"all": "on"})

    content = page.content.decode()
    assert re.findall(r'timeline-today" style="--s:(\d+)"', content) == ["1", "0"]
    assert content.count("Nov 2 there") == 1


# Tasks


def task_of(home, start: DAY, due: DAY, **fields: Any) -> Task:
    return make_task(home, starts_on=start, due_on=due, **fields)


def test_tasks_stand_in_a_lane_of_their_own_with_who_has_or_did_them():
    home, ana, ben = make_property(), make_staff("Ana Torres"), make_staff("Ben Ito")
    task_of(home, NOV_2, NOV_2)
    task_of(home, DAY(2026, 11, 4), DAY(2026, 11, 5), status="assigned", assignee=ana)
    task_of(home, DAY(2026, 11, 5), DAY(2026, 11, 6), status="done", assignee=ana, done_by=ben)
    task_of(home, NOV_2, NOV_2, status="cancelled", reason="Not needed")

    [row] = laid_out()

    assert [lane.name for lane in row.lanes] == ["Tasks"]
    assert [bar.text for bar in row.bars] == [
        "Issue · Unassigned · Nov 2, 2026",
        "Issue · Assigned, Ana Torres · Nov 4 – Nov 5, 2026",
        "Issue · Done, Ben Ito · Nov 5 – Nov 6, 2026",
    ]
    assert [(bar.mark.start, bar.mark.length) for bar in row.bars] == [(0, 1), (2, 2), (3, 2)]
    assert [bar.depth for bar in row.bars] == [0, 0, 1]  # the day it is due is part of a bar


def test_what_is_overdue_by_the_homes_clock_goes_on_until_today():
    """On November 4 in Boston, and still on November 3 in Los Angeles."""
    at = datetime.datetime.fromisoformat("2026-11-04T05:30+00:00")
    for code in ("02116", "90012"):
        home = make_property(code, name=code)
        task_of(home, DAY(2026, 10, 1), DAY(2026, 11, 3))
        task_of(home, NOV_2, NOV_2, status="verified", **done_and_verified())

    east, west = laid_out(at=at)

    assert [bar.notes for bar in west.bars] == [[], []]
    late, verified = east.bars
    assert [note.sentence for note in late.notes] == ["Overdue: it was due on Nov 3, 2026."]
    assert (late.flag, late.mark.start, late.mark.length) == ("late", 0, 3)
    assert verified.notes == []
    assert not east.has_conflict


def done_and_verified() -> dict[str, Any]:
    return {"done_by": make_staff(), "verified_by": make_staff()}


def test_what_is_overdue_since_before_these_days_stands_there_today():
    home = make_property()
    task_of(home, DAY(2026, 9, 1), DAY(2026, 9, 3))
    at = datetime.datetime.fromisoformat("2026-11-04T17:00+00:00")

    [row] = laid_out(at=at, today=DAY(2026, 11, 4))

    assert [(bar.mark.start, bar.mark.length) for bar in row.bars] == [(0, 3)]
    assert laid_out(at=at, today=DAY(2026, 9, 20)) == []  # asked in September, it is not yet


def test_tasks_follow_the_state_that_is_asked_for():
    plan = plan_from(DAY(2026, 11, 3), DAY(2026, 11, 9))
    task_of(plan.property, NOV_2, DAY(2026, 11, 3), away_plan=plan)
    task_of(plan.property, NOV_2, NOV_2)

    assert [bar.kind for bar in bars_of(plan.property)] == ["Away plan", "Task", "Task"]
    assert [bar.kind for bar in bars_of(plan.property, status="approved")] == ["Away plan", "Task"]
    assert laid_out(status="draft") == []


def test_tasks_are_for_those_who_read_them(sign_in):
    Group.objects.get(name="staff").permissions.filter(codename="view_task").delete()
    make_plan(make_property("06511", name="Near"))
    make_task(make_property("06511", name="Work alone"))

    page = sign_in(make_staff(zips=("06511",))).get(PAGE)

    assert names(page) == ["Near"]
    assert "Unassigned" not in page.content.decode()


# Only conflicts


def test_homes_with_a_conflict_alone(ask):
    assign(make_staff(), "06511", starts_on=today() - days(40))
    clash = make_property(name="Clash")
    make_plan(clash, status="approved")
    make_plan(clash, status="draft")
    make_plan(make_property(name="Fine"))
    make_task(make_property(name="Late"), starts_on=today() - days(3), due_on=today() - days(2))

    page = ask(conflicts="on", all="on")

    assert names(ask()) == ["Clash", "Fine", "Late"]
    assert names(page) == ["Clash"]
    assert "1 home with a conflict. Today" in text(page)
    AwayPlan.objects.filter(status="draft").delete()
    assert "No home like this has a conflict in these days." in text(ask(conflicts="on"))


def test_pages_are_of_homes_with_a_conflict_and_say_how_far_was_looked(ask, monkeypatch):
    monkeypatch.setattr("bookings.timeline.looking.MOST", 4)
    monkeypatch.setattr("bookings.timeline.forms.ROWS", (2, 250, 500))
    for number in range(5):
        make_plan(make_property(name=f"Home {number}"))

    first, second = ask(conflicts="on"), ask(conflicts="on", p=2)

    assert names(first) + names(second) == [f"Home {number}" for number in range(4)]
    assert "4 homes with a conflict among the first 4 by name" in text(first)
    assert "conflicts=on" in second.content.decode()


# What wants a look


def words(bar: Bar) -> list[str]:
    return [note.word for note in bar.notes]


@pytest.fixture
def held():
    """Somebody looks after 06511 all the time: so nothing else than conflicts is told."""
    assign(make_staff(), "06511", starts_on=DAY(2026, 1, 1))


@pytest.mark.usefixtures("held")
def test_a_draft_in_the_way_is_told_on_both_plans():
    home = make_property()
    plan_from(DAY(2026, 11, 3), DAY(2026, 11, 10), home, status="submitted")
    plan_from(DAY(2026, 11, 8), DAY(2026, 11, 12), home, status="draft")

    submitted, draft = bars_of(home)

    [on_submitted], [on_draft] = submitted.notes, draft.notes
    assert on_submitted.sentence == (
        "Overlaps the draft plan of Nov 8 – Nov 12, 2026, on Nov 8 – Nov 9, 2026."
    )
    assert on_draft.word == "Overlap"
    assert "submitted plan of Nov 3 – Nov 10, 2026" in on_draft.sentence


@pytest.mark.usefixtures("held")
def test_plans_back_to_back_and_plans_that_ended_are_in_nobodys_way():
    home = make_property()
    plan_from(DAY(2026, 11, 3), DAY(2026, 11, 10), home)
    plan_from(DAY(2026, 11, 10), DAY(2026, 11, 12), home, status="draft")
    plan_from(DAY(2026, 11, 4), DAY(2026, 11, 6), home, status="completed")

    assert [words(bar) for bar in bars_of(home)] == [[], [], []]


@pytest.mark.usefixtures("held")
def test_a_plan_overlaps_in_days_that_are_not_shown():
    home = make_property()
    plan_from(DAY(2026, 10, 1), DAY(2026, 11, 4), home)
    plan_from(DAY(2026, 9, 1), DAY(2026, 10, 5), home, status="draft")

    [bar] = bars_of(home)

    assert words(bar) == ["Overlap"]


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"ends_on": DAY(2026, 11, 5)}, "Outside its plan"),
        ({"starts_on": DAY(2026, 11, 5)}, "Outside its plan"),
        ({"status": "submitted"}, "No approved plan"),
        ({"hosting_allowed": False}, "No guests allowed"),
    ],
)
def test_a_booking_that_does_not_fit_its_plan_is_told(changes, word):
    plan = plan_from(DAY(2026, 11, 3), DAY(2026, 11, 20))
    make_booking(plan, arrives_on=DAY(2026, 11, 4), departs_on=DAY(2026, 11, 6))
    assert words(bars_of(plan.property)[1]) == []

    past_the_console = pgtrigger.ignore("bookings.AwayPlan:keep_bookings_inside")
    with past_the_console, because("Asked for"):
        AwayPlan.objects.filter(pk=plan.pk).update(**changes)

    assert words(bars_of(plan.property)[1]) == [word]


@pytest.mark.usefixtures("held")
def test_guests_who_have_left_fit_whatever_became_of_the_plan():
    plan = plan_from(DAY(2026, 11, 3), DAY(2026, 11, 20), status="completed")
    make_booking(plan, status="checked_out")

    assert [words(bar) for bar in bars_of(plan.property)] == [[], []]


@pytest.mark.usefixtures("held")
def test_guests_who_arrive_when_others_leave_are_told():
    plan = plan_from(DAY(2026, 11, 3), DAY(2026, 12, 20))
    stay = {"arrives_on": DAY(2026, 11, 4), "departs_on": DAY(2026, 11, 6)}
    make_booking(plan, **stay)
    make_booking(plan, arrives_on=DAY(2026, 11, 6), departs_on=DAY(2026, 11, 9))
    make_booking(plan, arrives_on=DAY(2026, 11, 10), departs_on=DAY(2026, 11, 12))

    _, first, second, third = bars_of(plan.property)

    assert [words(bar) for bar in (first, second, third)] == [
        ["Same-day turnover"],
        ["Same-day turnover"],
        [],
    ]


@pytest.mark.usefixtures("held")
def test_a_turnover_that_is_over_by_the_homes_clock_is_not_told():
    """On November 7 in Boston, and still on November 6 in Los Angeles."""
    for code in ("02116", "90012"):
        plan = plan_from(DAY(2026, 11, 3), DAY(2026, 11, 20), make_property(code, name=code))
        make_booking(plan, arrives_on=DAY(2026, 11, 4), departs_on=DAY(2026, 11, 6))
        make_booking(plan, arrives_on=DAY(2026, 11, 6), departs_on=DAY(2026, 11, 9))

    east, west = laid_out(at=datetime.datetime.fromisoformat("2026-11-07T05:30+00:00"))

    assert [words(bar) for bar in east.lanes[1].bars] == [[], []]
    assert [bar.flag for bar in west.lanes[1].bars] == ["hint", "hint"]


@pytest.mark.usefixtures("held")
def test_a_turnover_is_told_where_the_other_guests_are_not_shown():
    plan = plan_from(DAY(2026, 10, 3), DAY(2026, 12, 20))
    make_booking(plan, arrives_on=DAY(2026, 10, 30), departs_on=NOV_2)
    make_booking(plan, arrives_on=NOV_2, departs_on=DAY(2026, 11, 4))
    make_booking(plan, arrives_on=DAY(2026, 12, 10), departs_on=DAY(2026, 12, 14))
    make_booking(plan, arrives_on=DAY(2026, 12, 14), departs_on=DAY(2026, 12, 16))

    _, first, last = bars_of(plan.property)

    assert [words(first), words(last)] == [["Same-day turnover"], ["Same-day turnover"]]


def test_days_without_anybody_are_told_and_marked():
    plan = plan_from(DAY(2026, 11, 3), DAY(2026, 11, 20))
    ana, ben = make_staff("Ana"), make_staff("Ben")
    assign(ana, "06511", starts_on=DAY(2026, 1, 1), ends_on=DAY(2026, 11, 5))
    assign(ben, "06511", starts_on=DAY(2026, 11, 8), ends_on=DAY(2026, 11, 19))
    assign(make_staff("Cal"), "06512", starts_on=DAY(2026, 1, 1))

    [bar] = bars_of(plan.property)

    assert [note.sentence for note in bar.notes] == [
        "Nobody looks after 06511 on Nov 5 – Nov 7, 2026.",
        "Nobody looks after 06511 on Nov 19, 2026.",
    ]
    assert [(gap.start, gap.length) for gap in bar.uncovered] == [(3, 3), (17, 1)]


def test_who_left_the_company_looks_after_nothing():
    plan = plan_from(DAY(2026, 11, 3), DAY(2026, 11, 5))
    assign(make_staff(is_active=False), "06511", starts_on=DAY(2026, 1, 1))

    assert words(bars_of(plan.property)[0]) == ["Nobody there"]


@pytest.mark.parametrize(("status", "told"), [("draft", 1), ("active", 1), ("completed", 0)])
def test_only_open_plans_need_somebody(status, told):
    plan = plan_from(DAY(2026, 11, 3), DAY(2026, 11, 5), status=status)

    assert len(bars_of(plan.property)[0].notes) == told


def test_what_is_over_by_the_homes_clock_needs_nobody_any_more():
    """On November 4 in Boston, and still on November 3 in Los Angeles."""
    at = datetime.datetime.fromisoformat("2026-11-04T05:30+00:00")
    for code in ("02116", "90012"):
        plan_from(DAY(2026, 11, 1), DAY(2026, 11, 5), make_property(code, name=code))

    east, west = laid_out(at=at)

    assert east.bars[0].notes[0].sentence == "Nobody looks after 02116 on Nov 4, 2026."
    assert west.bars[0].notes[0].sentence == "Nobody looks after 90012 on Nov 3 – Nov 4, 2026."


def test_staff_are_told_of_the_days_on_which_no_colleague_is_there_either(locks, sign_in):
    ana, first = make_staff("Ana"), today() + days(3)
    assign(ana, "06511", starts_on=today(), ends_on=first)
    assign(make_staff("Ben"), "06511", starts_on=first + days(1))
    assign(make_staff("Cem", is_active=False), "06511", starts_on=today())
    make_plan(make_property(), starts_on=today(), ends_on=first + days(9))

    page = text(sign_in(ana).get(PAGE))

    assert f"Nobody looks after 06511 on {say_date(first)}." in page
    assert page.count("Nobody looks after") == 1


@pytest.mark.parametrize("assigned", [True, False])
def test_a_plan_where_the_company_does_not_work_says_so(assigned):
    plan = plan_from(DAY(2026, 11, 3), DAY(2026, 11, 5))
    if assigned:
        assign(make_staff(), "06511", starts_on=DAY(2026, 1, 1))
    ZipCode.objects.filter(code="06511").update(is_served=False)

    [bar] = bars_of(plan.property)

    assert words(bar) == (["Not served"] if assigned else ["Not served", "Nobody there"])
    assert bar.notes[0].sentence == "ZIP code 06511 is not served."
    assert [row.home for row in laid_out() if row.has_conflict] == [plan.property]


def lacks(at=BEFORE) -> dict[str, list[str]]:
    """What the cover of each home lacks, of all homes."""
    return {
        row.home.name: [note.word for note in row.gaps] for row in laid_out(at=at, all_homes=True)
    }


def test_a_home_says_what_its_cover_lacks_though_nothing_is_on_there():
    for code in ("06511", "06512", "06513", "06514", "06515"):
        make_property(code, name=code)
    first = DAY(2026, 1, 1)
    assign(make_staff(), "06511", starts_on=first)
    assign(make_staff(), "06512", starts_on=first)
    assign(make_staff(), "06513", starts_on=first, duty="backup")
    assign(make_staff(), "06514", starts_on=DAY(2026, 11, 5))
    ZipCode.objects.filter(code="06512").update(is_served=False)

    assert lacks() == {
        "06511": [],
        "06512": ["Not served"],
        "06513": ["No primary"],
        "06514": ["Nobody assigned on some days"],
        "06515": ["Nobody assigned"],
    }
    assert lacks(at=datetime.datetime(2026, 11, 6, 12, tzinfo=datetime.UTC))["06514"] == []
    assert lacks(at=datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC))["06515"] == []  # over
    Property.objects.update(lifecycle="archived")
    assert lacks() == {}


@pytest.mark.parametrize("form", ["", "table"])
def test_what_the_cover_lacks_is_told_as_a_chart_and_as_a_table(sign_in, form):
    make_property("06511")
    make_plan(make_property("06512"), starts_on=today())
    ZipCode.objects.update(is_served=False)

    page = sign_in(make_manager()).get(PAGE, {"as": form, "all": "on"}).content.decode()

    for code in ("06511", "06512"):
        assert f"ZIP code {code} is not served." in page
        assert f"Nobody assigned in {code}: {say_date(today())} to" in page


def test_the_spans_of_days_that_are_left():
    def left(start, after, held):
        plan = PlanDates(1, 1, "approved", start, after, hosting_allowed=False)
        return conflicts.uncovered(plan, held, NOV_2, NOV_2 + days(99))

    assert left(NOV_2, NOV_2 + days(9), []) == [(NOV_2, NOV_2 + days(9))]
    assert left(NOV_2, NOV_2, []) == []
    assert left(NOV_2 - days(9), NOV_2 - days(1), []) == []  # over, by the clock of the home
    held = [(NOV_2 + days(4), NOV_2 + days(6)), (NOV_2 - days(9), NOV_2 + days(5))]
    assert left(NOV_2, NOV_2 + days(9), held) == [(NOV_2 + days(6), NOV_2 + days(9))]


# Who sees what


@pytest.fixture
def two_places():
    """A home with guests in New Haven, one in Boston."""
    near = make_plan(make_property("06511", name="Near"), status="approved", hosting_allowed=True)
    far = make_plan(make_property("02116", name="Far"), status="approved", hosting_allowed=True)
    make_booking(near, guest_name="Gus Near")
    make_booking(far, guest_name="Gus Far")
    make_task(far.property)
    return near, far


@pytest.mark.parametrize("form", ["", "table"])
def test_staff_see_their_own_homes_under_each_lock(sign_in, locks, two_places, form):
    page = text(sign_in(make_staff(zips=("06511",))).get(PAGE, {"as": form, "all": "on"}))

    assert "Gus Near" in page
    assert "Far" not in page


def test_each_query_holds_to_the_zip_codes_by_itself(two_places, monkeypatch):
    _, far = two_places
    ana, asked = make_staff(zips=("06511",)), Asked(Window.around(Unit.WEEKS, today()))
    everything = AwayPlan.objects.order_by().values("property")
    monkeypatch.setattr(finding, "_with_something", lambda viewer, asked: everything)

    assert [home.name for home in finding.homes(ana, asked)] == ["Near"]
    assert finding.plans_of([far.property_id], ana, asked) == {}
    assert finding.stays_of([far.property_id], ana, asked) == {}
    assert finding.tasks_of([far.property_id], ana, asked) == {}
    assert finding.plans_of([far.property_id], make_manager(), asked) != {}
    assert finding.stays_of([far.property_id], make_manager(), asked) != {}
    assert finding.tasks_of([far.property_id], make_manager(), asked) != {}


@pytest.mark.parametrize("make", [make_manager, make_auditor])
def test_the_office_sees_every_home(sign_in, make, two_places):
    page = text(sign_in(make()).get(PAGE))

    assert "Gus Near" in page
    assert "Gus Far" in page


def test_an_assignment_that_ended_shows_nothing(sign_in, locks, two_places):
    ana = make_staff()
    assign(ana, "06511", starts_on=today() - days(9), ends_on=today())

    page = text(sign_in(ana).get(PAGE, {"all": "on"}))

    assert "There is no home that you may see today" in page
    assert "Near" not in page


def test_without_the_permission_there_is_no_timeline_and_no_entry(sign_in):
    Group.objects.get(name="staff").permissions.filter(codename="view_awayplan").delete()
    client = sign_in(make_staff(zips=("06511",)))

    assert client.get(PAGE).status_code == 403
    navigation = client.get("/").context["sidebar_navigation"]
    assert "Timeline" not in [item["title"] for group in navigation for item in group["items"]]


def test_guests_are_for_those_who_read_bookings(sign_in, two_places):
    Group.objects.get(name="staff").permissions.filter(codename="view_booking").delete()

    page = text(sign_in(make_staff(zips=("06511",))).get(PAGE))

    assert "Near" in page
    assert "Gus" not in page


def test_it_is_only_read(sign_in):
    assert sign_in(make_manager()).post(PAGE).status_code == 405


# What is asked for


@pytest.fixture
def ask(sign_in):
    client = sign_in(make_manager())

    def asked(**query: Any):
        page = client.get(PAGE, query)
        assert page.status_code == 200
        return page

    return asked


def names(page) -> list[str]:
    return [row.home.name for row in page.context["rows"]]


def test_homes_without_anything_are_there_if_one_asks(ask):
    make_plan(make_property(name="Away"))
    make_property(name="Empty")
    make_property(name="Gone", lifecycle="archived")
    make_plan(
        make_property(name="Later"), starts_on=today() + days(99), ends_on=today() + days(101)
    )

    assert names(ask()) == ["Away"]
    page = ask(all="on")
    assert names(page) == ["Away", "Empty", "Later"]
    assert "Nothing in these days" in text(page)


def test_homes_are_asked_for_by_zip_code_text_person_and_state(ask):
    for code, name in (("06511", "Elm"), ("06512", "Oak"), ("02116", "Fir")):
        make_plan(make_property(code, name=name))
    make_plan(make_property("06511", name="Ash"), status="draft")
    ana, ben = make_staff("Ana", zips=("06511",)), make_staff("Ben")
    assign(ben, "02116", starts_on=today() + days(300))

    assert names(ask(zip="065")) == ["Ash", "Elm", "Oak"]
    assert names(ask(zip="06511")) == ["Ash", "Elm"]
    assert names(ask(q="elm")) == ["Elm"]
    assert names(ask(person=ana.pk)) == ["Ash", "Elm"]
    assert names(ask(person=ben.pk)) == []  # not in these days yet
    assert names(ask(status="draft")) == ["Ash"]
    assert names(ask(status="draft", zip="06512")) == []


def test_a_state_is_asked_of_the_plans_of_stays_too(ask):
    plan = make_plan(make_property(name="Fir"), status="approved", hosting_allowed=True)
    make_booking(plan, guest_name="Gus")
    make_plan(plan.property, status="draft")

    assert [bar.about for bar in ask(status="approved").context["rows"][0].bars] == [
        "hosting",
        "Gus",
    ]
    assert [bar.state for bar in ask(status="draft").context["rows"][0].bars] == ["Draft"]
    AwayPlan.objects.filter(status="draft").update(status="withdrawn")
    assert names(ask(status="draft")) == []


def test_staff_are_not_offered_their_colleagues(sign_in):
    make_staff("Ben Colleague")
    ana = make_staff(zips=("06511",))
    make_plan(make_property("06511", name="Elm"))

    page = sign_in(ana).get(PAGE, {"person": ana.pk + 1})

    assert "person" not in page.context["form"].fields
    assert names(page) == ["Elm"]
    assert "Ben Colleague" not in page.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"from": "2026-02-30"}, "Choose a day, such as 2026-11-03."),
        ({"from": "1999-12-31"}, "Choose a day between 2000 and 2199."),
        ({"from": "2200-01-01"}, "Choose a day between 2000 and 2199."),
        ({"span": "years"}, "Choose weeks or months."),
        ({"zip": "K1A"}, "Write a ZIP code or how it begins"),
        ({"zip": "065111"}, "at most 5 characters"),
        ({"status": "nonsense"}, "There is no such state"),
        ({"person": "abc"}, "There is no such colleague"),
        ({"person": "99999999999999999999"}, "There is no such colleague"),
        ({"rows": "7"}, "Choose 100, 250 or 500 homes."),
        ({"p": "x"}, "This is no number of a page"),
        ({"p": "-1"}, "Pages are counted from 1"),
        ({"as": "poem"}, "as=table"),
        ({"q": "x" * 101}, "at most 100 characters"),
    ],
)
def test_what_cant_be_read_is_told_and_the_rest_shown(ask, query, sentence):
    make_plan(make_property(name="Elm"))

    page = ask(**query)

    assert sentence in text(page)
    assert "What can’t be read is left out" in text(page)
    assert names(page) == ["Elm"]
    assert page.context["window"].start == today() - days(today().weekday())


@pytest.mark.parametrize("start", ["2000-01-01", "2199-12-31"])
@pytest.mark.parametrize("span", ["weeks", "months"])
def test_the_ends_of_the_calendar(ask, start, span):
    assert ask(**{"from": start, "span": span}).context["form"].errors == {}


def test_a_page_has_a_hundred_homes_or_more(ask):
    fill(101, make_manager())

    first, second, beyond = ask(), ask(p=2), ask(p=99)

    assert [len(page.context["rows"]) for page in (first, second, beyond)] == [100, 1, 1]
    assert len(ask(rows=250).context["rows"]) == 101


def test_an_empty_page_says_why(ask):
    assert "There are no homes yet, so there is nothing to show" in text(ask())
    make_property()
    assert "Nobody is away in these days, and nothing is to be done." in text(ask())
    assert "ask for less in the filter" in text(ask(zip="99"))


# Chart and table


def test_every_bar_says_all_in_words_and_opens_its_record(ask):
    plan = make_plan(status="draft", starts_on=today() + days(3), ends_on=today() + days(5))

    content = ask().content.decode()

    [bar] = re.findall(
        r'<a class="timeline-bar-of timeline-draft timeline-conflict".*?</a>', content
    )
    assert f'href="/bookings/awayplan/{plan.pk}/change/?next=' in bar
    assert 'title="Draft · ' in bar
    said = " ".join(re.sub(r"<[^>]+>", "", bar).split())
    assert f"Away plan, Draft · {plan.dates}" in said
    assert "Nobody looks after 06511" in said


def test_the_table_tells_the_same(ask):
    plan = make_plan(make_property(name="Elm"), status="approved", hosting_allowed=True)
    make_booking(plan, guest_name="Gus")

    chart, table = ask(), ask(**{"as": "table"})

    assert [row.bars for row in chart.context["rows"]] == [
        row.bars for row in table.context["rows"]
    ]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", table.content.decode(), re.S)
    said = [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in cells]
    assert said[3:5] == ["Away plan, hosting", "Approved"]
    assert "Nobody looks after 06511" in said[7]
    assert said[11:13] == ["Booking, Gus", "Confirmed"]


def test_what_a_name_contains_stays_text(ask):
    make_plan(make_property(name="<script>alert(1)</script>"))

    assert "<script>alert(1)" not in ask().content.decode()


# The way back


def change(client, plan, way: str, **more: Any):
    data = {
        "starts_on": plan.starts_on,
        "ends_on": plan.ends_on + days(1),
        "bookings-TOTAL_FORMS": 0,
        "bookings-INITIAL_FORMS": 0,
        **loaded(plan),
        **more,
    }
    return client.post(f"/bookings/awayplan/{plan.pk}/change/?next={quote(way)}", data)


def test_a_form_goes_back_to_the_row_that_it_was_opened_from(sign_in):
    plan = make_plan()
    client = sign_in(make_manager())
    page = client.get(PAGE, {"zip": "06511", "rows": "250"})
    [way] = re.findall(
        rf'href="(/bookings/awayplan/{plan.pk}/change/[^"#]*)', page.content.decode()
    )

    form = client.get(way)
    response = change(client, plan, f"{PAGE}?from={today()}&zip=06511")

    plan.refresh_from_db()
    assert plan.ends_on == today() + days(21)
    assert response.url == f"{PAGE}?from={today()}&zip=06511#home-{plan.property_id}"
    assert "Back to the timeline" in text(form)
    assert "zip=06511&amp;rows=250#home-" in form.content.decode()


def test_a_booking_goes_back_too(sign_in):
    booking = make_booking()
    way = f"/bookings/booking/{booking.pk}/change/?next={quote(PAGE)}"
    data = {
        "arrives_on": booking.arrives_on,
        "departs_on": booking.departs_on,
        "party_size": 1,
        "guest_name": "Gus",
        "channel": "direct",
        **loaded(booking),
    }

    response = sign_in(make_manager()).post(way, data)

    assert response.url == f"{PAGE}#home-{booking.property_id}"
    assert Booking.objects.get().guest_name == "Gus"


def test_a_task_goes_back_too(sign_in):
    task = make_task(due_on=today() + days(3))
    way = f"/bookings/task/{task.pk}/change/?next={quote(PAGE)}"
    data = {"starts_on": today(), "due_on": today() + days(4), "priority": 2, **loaded(task)}

    response = sign_in(make_manager()).post(way, data)

    assert response.url == f"{PAGE}#home-{task.property_id}"
    assert Task.objects.get().due_on == today() + days(4)


def test_a_step_goes_back_too_and_going_on_keeps_the_way(sign_in):
    plan = make_plan()
    client = sign_in(make_manager())

    stayed = change(client, plan, PAGE, _continue="1")
    plan.refresh_from_db()
    stepped = change(client, plan, PAGE, bookings_awayplan_approve="1", change_reason="x")

    assert stayed.url == f"/bookings/awayplan/{plan.pk}/change/?next={quote(PAGE, safe='')}"
    assert stepped.url == f"{PAGE}#home-{plan.property_id}"
    plan.refresh_from_db()
    assert plan.status == "approved"


@pytest.mark.parametrize(
    "way",
    [
        "https://evil.example/bookings/awayplan/timeline/",
        "//evil.example/bookings/awayplan/timeline/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/bookings/awayplan/",
        "/bookings/awayplan/timeline/../../../logout/",
        "http://[",
        "",
    ],
)
def test_no_other_address_is_gone_back_to(sign_in, way):
    plan = make_plan()
    client = sign_in(make_manager())

    form = client.get(f"/bookings/awayplan/{plan.pk}/change/", {"next": way})
    response = change(client, plan, way)

    assert response.url == "/bookings/awayplan/"
    assert "Back to the timeline" not in text(form)


def test_what_is_nested_in_the_way_back_is_put_together_anew(sign_in):
    plan = make_plan()

    response = change(sign_in(make_manager()), plan, f'{PAGE}?q="><x>\r\nX: y#frag')

    assert response.url.startswith(f"{PAGE}?q=%22%3E%3Cx%3E")
    assert "\n" not in response.url
    assert response.url.endswith(f"#home-{plan.property_id}")


# Speed


@pytest.mark.parametrize("form", ["", "table"])
@pytest.mark.parametrize("role", ["manager", "staff"])
def test_the_queries_do_not_grow(sign_in, role, form):
    person = make_manager() if role == "manager" else make_staff(zips=("06511", "06512", "06510"))
    client = sign_in(person)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page = client.get(PAGE, {"as": form, "all": "on", "rows": "500"})
        assert page.status_code == 200
        return len(captured)

    fill(FEW, person)
    queries()

    few = queries()
    fill(30 - FEW, person)
    many = queries()

    assert few == many
    assert many <= MOST


def test_now_is_asked_once_for_a_page(monkeypatch):
    """A page that is made around midnight is of one day."""
    make_property("02116")
    make_property("10001")

    rows = laid_out(at=timezone.now(), all_homes=True)

    assert len({row.today for row in rows}) == 1
