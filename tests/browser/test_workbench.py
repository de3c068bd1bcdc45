"""The workbench as an auditor meets it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bookings.models import AwayPlan, Booking, Property
from bookings.services import approve, revise
from opsconsole.access.acting import Source, acting
from opsconsole.exports.models import Export
from tests.factories import (
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plan():
    """A plan that was filed and approved by two people, and then shortened by a third."""
    home = make_property("90210", name="Maple House")
    plan = make_plan(home, filed_by=make_staff("Fay Filer"))
    plan.hosting_allowed = True
    plan.save()
    with acting(source=Source.CONSOLE):
        approve(plan, by=make_manager("Mona Manager"))
        make_booking(plan, guest_name="Gus Guest", status="held")
        plan.ends_on -= days(3)
        revise(plan, by=make_manager("Sol Shorter"), reason="They fly home early")
    make_plan(make_property("02116", name="Birch House"))
    return plan


def test_an_auditor_finds_who_shortened_a_plan_signs_it_off_and_takes_the_evidence(
    visit, plan, tmp_path: Path
):
    Property.objects.filter(pk=plan.property_id).update(amenities="Sauna")
    Booking.objects.filter(away_plan=plan).update(guest_name="Gil Gale")
    otto = make_auditor()
    visitor = visit()
    page = visitor.page
    visitor.sign_in(otto)
    visitor.open("/")

    # Who shortened it, and why?
    page.get_by_role("link", name="Changes", exact=True).click()
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Property").fill("Maple")
    page.get_by_label("Changed field").select_option("plan.ends_on")
    page.get_by_role("button", name="Show").click()
    entry = page.get_by_role("listitem").filter(
        has_text="Sol Shorter changed away plan Maple House"
    )
    expect(entry.get_by_text("They fly home early")).to_be_visible()
    entry.get_by_role("link", name="Sol Shorter").click()
    page.get_by_role("heading", name="Sol Shorter changed away plan").wait_for()
    expect(page.get_by_role("row").filter(has_text="Back on")).to_be_visible()
    expect(page.get_by_text("not reviewed yet")).to_be_visible()
    visitor.check()

    # The plan, its home and its bookings as they were right before
    change = page.url
    page.get_by_role("link", name="The plan before this change").click()
    page.get_by_text("This is the past").wait_for()
    past = page.get_by_role("main")
    for words in ("Maple House", "Gus Guest", "Held", "Approved"):
        expect(past.get_by_text(words).first).to_be_visible()
    expect(past.get_by_text("Sauna")).to_have_count(0)
    visitor.check()
    for later in ("Sauna", "Gil Gale"):
        page.get_by_role("link", name="After the next change").click()
        if later == "Sauna":  # first comes the change itself
            page.get_by_role("link", name="After the next change").click()
        past.get_by_text(later).wait_for()
    page.get_by_label("As of").fill("2001-01-01T10:00:00")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("the plan had not been made").wait_for()
    visitor.check()
    page.get_by_role("main").get_by_role("link", name="History").click()
    expect(page.get_by_text("Gil Gale").first).to_be_visible()  # its bookings are told as well
    visitor.check()
    page.goto(change)

    # Signed off, with a note where one is needed
    page.get_by_role("link", name="Review of the plan").click()
    page.get_by_label("What you found").select_option("query")
    page.get_by_role("button", name="Sign off").click()
    page.get_by_text("Say in the note what you ask").wait_for()
    visitor.check()
    page.get_by_label("What you found").select_option("ok")
    page.get_by_label("Note").fill("Checked with the owner")
    page.get_by_role("button", name="Sign off").click()
    page.wait_for_url("**/reviews/")
    expect(page.get_by_text("Signed off: OK.")).to_be_visible()
    expect(page.get_by_role("link", name="OK (1)")).to_be_visible()
    expect(page.get_by_role("link", name="Maple House")).to_have_count(0)
    expect(page.get_by_role("link", name="Birch House")).to_be_visible()

    # Stale after a new change
    AwayPlan.objects.filter(pk=plan.pk).update(notes="The cat stays")
    page.reload()
    again = page.get_by_role("listitem").filter(has_text="Maple House")
    expect(again.get_by_text("Changed since its review")).to_be_visible()
    again.get_by_role("link", name="Maple House").click()
    expect(page.get_by_text("It changed since its review")).to_be_visible()
    expect(page.get_by_text("The cat stays")).to_be_visible()
    expect(page.get_by_text("Checked with the owner")).to_be_visible()
    visitor.check()

    # The evidence and its digest
    visitor.open("/changes/?property=Maple&field=plan.ends_on")
    page.get_by_role("link", name="Export these changes").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    file = tmp_path / "evidence.csv"
    waiting.value.save_as(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    page.reload()
    page.get_by_text(digest).wait_for()
    expect(page.get_by_text("Finished, 1 change")).to_be_visible()
    visitor.check()
    visitor.open(f"/exports/export/{Export.objects.get().pk}/change/")
    expect(page.get_by_text(digest)).to_be_visible()


def test_the_pages_are_accessible_and_fit(visit, plan):
    booking = make_booking(make_plan(
        make_property(name="A name without a place to break it " + "x" * 90),
        status="approved", hosting_allowed=True, notes="y" * 300,
    ))  # fmt: skip
    visitor = visit()
    visitor.sign_in(make_auditor())

    for path in (
        "/changes/",
        "/changes/?kind=~&actor=Sol",
        "/changes/?zip=1&since=x&record=x&aktor=x",
        "/changes/?reason=nothing-like-it",
        f"/changes/plan/{plan.history.latest().pk}/",
        f"/changes/booking/{booking.history.latest().pk}/",
        "/reviews/",
        "/reviews/?tab=ok",
        "/reviews/?tab=x&p=x",
        f"/reviews/{plan.pk}/",
        f"/reviews/{booking.away_plan_id}/",
        "/changes/export/",
        "/changes/export/?zip=1",
    ):
        visitor.open(path)
        visitor.check_looks()


def test_it_goes_by_keyboard_alone(visit, plan):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_auditor())
    visitor.open("/changes/")

    page.get_by_text("Filter", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("Reason contains").focus()
    page.keyboard.type("fly home")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Sol Shorter changed away plan").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Review of the plan").focus()
    page.keyboard.press("Enter")
    page.get_by_label("What you found").focus()
    page.keyboard.type("OK")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reviews/")

    expect(page.get_by_text("Signed off: OK.")).to_be_visible()
