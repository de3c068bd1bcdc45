"""A form that was overtaken, as a person meets it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from opsconsole.access.acting import Source, acting
from tests.factories import make_manager, make_plan, make_property, make_staff

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_people_edit_one_home_and_both_edits_stay(visit):
    home = make_property(name="Elm House", amenities="Sauna", max_guests=4)
    visitor = visit(390, "dark")
    page = visitor.page
    visitor.sign_in(make_staff("Ana Torres", zips=("06511",)))
    visitor.open(f"/bookings/property/{home.pk}/change/")

    with acting(make_manager("Ben Okafor"), source=Source.CONSOLE, reason="Measured"):
        home.max_guests, home.amenities = 6, "Garden"
        home.save()
    page.get_by_label("Name").fill("Elm Lodge")
    page.get_by_label("Amenities").fill("Pool")
    page.get_by_label("Reason").fill("New sign at the door")
    page.get_by_role("button", name="Save", exact=True).click()
    compared = page.get_by_role("region", name="Changed since you opened it")
    compared.wait_for()
    visitor.check_looks()

    expect(compared).to_contain_text("Ben Okafor")
    expect(page.get_by_label("Amenities")).to_have_value("Pool")
    expect(page.get_by_label("Guests at most")).to_have_value("6")
    page.get_by_role("group", name="Amenities").get_by_label("Save mine over it").press("Space")
    page.get_by_label("Name").press("Enter")
    page.get_by_text("was changed successfully").wait_for()
    home.refresh_from_db()
    assert (home.name, home.amenities, home.max_guests) == ("Elm Lodge", "Pool", 6)
    assert home.history.first().history_change_reason == "New sign at the door"


def test_who_does_not_choose_is_told_where_to(visit):
    plan = make_plan(notes="Before")
    visitor = visit(390)
    page = visitor.page
    visitor.sign_in(make_staff(zips=("06511",)))
    visitor.open(f"/bookings/awayplan/{plan.pk}/change/")

    plan.notes = "Theirs"
    plan.save()
    page.get_by_role("textbox", name="Notes").fill("Mine")
    for _ in range(2):
        with page.expect_navigation():
            page.get_by_role("button", name="Save", exact=True).click()
        page.locator("#meanwhile").wait_for()

    page.get_by_text("Both of you changed this").first.wait_for()
    visitor.check_looks()
    plan.refresh_from_db()
    assert plan.notes == "Theirs"
