"""View as a colleague: what they see, under both locks, logged, and nothing to change."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from bookings.models import Property
from staffing.models import User, Viewing
from tests.factories import (
    make_auditor,
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return make_staff("Ana Staff", zips=("06511",))


@pytest.fixture
def mona():
    return make_manager("Mona Manager")


def begin(client, person, reason="She misses a home"):
    return client.post(f"/staffing/user/{person.pk}/view-as/", {"reason": reason})


def homes_seen(client) -> set[str]:
    page = client.get("/bookings/property/").content.decode()
    return {name for name in ("Elm House", "Oak House") if name in page}


def test_a_manager_sees_what_the_colleague_sees_and_ends_it(sign_in, ana, mona):
    make_property("06511", name="Elm House")
    make_property("02116", name="Oak House")
    client = sign_in(mona)

    begin(client, ana)
    page = client.get("/").content.decode()
    seen = homes_seen(client)
    client.post("/view-as/end/")

    assert "You see the console as <strong>Ana Staff</strong>" in page
    assert seen == {"Elm House"}
    assert homes_seen(client) == {"Elm House", "Oak House"}
    assert "You see the console as" not in client.get("/").content.decode()


@pytest.mark.parametrize("switched_off", ["lock 1", "lock 2"])
def test_each_lock_alone_holds_the_view(sign_in, ana, mona, switched_off, monkeypatch):
    from opsconsole.access import middleware, registry

    make_property("06511", name="Elm House")
    make_property("02116", name="Oak House")
    client = sign_in(mona)
    begin(client, ana)
    if switched_off == "lock 1":
        monkeypatch.setattr(registry, "condition", lambda model, person: registry.EVERYTHING)
    else:
        monkeypatch.setattr(middleware, "as_held", lambda person: {})

    assert homes_seen(client) == {"Elm House"}


def test_it_is_logged(sign_in, ana, mona):
    client = sign_in(mona)

    begin(client, ana, "  She misses a home ")
    began = Viewing.objects.get()
    client.post("/view-as/end/")

    ended = Viewing.objects.get()
    assert (began.viewer, began.person, began.reason) == (mona, ana, "She misses a home")
    assert (began.ended_at, ended.ended_at is None) == (None, False)
    assert "She misses a home" in sign_in(make_auditor()).get("/staffing/viewing/").content.decode()
    assert sign_in(ana).get("/staffing/viewing/").status_code == 403


def test_nothing_can_be_changed_meanwhile(sign_in, ana, mona):
    plan = make_plan(make_property("06511"), notes="Before")
    client = sign_in(mona)
    begin(client, ana)

    for path, data in (
        (f"/bookings/awayplan/{plan.pk}/change/", {"notes": "After"}),
        ("/bookings/awayplan/", {"action": "approve_selected", "_selected_action": [plan.pk]}),
        ("/password_change/", {"old_password": "x"}),
        (f"/staffing/user/{ana.pk}/view-as/", {"reason": "Again"}),
    ):
        response = client.post(path, data)
        assert response.status_code == 403
        assert "Ana Staff: nothing was saved" in response.content.decode()

    plan.refresh_from_db()
    assert (plan.notes, plan.status) == ("Before", "submitted")
    assert Viewing.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_database_takes_no_write_either(sign_in, ana, mona, monkeypatch):
    home = make_property("06511")
    client = sign_in(mona)
    begin(client, ana)
    client.raise_request_exception = False

    def careless(request, context):  # a page that writes while it is only looked at
        Property.objects.update(name="Written")
        return context

    monkeypatch.setattr("opsconsole.dashboard.dashboard", careless)
    response = client.get("/")

    assert response.status_code == 500
    assert Property.objects.get(pk=home.pk).name == home.name


@pytest.mark.parametrize("what", ["her account", "his role", "his account", "the hour", "another"])
def test_it_ends_when_what_it_takes_ends(sign_in, ana, mona, what):
    make_property("02116", name="Oak House")
    client = sign_in(mona)
    begin(client, ana)
    if what == "her account":
        User.objects.filter(pk=ana.pk).update(is_active=False)
    elif what == "his role":
        User.objects.filter(pk=mona.pk).update(user_type="auditor")
    elif what == "his account":
        User.objects.filter(pk=mona.pk).update(is_active=False)
    elif what == "the hour":
        began = timezone.now() - datetime.timedelta(minutes=61)
        Viewing.objects.update(started_at=began)
    else:  # somebody else's view in one's own session
        Viewing.objects.update(viewer=make_manager())

    page = client.get("/bookings/property/")

    assert "You see the console as" not in page.content.decode()
    if what == "his account":
        assert page.status_code == 302
    else:
        assert "Oak House" in page.content.decode()


def test_signing_out_works_meanwhile(sign_in, ana, mona):
    client = sign_in(mona)
    begin(client, ana)

    client.post("/logout/")

    assert client.get("/").status_code == 302


@pytest.mark.parametrize("whom", ["oneself", "an engineer", "a ReRenter", "somebody inactive"])
def test_it_is_for_active_colleagues_alone(sign_in, mona, whom):
    person = {
        "oneself": lambda: mona,
        "an engineer": lambda: make_person("Erin", "manager", is_superuser=True),
        "a ReRenter": make_rerenter,
        "somebody inactive": lambda: make_staff("Ina", is_active=False),
    }[whom]()
    client = sign_in(mona)

    page = client.get(f"/staffing/user/{person.pk}/view-as/")
    begin(client, person)

    assert page.status_code == 302
    assert not Viewing.objects.exists()


@pytest.mark.parametrize("make", [make_staff, make_auditor])
def test_only_managers_do_it(sign_in, ana, make):
    client = sign_in(make())

    response = begin(client, ana)

    assert response.status_code == 403
    assert not Viewing.objects.exists()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_it_asks_why(sign_in, ana, mona, reason):
    response = begin(sign_in(mona), ana, reason)

    assert response.status_code == 200
    assert not Viewing.objects.exists()


def test_ending_by_a_link_does_nothing(sign_in, ana, mona):
    client = sign_in(mona)
    begin(client, ana)

    assert client.get("/view-as/end/").status_code == 405
    assert "You see the console as" in client.get("/").content.decode()


def test_the_way_in_stands_on_the_page_of_a_colleague(sign_in, ana, mona):
    client = sign_in(mona)

    assert "View as Ana" in client.get(f"/staffing/user/{ana.pk}/change/").content.decode()
    own = client.get(f"/staffing/user/{mona.pk}/change/").content.decode()
    assert "View as" not in own.replace("Views as colleagues", "")


def test_the_log_has_the_views_of_engineers_too(sign_in, ana):
    erin = make_person("Erin Engineer", "manager", is_superuser=True)
    begin(sign_in(erin), ana)
    log, client = Viewing.objects.get(), sign_in(make_auditor())

    for path in ("", "?q=erin", f"{log.pk}/change/", f"{log.pk}/history/", f"{log.pk}/access/"):
        page = client.get(f"/staffing/viewing/{path}").content.decode()
        assert "Erin Engineer" in page
        assert "Ana Staff" in page
