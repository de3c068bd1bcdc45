"""A plan, its home and its bookings as of a moment."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import AwayPlan, Booking, Property
from tests.factories import (
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db

EASTERN = ZoneInfo("America/New_York")


def page_of(plan) -> str:
    return f"/bookings/awayplan/{plan.pk}/as-of/"


def ask(client, plan, at=""):
    return client.get(page_of(plan), {"at": at.isoformat() if at else ""})


def told(client, plan, at) -> str:
    return ask(client, plan, at).content.decode()


def now() -> datetime.datetime:
    """The database's clock, as it dates versions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


@pytest.fixture
def past():
    """A plan with a home and a booking, the moment at which they were otherwise, and before all."""
    before = now()
    home = make_property("06511", name="Elm House", owner=make_rerenter("Rosa Lee"))
    plan = make_plan(home, notes="A cat stays", status="approved", hosting_allowed=True)
    stay = make_booking(plan, guest_name="Gus Guest")
    moment = now()
    Property.objects.filter(pk=home.pk).update(name="Oak House")
    AwayPlan.objects.filter(pk=plan.pk).update(notes="No cat")
    Booking.objects.filter(pk=stay.pk).update(guest_name="Gil Gale")
    make_booking(
        plan,
        guest_name="Late Larry",
        arrives_on=plan.starts_on + days(4),
        departs_on=plan.starts_on + days(5),
    )
    return plan, moment, before


@pytest.mark.parametrize("make", [make_manager, make_auditor, lambda: make_staff(zips=("06511",))])
def test_all_is_as_it_was(sign_in, past, make):
    plan, moment, _ = past
    client = sign_in(make())

    then, today_ = told(client, plan, moment), told(client, plan, now())

    for words in ("A cat stays", "Elm House", "Gus Guest", "Approved", "Rosa Lee"):
        assert words in then
    assert "This is the past" in then
    assert "Late Larry" not in then
    assert "Gil Gale" not in then
    for words in ("No cat", "Oak House", "Gil Gale", "Late Larry"):
        assert words in today_


def test_what_did_not_exist_yet_says_so(sign_in, past):
    plan, _, before = past

    page = told(sign_in(make_manager()), plan, before)

    assert "the plan had not been made." in page
    assert "A cat stays" not in page


def test_a_booking_that_was_deleted_since_is_told_to_the_office(sign_in, past, locks):
    plan, moment, _ = past
    Booking.objects.filter(guest_name="Gil Gale").delete()

    to_the_office = told(sign_in(make_manager()), plan, moment)
    to_staff = told(sign_in(make_staff(zips=("06511",))), plan, moment)
    later = told(sign_in(make_manager()), plan, now())

    assert "Gus Guest" in to_the_office
    assert "Gus Guest" not in to_staff
    assert "Gil Gale" not in later


def test_staff_read_nothing_from_before_it_came_to_them(sign_in, locks):
    home = make_property("02116", name="Secret House")
    plan = make_plan(home, notes="Secret notes")
    there = now()
    for name, code in (("Elm House", "06511"),):
        AwayPlan.objects.filter(pk=plan.pk).update(notes="Cat")
        home.name, home.zip_code = name, make_zip(code)
        home.save()
    ana = sign_in(make_staff(zips=("06511",)))

    page = told(ana, plan, there)

    assert "There was nothing yet that you may read" in page
    assert "or it lay outside your ZIP codes" in page
    assert "Secret" not in page
    assert "Cat" in told(ana, plan, now())


def test_while_it_was_elsewhere_staff_are_not_told_what_it_was_before(sign_in, locks):
    home = make_property("06511")
    plan = make_plan(home, notes="Before it left")
    moments = []
    for code, notes in (("02116", "Secret"), ("06511", "Back")):
        home.zip_code = make_zip(code)
        home.save()
        moments.append(now())
        AwayPlan.objects.filter(pk=plan.pk).update(notes=notes)
    elsewhere = moments[0]

    to_staff = told(sign_in(make_staff(zips=("06511",))), plan, elsewhere)
    to_the_office = told(sign_in(make_auditor()), plan, elsewhere)

    assert "The plan lay outside your ZIP codes for a part of this time" in to_staff
    assert "Before it left" not in to_staff
    assert "Before it left" in to_the_office  # it was the same there


def test_a_plan_out_of_scope_reads_as_missing(sign_in, past, locks):
    plan, moment, _ = past
    client = sign_in(make_staff(zips=("02116",)))

    foreign, absent = ask(client, plan, moment), ask(client, AwayPlan(pk=99_999_999), moment)

    assert (foreign.status_code, foreign.url) == (absent.status_code, absent.url) == (302, "/")


@pytest.mark.parametrize("pk", ["abc", "½", "9" * 40, "-1", "1/2"])
def test_an_id_that_is_none_reads_as_missing(sign_in, pk):
    response = sign_in(make_manager()).get(f"/bookings/awayplan/{pk}/as-of/?at=2026-01-01T10:00")

    assert (response.status_code, response.url) == (302, "/")


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        ("soon", "Write a date and a time"),
        ("2026-02-30T10:00", "Write a date and a time"),
        ("½", "Write a date and a time"),
        ("9" * 400, "Write a date and a time"),
        ("0001-01-01T00:00", "Choose a moment from 2000 on"),
        ("1999-12-31T23:59+14:00", "Choose a moment from 2000 on"),
        ("9999-12-31T23:59:59-23:59", "That is still to come"),
        (f"{today().year + 1}-01-01T00:00", "That is still to come"),
    ],
)
def test_a_moment_that_is_none_is_answered_with_a_sentence(sign_in, past, at, sentence):
    response = sign_in(make_manager()).get(page_of(past[0]), {"at": at})

    assert response.status_code == 200
    assert sentence in response.content.decode()


def test_without_a_moment_it_asks_for_one(sign_in, past):
    page = ask(sign_in(make_manager()), past[0]).content.decode()

    assert "Choose a moment" in page
    assert "This is the past" not in page


def test_a_time_without_offset_is_by_the_clock_of_the_home(sign_in):
    plan = make_plan(make_property("90210"))
    wall = timezone.now().astimezone(ZoneInfo("America/Los_Angeles")).replace(tzinfo=None)

    response = ask(sign_in(make_manager()), plan, wall)

    assert response.context["at"].replace(tzinfo=None) == wall
    assert response.context["at"].utcoffset() == ZoneInfo("America/Los_Angeles").utcoffset(wall)


def test_the_ways_from_change_to_change(sign_in, past):
    plan, moment, _ = past
    client = sign_in(make_manager())
    shown = ask(client, plan, moment)

    back = client.get(shown.context["before"]).content.decode()
    home = client.get(shown.context["after"])
    notes = client.get(home.context["after"]).content.decode()

    assert "There were no bookings in it." in back
    assert "Oak House" in home.content.decode()
    assert "A cat stays" in home.content.decode()
    assert "No cat" in notes
    assert "Gus Guest" in notes


def test_the_story_leads_to_the_moments_around_each_change(sign_in, past):
    plan, _, _ = past
    client = sign_in(make_manager())
    told_ = client.get(f"/bookings/awayplan/{plan.pk}/history/").context["told"]
    [changed] = [
        each for each in told_ if each.entry.subject is None and each.entry.kind == "changed"
    ]
    ways = {way.title: way.path for way in changed.ways}

    assert "A cat stays" in client.get(ways["The plan before this change"]).content.decode()
    assert "No cat" in client.get(ways["The plan after this change"]).content.decode()
    stay = next(each for each in told_ if each.entry.subject)
    assert {way.path.split("?")[0] for way in stay.ways[:2]} == {page_of(plan)}


def test_its_queries_do_not_grow_with_versions_and_bookings(sign_in):
    client, counts = sign_in(make_staff(zips=("06511",))), []

    for number in (3, 30):
        plan = make_plan(
            status="approved", hosting_allowed=True, ends_on=today() + days(10 + 3 * number)
        )
        for week in range(number):
            arrives = plan.starts_on + days(2 * week)
            make_booking(plan, arrives_on=arrives, departs_on=arrives + days(2))
            AwayPlan.objects.filter(pk=plan.pk).update(notes=f"Change {week}")
        ask(client, plan, now())
        with CaptureQueriesContext(connection) as captured:
            response = ask(client, plan, now())
        assert len(response.context["stays"]) == number
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 30
