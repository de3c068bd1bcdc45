"""Explanations of access, as a person meets them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import (
    assign,
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company():
    home = make_property("06511", name="Elm House")
    make_booking(make_plan(home, status="approved", hosting_allowed=True))
    make_property("02116")
    ana = make_staff("Ana Torres", zips=("06511",))
    assign(ana, "02116", starts_on=today() - days(60), ends_on=today() - days(2))
    assign(ana, "06510", starts_on=today() + days(9), duty="backup")
    assign(make_staff("Ben Okafor"), "06511", duty="backup", ends_on=today() + days(30))
    make_auditor("Otto Berg")
    return home, ana


def test_the_pages_are_accessible_and_fit(visit, company):
    home, ana = company
    mona = make_manager("Mona Vale")
    maya = make_staff("Maya Lind")
    pages = {
        mona: [
            f"/bookings/property/{home.pk}/access/?person={maya.pk}",
            f"/staffing/zipcode/{make_zip('10001').pk}/access/",
            f"/staffing/user/{ana.pk}/access/",
        ],
        ana: [f"/bookings/property/{home.pk}/access/", f"/staffing/user/{ana.pk}/access/"],
    }
    visitor = visit()
    for person, paths in pages.items():
        visitor.sign_in(person)
        for path in paths:
            visitor.open(path)
            visitor.check_looks()


def test_a_manager_looks_before_ending_an_assignment(visit, company):
    _, ana = company
    assignment = ana.zip_assignments.current().get()
    visitor = visit(390, "dark")
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(f"/staffing/zipassignment/{assignment.pk}/change/")

    page.get_by_label("Until").fill((today() + days(5)).isoformat())
    page.get_by_label("Note").fill("Ana moves on")
    page.get_by_role("button", name="What would change?").click()
    page.get_by_text("Ana Torres loses 06511 New Haven").wait_for()
    visitor.check_looks()

    expect(page.get_by_text("Ben Okafor (backup")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("Ana moves on")
    assignment.refresh_from_db()
    assert assignment.ends_on is None
    page.get_by_label("Note").press("Enter")  # saves, as on every form
    page.get_by_text("Say why it is shortened.").wait_for()
    page.get_by_label("Reason").fill("Ana moves to Boston")
    page.get_by_label("Reason").press("Enter")
    page.get_by_text("was changed successfully").wait_for()
    assignment.refresh_from_db()
    assert (assignment.ends_on, assignment.note) == (today() + days(5), "Ana moves on")
    assert assignment.history.latest().history_change_reason == "Ana moves to Boston"


def test_the_way_from_a_home_to_who_can_see_it(visit, company):
    home, _ = company
    visitor = visit(1280)
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(f"/bookings/property/{home.pk}/change/")

    page.get_by_role("link", name="Access").click()
    page.wait_for_url("**/access/")
    page.get_by_label("Ask about one colleague").select_option(label="Ana Torres")
    page.get_by_role("button", name="Explain").click()

    page.get_by_text("Ana Torres may change this property").wait_for()
    visitor.check()


def test_a_manager_looks_as_a_colleague_by_keyboard(visit, company):
    home, ana = company
    visitor = visit(1280)
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(f"/staffing/user/{ana.pk}/change/")

    page.get_by_role("link", name="View as Ana").press("Enter")
    page.get_by_label("Reason").press("Enter")  # it asks why
    page.get_by_label("Reason").fill("She says a home is missing")
    visitor.check_looks()
    page.get_by_label("Reason").press("Enter")
    page.get_by_text("You see the console as").wait_for()
    visitor.check_looks()
    visitor.open("/bookings/property/")
    expect(page.get_by_text(home.name)).to_be_visible()
    expect(page.get_by_role("link", name="Who covers what")).to_have_count(0)
    page.get_by_role("button", name="End the view").press("Enter")
    page.get_by_text("as yourself again").wait_for()
    visitor.open("/staffing/viewing/")

    expect(page.get_by_text("She says a home is missing")).to_be_visible()
    visitor.check_looks()
