"""The timeline as somebody meets it: by mouse, by keyboard, on a telephone, in the dark."""

from __future__ import annotations

import datetime

import pgtrigger
import pytest
from django.utils import timezone

from bookings.models import AwayPlan
from opsconsole.access.acting import because
from tests.factories import (
    assign,
    days,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    make_zip,
)

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/bookings/awayplan/timeline/"
WIDTHS = (390, 1440)
REFUSAL = "A booking must lie inside an approved plan"


def monday() -> datetime.date:
    today = timezone.localdate()
    return today + days(7 - today.weekday())


@pytest.fixture
def homes():
    """A home with a draft in the way of its plan and guests who meet at the door, and another."""
    start = monday()
    assign(make_staff("Ana Torres"), "06511", starts_on=start - days(30))
    elm = make_property("06511", name="Elm cottage")
    plan = make_plan(
        elm,
        starts_on=start,
        ends_on=start + days(14),
        status="approved",
        hosting_allowed=True,
    )
    make_booking(plan, guest_name="Gus Guest", departs_on=start + days(3))
    make_booking(plan, arrives_on=start + days(3), departs_on=start + days(5))
    draft = make_plan(
        elm, starts_on=start + days(12), ends_on=start + days(20), status="draft", notes="Rome"
    )
    ana = make_staff("Tom Task")
    make_task(elm, starts_on=start + days(2), due_on=start + days(2), status="done", done_by=ana)
    for status in ("unassigned", "assigned", "in_progress", "blocked"):
        has_it = {"assignee": ana} if status != "unassigned" else {}
        make_task(
            make_property("06512", name="Work"),
            status=status,
            reason="No key",
            starts_on=start - days(30),
            due_on=start + days(30),
            **has_it,
        )
    for number, status in enumerate(("preparing", "active", "completed", "submitted")):
        home = make_property("06512", name=f"Oak {number}")
        make_plan(home, status=status, starts_on=start + days(4), ends_on=start + days(50))
    return plan, draft


def test_a_conflict_is_found_and_resolved_from_the_timeline(visit, homes):
    plan, draft = homes
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())

    page.get_by_role("link", name="Timeline").first.click()
    bar = page.get_by_role("link", name="Away plan, Draft")
    assert "Overlaps the approved plan" in bar.text_content()
    bar.click()
    page.get_by_label("away from").fill(f"{plan.ends_on}")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**{PAGE}**#home-{draft.property_id}")

    bar = page.get_by_role("link", name="Away plan, Draft")
    assert "Overlaps" not in bar.text_content()
    page.wait_for_function("document.activeElement.textContent.includes('Away plan, Draft')")
    assert page.get_by_text("was changed successfully").is_visible()
    draft.refresh_from_db()
    assert draft.starts_on == plan.ends_on
    visitor.check()


def test_guests_outside_their_plan_are_moved_by_keyboard_with_a_refusal_between(visit, homes):
    plan, _ = homes
    stay = plan.bookings.get(arrives_on=plan.starts_on + days(3))
    past_the_console = pgtrigger.ignore("bookings.AwayPlan:keep_bookings_inside")
    with past_the_console, because("Asked for"):
        AwayPlan.objects.filter(pk=plan.pk).update(ends_on=stay.departs_on - days(1))
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(f"{PAGE}?from={plan.starts_on}&conflicts=")

    bar = page.get_by_role("link", name=f"Booking, {stay.guest_name}")
    assert "Lies outside of its away plan" in bar.text_content()
    bar.focus()
    page.keyboard.press("Enter")
    page.get_by_label("departs on").fill(f"{stay.departs_on + days(1)}")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text(REFUSAL).first.wait_for()
    visitor.check()
    page.get_by_label("departs on").fill(f"{stay.departs_on - days(1)}")
    page.get_by_label("Reason").fill("The residents are back sooner")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**{PAGE}**#home-{plan.property_id}")

    at = f"document.activeElement.textContent.includes('Booking, {stay.guest_name}')"
    page.wait_for_function(at)
    assert "outside" not in page.evaluate("document.activeElement.textContent")
    saved = stay.history.first()
    assert saved.history_change_reason == "The residents are back sooner"
    assert saved.departs_on == stay.departs_on - days(1)


def test_arrow_keys_go_from_bar_to_bar(visit, homes):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(PAGE)

    def at(*keys: str) -> str:
        for key in keys:
            page.keyboard.press(key)
        return page.evaluate("document.activeElement.textContent")

    stops = page.locator("[data-timeline] a[tabindex='0']")
    assert stops.count() == 1
    stops.focus()
    assert at() == "Elm cottage"
    assert "Away plan, Approved" in at("ArrowRight")
    assert "Booking, Gus Guest" in at("ArrowRight")
    assert "Away plan, Preparing" in at("ArrowDown")
    assert "Away plan, Active" in at("ArrowDown")
    assert at("Home") == "Oak 1"
    assert at("ArrowUp", "ArrowUp") == "Elm cottage"
    assert "Away plan, Draft" in at("End")
    assert stops.count() == 1
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('[data-timeline]')") is None


def test_without_its_script_every_bar_is_a_stop(visit, homes):
    visitor = visit()
    visitor.page.route("**/timeline.js", lambda route: route.abort())
    visitor.sign_in(make_manager())
    visitor.open(PAGE)

    assert visitor.page.locator("[data-timeline] a[tabindex]").count() == 0


def test_bars_stand_below_their_days(visit, homes):
    plan, _ = homes
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(f"{PAGE}?from={plan.starts_on}")

    days_above = page.locator(".timeline-days").bounding_box()
    bar = page.locator(".timeline-at").first.bounding_box()

    assert bar["x"] == pytest.approx(days_above["x"], abs=1)
    assert bar["width"] == pytest.approx(days_above["width"] * 14 / 42, abs=1)


def test_on_a_telephone_each_home_is_a_card_that_says_all(visit, homes):
    visitor = visit(width=390)
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(PAGE)

    note = page.get_by_text("Overlaps the approved plan").first
    assert note.bounding_box()["width"] > 200
    assert not page.locator(".timeline-head").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_fits(visit, homes, scheme):
    visitor = visit(scheme=scheme)
    visitor.sign_in(make_manager())

    for query in ("", "span=months", "as=table", "all=on&from=soon&p=x", "zip=99"):
        visitor.open(f"{PAGE}?{query}")
        for width in WIDTHS:
            visitor.resize(width)
            visitor.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_look_has_enough_contrast(visit, scheme):
    start = monday()
    make_zip("06511")
    for status in ("draft", "submitted", "declined", "withdrawn", "cancelled", "completed"):
        make_plan(status=status, decision_reason="x", starts_on=start, ends_on=start + days(30))
    visitor = visit(scheme=scheme)
    visitor.sign_in(make_manager())

    for status in ("", "declined", "withdrawn", "cancelled"):
        visitor.open(f"{PAGE}?status={status}")
        visitor.check()


def test_it_prints_without_its_buttons(visit, homes):
    visitor = visit()
    visitor.sign_in(make_manager())
    visitor.open(PAGE)

    visitor.page.emulate_media(media="print")

    assert not visitor.page.locator(".timeline-bar").is_visible()
    assert visitor.page.locator(".timeline-at").first.is_visible()
