"""The home page of staff: what is on, in whose homes, by which clock, and what is at hand."""

from __future__ import annotations

import datetime

import pytest

from opsconsole.home import my_day
from opsconsole.home.cards import map_of
from opsconsole.home.countdown import moment_at, say_left
from opsconsole.home.days import Days
from opsconsole.home.my_day import WINDOWS
from staffing.models import Viewing
from tests.factories import (
    days,
    loaded,
    make_booking,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_task,
    today,
)

pytestmark = pytest.mark.django_db

DAY = datetime.date


@pytest.fixture
def ana():
    return make_staff("Ana Torres", zips=("06511",))


@pytest.fixture
def elm():
    owner = make_rerenter("Rosa Reed", phone="+12035550111")
    return make_property("06511", name="Elm cottage", owner=owner)


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(f"{text}+00:00")


def sections(response) -> dict[str, list]:
    return {section.slug: list(section.cards) for section in response.context["sections"]}


def titles(person, window: Days, at: datetime.datetime) -> dict[str, list[str]]:
    found = my_day.sections(person, window, at)
    return {section.slug: [card.title for card in section.cards] for section in found}


def test_the_day_in_its_order(sign_in, ana, elm):
    plan = make_plan(elm, status="active", hosting_allowed=True, starts_on=today() - days(3))
    leaving = make_booking(
        plan, guest_name="Lea", departs_on=today(), status="checked_in", guest_phone="+12035550122"
    )
    coming = make_booking(plan, guest_name="Gus", arrives_on=today(), departs_on=today() + days(3))
    oak = make_property("06511", name="Oak loft")
    make_plan(oak, status="preparing", starts_on=today())
    ash = make_property("06511", name="Ash house")
    make_plan(ash, status="active", starts_on=today() - days(9), ends_on=today())
    turnover = make_task(elm, away_plan=plan, booking=coming, kind="turnover")
    own = make_task(oak, assignee=ana, status="assigned")
    late = make_task(ash, assignee=ana, status="in_progress", starts_on=today() - days(4))
    type(late).objects.filter(pk=late.pk).update(due_on=today() - days(1))
    nobodys = make_task(ash, kind="inspect")
    make_task(ash, assignee=make_staff("Ben Ortiz"), status="assigned")  # a colleague's

    page = sign_in(ana).get("/")

    found = sections(page)
    assert list(found) == [
        "overdue", "residents", "departures", "turnovers", "arrivals", "hand-backs", "mine",
        "nobodys",
    ]  # fmt: skip
    records = {slug: [card.record for card in cards] for slug, cards in found.items()}
    assert records["overdue"] == [late]
    assert records["departures"] == [leaving]
    assert records["turnovers"] == [turnover]
    assert records["arrivals"] == [coming]
    assert records["mine"] == [own]
    assert records["nobodys"] == [nobodys]
    assert [card.home for card in found["residents"] + found["hand-backs"]] == [oak, ash]
    (arrival,) = found["arrivals"]
    assert arrival.facts[0].startswith("Home: Not ready, guests")
    assert arrival.warnings[0][0].startswith("Turnover: unassigned, due")
    content = page.content.decode()
    assert 'href="tel:+12035550122"' in content
    assert "query=" in content


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        ("today", ["Issue"]),
        ("tomorrow", ["Inspect"]),
        ("week", ["Issue", "Inspect"]),
        ("x", ["Issue"]),
    ],
)
def test_the_days_that_are_asked_for(sign_in, ana, elm, day, shown):
    make_task(elm)
    make_task(elm, kind="inspect", starts_on=today(), due_on=today() + days(1))
    make_task(elm, starts_on=today() + days(7), due_on=today() + days(7))

    cards = sections(sign_in(ana).get("/", {"day": day}))["nobodys"]

    assert [card.title for card in cards] == shown


def test_a_day_is_that_of_each_home():
    """At half past midnight in Boston it is still the day before in Los Angeles."""
    at = utc("2026-11-03T05:30")
    ben = make_staff("Ben Ortiz", zips=("02116", "90012"))
    for code in ("02116", "90012"):
        plan = make_plan(
            make_property(code),
            status="active",
            hosting_allowed=True,
            starts_on=DAY(2026, 11, 1),
            ends_on=DAY(2026, 11, 20),
        )
        make_booking(
            plan, guest_name=code, arrives_on=DAY(2026, 11, 3), departs_on=DAY(2026, 11, 9)
        )

    assert titles(ben, WINDOWS["today"], at) == {"arrivals": ["02116, party of 2"]}
    assert titles(ben, WINDOWS["tomorrow"], at) == {"arrivals": ["90012, party of 2"]}
    assert len(titles(ben, WINDOWS["week"], at)["arrivals"]) == 2


def test_the_countdown_knows_of_the_hour_that_is_twice_there():
    """On November 1, 2026, clocks go back from 2 to 1 a.m.: 15 hours from midnight to 2 p.m."""
    home = make_property("06511")
    moment = moment_at(home, DAY(2026, 11, 1), datetime.time(14))

    assert say_left(moment, utc("2026-11-01T04:00")) == "in 15 h 0 min"


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-11-03T12:20", "in 2 h 40 min"),
        ("2026-11-03T14:59", "in 1 min"),
        ("2026-11-03T15:00", "now"),
        ("2026-11-03T15:05", "5 min ago"),
        ("2026-11-01T14:00", "in 2 days"),
        ("2026-11-02T15:00", "in 1 day"),
    ],
)
def test_how_long_there_is(now, told):
    assert say_left(utc("2026-11-03T15:00"), utc(now)) == told


def test_the_buttons_are_the_steps_that_this_person_may_take_next(sign_in, ana, elm):
    own = make_task(elm, assignee=ana, status="assigned")
    begun = make_task(elm, assignee=ana, status="in_progress")
    make_item(begun, done=True, done_by=ana)
    make_item(begun)
    turnover = make_task(
        elm, kind="turnover", assignee=make_staff("Ben Ortiz"), status="in_progress"
    )
    nobodys = make_task(elm)

    page = sign_in(ana).get("/")

    found = {card.record: card for cards in sections(page).values() for card in cards}
    steps = {record: [press.step for press in card.presses] for record, card in found.items()}
    assert steps == {own: ["begin"], begun: ["finish"], turnover: [], nobodys: ["take"]}
    assert "Checklist: 1 of 2 ticked" in found[begun].facts
    assert "With Ben Ortiz" in found[turnover].facts


def test_a_button_that_is_pressed_works_and_a_refusal_stands_on_its_card(sign_in, ana, elm):
    task = make_task(elm, assignee=ana, status="in_progress")
    make_item(task, text="Test the alarms")
    client = sign_in(ana)
    (card,) = sections(client.get("/"))["mine"]
    sent = {"step": "finish", "version": card.record.version, "day": "today"}

    page = client.post(card.presses[0].address, sent, follow=True)

    (card,) = sections(page)["mine"]
    assert "Test the alarms" in str(card.said[0])
    assert page.context["messages"] == []


def test_nobody_of_another_zip_code_meets_any_of_it(sign_in, elm):
    make_task(elm, notes="Elm errand")
    plan = make_plan(elm, status="active", hosting_allowed=True, starts_on=today())
    make_booking(plan, guest_name="Gus Guest")

    content = sign_in(make_staff("Fay Far", zips=("02116",))).get("/?day=week").content.decode()

    assert "Elm" not in content
    assert "Gus" not in content
    assert "There are no homes in your ZIP codes yet." in content


def test_without_a_zip_code_it_says_whom_to_ask(sign_in):
    assert "Ask an operations manager" in sign_in(make_staff()).get("/").content.decode()


def test_an_empty_day_is_a_sentence(sign_in, ana):
    client = sign_in(ana)
    assert "There are no homes in your ZIP codes yet." in client.get("/").content.decode()
    make_property()

    for asked, sentence in (("", "on today"), ("week", "on in these seven days")):
        assert f"Nothing is {sentence}" in client.get("/", {"day": asked}).content.decode()


def test_what_is_to_come_is_shown_without_the_step_that_is_not_due(sign_in, ana, elm):
    plan = make_plan(elm, status="preparing", hosting_allowed=True, starts_on=today() + days(1))
    make_booking(plan)

    found = sections(sign_in(ana).get("/?day=tomorrow"))

    assert [card.presses for card in found["residents"] + found["arrivals"]] == [[], []]


def test_a_manager_who_views_as_a_colleague_sees_their_day_without_its_buttons(sign_in, ana, elm):
    make_task(elm, notes="Elm errand")
    mona = make_manager()
    client = sign_in(mona)
    viewing = Viewing.objects.create(viewer=mona, person=ana, reason="Asked")
    session = client.session
    session["viewing"] = viewing.pk
    session.save()

    page = client.get("/")

    (card,) = sections(page)["nobodys"]
    assert "Elm errand" in card.facts
    assert card.presses == []


def test_plans_that_wait_are_told_with_the_age_of_the_oldest(sign_in, ana, elm):
    make_plan(elm)
    make_plan(make_property("02116"))

    content = sign_in(ana).get("/").content.decode()

    assert "1 plan waits for a decision" in content
    assert "the oldest came now" in content


def test_forty_things_stand_by_zip_code(sign_in):
    ana = make_staff("Ana Torres", zips=("06511", "06510"))
    for code in ("06511", "06510"):
        home = make_property(code)
        for _ in range(20):
            make_task(home, assignee=ana, status="assigned")

    page = sign_in(ana).get("/")

    assert [card.home.zip_code.code for card in sections(page)["mine"]] == ["06510"] * 20 + [
        "06511"
    ] * 20
    assert "Your tasks (40)" in page.content.decode()


def test_a_map_finds_the_address_and_a_home_without_a_street_its_town():
    home = make_property("06511", street="12 Elm & Oak Street")

    assert map_of(home).endswith("query=12+Elm+%26+Oak+Street%2C+New+Haven%2C+CT+06511")
    home.street = ""
    assert map_of(home).endswith("query=New+Haven%2C+CT+06511")


def test_what_is_opened_from_a_card_goes_back_to_it(sign_in, ana, elm):
    task = make_task(elm, assignee=ana, status="assigned")
    client = sign_in(ana)
    way = f"/bookings/task/{task.pk}/change/?next=/%3Fday%3Dweek"
    data = {"starts_on": today(), "due_on": today(), "priority": 2, **loaded(task)}

    day = client.get("/?day=week").content.decode()
    form = client.get(way).content.decode()
    taken = client.post(way, {**data, "bookings_task_begin": "1"})
    (card,) = sections(client.get(taken.url))["mine"]

    assert f'href="{way}"' in day
    assert f"/bookings/property/{elm.pk}/codes/" in day
    assert "Back to my day" in form
    assert taken.url == f"/?day=week#task-{task.pk}"
    assert [message.message for message in card.said] == [f"{task}: in progress now."]
