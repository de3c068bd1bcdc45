"""How a home stands: who is in, who comes next, and what is in the way."""

from __future__ import annotations

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from bookings.models import Property
from bookings.readiness import not_ready, reasons, say_state, with_readiness
from tests.factories import (
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    today,
)

pytestmark = pytest.mark.django_db

PAGE = "/bookings/property/"


def stands(home, at: datetime.datetime | None = None):
    [found] = with_readiness(Property.objects.filter(pk=home.pk), at or timezone.now())
    return found


def found_not_ready(at: datetime.datetime | None = None) -> set[str]:
    return {home.name for home in not_ready(Property.objects.all(), at or timezone.now())}


def away(home=None, since: int = 5, until: int = 30, **fields):
    """A plan that is on, whose residents left and whose home may host."""
    dates = {"starts_on": today() - days(since), "ends_on": today() + days(until)}
    fields = {"status": "active", "hosting_allowed": True, **dates, **fields}
    return make_plan(home, **fields)


def guests(plan, first: int, last: int, **fields):
    dates = {"arrives_on": today() + days(first), "departs_on": today() + days(last)}
    return make_booking(plan, **dates, **fields)


def work(plan, kind: str, first: int, last: int, **fields):
    dates = {"starts_on": today() + days(first), "due_on": today() + days(last)}
    return make_task(plan.property, away_plan=plan, kind=kind, **dates, **fields)


def begun(plan, kind, first, last, **fields):
    somebody = make_staff("Ana Torres")
    return work(plan, kind, first, last, status="in_progress", assignee=somebody, **fields)


def nobody_is_away(home):
    pass


def leaving_later(home):
    away(home, since=-3)


def a_draft(home):
    Property.objects.filter(pk=home.pk).update(lifecycle="draft")


def guests_inside(home):
    guests(away(home), -2, 2, status="checked_in")


def empty(home):
    away(home)


def all_done(home):
    plan = away(home)
    stay = guests(plan, 3, 6)
    work(plan, "turnover", -1, 3, booking=stay, status="done", done_by=make_staff())


def ready_with_more_to_do_afterwards(home):
    plan = away(home)
    guests(plan, 0, 2)
    work(plan, "turnover", 2, 4, booking=guests(plan, 4, 6))


def guests_come_in_eight_days(home):
    guests(away(home), 8, 9)


def turnover_to_do(home):
    plan = away(home)
    work(plan, "turnover", -1, 3, booking=guests(plan, 3, 6))


def turnover_of_who_will_not_come(home):
    plan = away(home)
    guests(plan, 4, 6)
    work(plan, "turnover", -1, 3, booking=guests(plan, 2, 3, status="cancelled", cancel_reason="x"))


def turnover_whose_day_has_not_come(home):
    plan = away(home)
    guests(plan, -2, 1, status="checked_in")
    work(plan, "turnover", 1, 1, booking=guests(plan, 1, 3))


def turnover_begun(home):
    plan = away(home)
    begun(plan, "turnover", -1, 0, booking=guests(plan, 0, 3))


def turnover_begun_and_late(home):
    plan = away(home)
    begun(plan, "turnover", -3, -1, booking=guests(plan, 0, 3))


def restore_to_do(home):
    work(away(home, until=2), "restore", 0, 1)


def restore_blocked(home):
    work(away(home, until=2), "restore", 0, 1, status="blocked", reason="No key")


def restored(home):
    work(away(home, until=2), "restore", 0, 1, status="done", done_by=make_staff())


def preparing_for_guests(home):
    plan = away(home, since=-1, status="preparing")
    guests(plan, 2, 4)
    work(plan, "prepare", -2, 0)


def preparing_for_nobody(home):
    work(away(home, since=-1, status="preparing"), "prepare", -2, 0)


def guests_due_before_residents_left(home):
    guests(away(home, since=0, status="approved"), 0, 3)


def cancelled_plan_with_work_left(home):
    plan = away(home, status="cancelled", decision_reason="Ill", until=2)
    work(plan, "restore", -3, -1)


SITUATIONS = [
    (nobody_is_away, "Residents in"),
    (leaving_later, "Residents in"),
    (a_draft, ""),
    (guests_inside, "Guests in"),
    (empty, "Empty, the residents +30"),
    (all_done, "Ready, guests +3"),
    (ready_with_more_to_do_afterwards, "Ready, guests +0"),
    (guests_come_in_eight_days, "Empty, guests +8"),
    (turnover_to_do, "Not ready, guests +3"),
    (turnover_of_who_will_not_come, "Ready, guests +4"),
    (turnover_whose_day_has_not_come, "Guests in"),
    (turnover_begun, "Being prepared, guests +0"),
    (turnover_begun_and_late, "Not ready, guests +0"),
    (restore_to_do, "Not ready, the residents +2"),
    (restore_blocked, "Not ready, the residents +2"),
    (restored, "Ready, the residents +2"),
    (preparing_for_guests, "Not ready, guests +2"),
    (preparing_for_nobody, "Residents in"),
    (guests_due_before_residents_left, "Not ready, guests +0"),
    (cancelled_plan_with_work_left, "Residents in"),
]


@pytest.mark.parametrize(("situation", "told"), SITUATIONS)
def test_how_a_home_stands(situation, told):
    home = make_property("06511", name="Elm cottage")

    situation(home)

    words, _, day = told.partition("+")
    if day:
        date = today() + days(int(day))
        words += f"{date:%b} {date.day}, {date.year}"
    assert say_state(stands(home)) == words
    assert found_not_ready() == ({"Elm cottage"} if words.startswith("Not ready") else set())


def test_a_home_that_is_not_ready_says_why():
    home = make_property()
    turnover_to_do(home)
    guests_due_before_residents_left(other := make_property())

    told = reasons([home, other], timezone.now())

    (task, of_task), (stay, of_plan) = told[home.pk][0], told[other.pk][0]
    assert task.startswith("Turnover: unassigned, due ")
    assert of_task == home.tasks.get()
    assert stay == "The away plan is approved, not active: guests can’t be let in yet"
    assert of_plan == other.away_plans.get()


def test_its_day_comes_by_the_clock_of_the_home():
    """At half past midnight in Boston it is still the day before in Los Angeles."""
    at = datetime.datetime.fromisoformat("2026-11-03T05:30+00:00")
    third = datetime.date(2026, 11, 3)
    for code in ("02116", "90012"):
        home = make_property(code, name=code)
        dates = {"starts_on": third - days(20), "ends_on": third + days(1)}
        plan = make_plan(home, status="active", **dates)
        make_task(home, away_plan=plan, kind="restore", starts_on=third, due_on=third)

    assert found_not_ready(at) == {"02116"}
    assert found_not_ready(at + datetime.timedelta(hours=3)) == {"02116", "90012"}


def test_the_list_shows_it_and_finds_what_is_not_ready(sign_in):
    turnover_to_do(make_property("06511", name="Elm cottage"))
    empty(make_property("06511", name="Oak cottage"))
    turnover_to_do(make_property("02116", name="Far cottage"))
    client = sign_in(make_staff("Ana Torres", zips=("06511",)))

    everything = client.get(PAGE).content.decode()
    asked = client.get(PAGE, {"readiness": "not_ready"}).content.decode()
    nonsense = client.get(PAGE, {"readiness": "x"}).content.decode()

    assert re.search(r"Not ready\s*</span>\s*<p [^>]*>guests \w+ \d+, \d{4}</p>", everything)
    assert re.search(r"Empty\s*</span>\s*<p [^>]*>the residents \w+ \d+, \d{4}</p>", everything)
    assert ("Elm cottage" in asked, "Oak cottage" in asked) == (True, False)
    assert "Oak cottage" in nonsense
    assert "Far cottage" not in everything + asked


@pytest.mark.parametrize("make", [make_manager, make_auditor])
def test_the_page_of_a_home_says_why_with_the_way_there(sign_in, make):
    home = make_property()
    turnover_to_do(home)

    content = sign_in(make()).get(f"{PAGE}{home.pk}/change/").content.decode()

    way = reverse("admin:bookings_task_change", args=[home.tasks.get().pk])
    assert f'href="{way}">Turnover: unassigned, due' in content


def test_nobody_types_it(sign_in):
    home = make_property()
    turnover_to_do(home)

    page = sign_in(make_manager()).get(f"{PAGE}{home.pk}/change/")

    assert "standing" not in page.context["adminform"].form.fields
    assert sign_in(make_manager()).get(f"{PAGE}add/").status_code == 200
