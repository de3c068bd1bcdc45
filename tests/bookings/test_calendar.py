"""The calendar of one's own work: its secret address, what stands in it, and the file itself."""

from __future__ import annotations

import datetime
import logging
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from bookings.calendar.file import Entry, calendar_of
from bookings.models import CalendarFeed, Property
from opsconsole.access.lock import held_to
from opsconsole.secret_addresses import HideAddresses, hide_in_report
from staffing.models import User
from tests.factories import (
    assign,
    days,
    make_booking,
    make_code,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_wrong_ones() -> None:
    cache.clear()


@pytest.fixture
def ana() -> User:
    return make_staff("Ana Staff", ("06511",))


@pytest.fixture
def stay() -> Any:
    home = make_property(name="Elm; House, “Süd”")
    make_code(home, "4711#")
    plan = make_plan(home, status="approved", hosting_allowed=True)
    guest = {"guest_name": "Gus Guestson", "guest_phone": "+12035550100"}
    return make_booking(plan, guest_email="gus@example.com", party_size=3, **guest)


def address_made(client: Any) -> str:
    page = client.post("/calendar/make/")
    return str(page.context["address"]).removeprefix("http://testserver")


def events(address: str) -> dict[str, Any]:
    response = Client().get(address)
    assert response.status_code == 200
    calendar: Any = Calendar.from_ical(response.content)
    return {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}


def test_staff_read_their_tasks_and_who_comes_and_goes(sign_in, ana, stay):
    home = stay.property
    make_task(home, assignee=ana, status="assigned", due_on=today() + days(2))
    make_task(home)
    make_task(make_property("02116", name="Far House"), assignee=ana, status="assigned")

    found = events(address_made(sign_in(ana)))

    name = "Elm; House, “Süd”"
    assert set(found) == {
        f"Issue: {name}", f"Gus, party of 3, arrives: {name}", f"Gus, party of 3, leaves: {name}"
    }  # fmt: skip
    task = found[f"Issue: {name}"]
    assert (task["DTSTART"].dt, task["DTEND"].dt) == (today(), today() + days(3))
    assert found[f"Gus, party of 3, arrives: {name}"]["DTSTART"].dt == stay.arrives_on
    arrival = found[f"Gus, party of 3, arrives: {name}"]
    assert "Check-in from 15:00, by the clock of the home." in arrival["DESCRIPTION"]
    assert f"http://testserver/bookings/booking/{stay.pk}/change/" in arrival["DESCRIPTION"]


def test_nothing_that_opens_a_home_or_calls_a_guest_leaves_by_it(sign_in, ana, stay):
    text = Client().get(address_made(sign_in(ana))).content.decode().replace("\r\n ", "")

    assert "Gus" in text
    for secret in ("4711", "Guestson", "5550100", "gus@", stay.property.owner.full_name):
        assert secret not in text


def test_managers_have_their_own_tasks_alone(sign_in, stay):
    mona = make_manager("Mona Manager")
    make_task(stay.property, assignee=mona, status="assigned")

    found = events(address_made(sign_in(mona)))

    assert [name.split(":")[0] for name in found] == ["Issue"]


def test_it_follows_what_its_person_may_see_and_ends_with_them(sign_in, ana, stay, locks):
    address = address_made(sign_in(ana))
    assert len(events(address)) == 2

    ana.zip_assignments.update(starts_on=today() - days(9), ends_on=today())
    assert events(address) == {}
    assign(ana, "02116")
    Property.objects.filter(pk=stay.property_id).update(zip_code=make_zip("02116"))
    assert len(events(address)) == 2
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert Client().get(address).status_code == 404


def test_whoever_is_signed_in_it_is_the_calendar_of_its_address(sign_in, ana, stay):
    address, client = address_made(sign_in(ana)), sign_in(make_staff("Nia Nowhere"))

    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)

    assert b"Gus" in response.content
    assert "django_session" not in str(captured.captured_queries)


def test_an_address_is_shown_once_and_kept_as_a_digest(sign_in, ana):
    client = sign_in(ana)

    token = address_made(client).removeprefix("/calendar/").removesuffix(".ics")

    assert token not in client.get("/calendar/").content.decode()
    assert token not in str(CalendarFeed.objects.values())
    assert "no-store" in client.get("/calendar/")["Cache-Control"]


@pytest.mark.parametrize("way", ["end", "make"])
def test_an_address_ends_at_once(sign_in, ana, way):
    client = sign_in(ana)
    address = address_made(client)

    client.post(f"/calendar/{way}/")

    assert Client().get(address).status_code == 404


def test_addresses_are_their_own_person_s(ana):
    CalendarFeed.objects.create(person=ana, digest="a")

    for other in (make_staff("Ben"), make_manager()):
        with held_to(other):
            assert not CalendarFeed.objects.exists()


def test_what_is_known_is_not_sent_again_and_nobody_keeps_it(sign_in, ana, stay):
    address = address_made(sign_in(ana))
    first = Client().get(address)

    again = Client().get(address, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert first["Cache-Control"] == "private, no-store"
    assert Client().head(address).status_code == 200
    assert CalendarFeed.objects.get().last_used_at is not None


def test_who_tries_too_many_addresses_has_to_wait(sign_in, ana):
    address = address_made(sign_in(ana))
    wrong = [Client().get(f"/calendar/wrong-{number}.ics").status_code for number in range(60)]

    assert set(wrong) == {404}
    assert Client().get(address).status_code == 429


def test_the_address_is_in_no_log(sign_in, ana, caplog):
    Client().get("/calendar/a-secret.ics")
    record = logging.LogRecord("x", 30, "", 1, "Error: %s", ("/calendar/a-secret.ics",), None)

    HideAddresses().filter(record)
    event = hide_in_report({"request": {"url": "https://x/calendar/a-secret.ics"}}, {})

    assert "a-secret" not in caplog.text + record.getMessage() + str(event)


def test_its_queries_do_not_grow(sign_in, ana, stay, django_assert_max_num_queries):
    address = address_made(sign_in(ana))
    for _ in range(20):
        make_task(stay.property, assignee=ana, status="assigned")

    with django_assert_max_num_queries(25):
        Client().get(address)


def test_long_lines_are_cut_between_letters_and_read_back_whole():
    moment = datetime.datetime(2026, 6, 3, 12, tzinfo=datetime.UTC)
    title = "Zoë, Renée; back\\slash “🏠” " * 12
    entry = Entry("task-1-due", moment.date(), moment.date(), title, "5 Elm", "a\nb", moment, 7)

    content = calendar_of("Ana’s", [entry])

    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() is not None for line in lines)
    assert b"\n" not in content.replace(b"\r\n", b"")
    calendar: Any = Calendar.from_ical(content)
    [event] = calendar.walk("VEVENT")
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (title, "a\nb")
    assert (event["UID"], event["SEQUENCE"]) == ("task-1-due@opsconsole.invalid", 7)
    assert event["LAST-MODIFIED"].dt == moment
