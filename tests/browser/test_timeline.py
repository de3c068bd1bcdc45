"""The timeline as somebody meets it: by mouse, by keyboard, on a telephone, in the dark."""

from __future__ import annotations

import datetime

import pgtrigger
import pytest
from django.utils import timezone
from playwright.sync_api import expect

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
    visitor.open("/")

    page.get_by_role("link", name="Timeline").first.click()
    bar = page.get_by_role("link", name="Away plan, Draft")
    expect(bar).to_contain_text("Overlaps the approved plan")
    bar.click()
    page.get_by_label("away from").fill(f"{plan.ends_on}")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**{PAGE}**#home-{draft.property_id}")

    expect(page.get_by_text("was changed successfully")).to_be_visible()
    expect(bar).to_be_focused()
    expect(bar).not_to_contain_text("Overlaps")
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
    expect(bar).to_contain_text("Lies outside of its away plan")
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

    expect(bar).to_be_focused()
    expect(bar).not_to_contain_text("outside")
    saved = stay.history.first()
    assert saved.history_change_reason == "The residents are back sooner"
    assert saved.departs_on == stay.departs_on - days(1)


def test_arrow_keys_go_from_bar_to_bar(visit, homes):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(PAGE)

    focused = page.locator(":focus")
    stops = page.locator("[data-timeline] a[tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()
    expect(focused).to_have_text("Elm cottage")
    for key, bar in (
        ("ArrowRight", "Away plan, Approved"),
        ("ArrowRight", "Booking, Gus Guest"),
        ("ArrowDown", "Away plan, Preparing"),
        ("ArrowDown", "Away plan, Active"),
    ):
        page.keyboard.press(key)
        expect(focused).to_contain_text(bar)
    page.keyboard.press("Home")
    expect(focused).to_have_text("Oak 1")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(focused).to_have_text("Elm cottage")
    page.keyboard.press("End")
    expect(focused).to_contain_text("Away plan, Draft")
    expect(stops).to_have_count(1)
    expect(focused).to_have_css("outline-style", "solid")
    page.keyboard.press("Tab")
    expect(page.locator("[data-timeline] :focus")).to_have_count(0)


def test_without_its_script_every_bar_is_a_stop(visit, homes):
    visitor = visit()
    visitor.page.route("**/timeline.js", lambda route: route.abort())
    visitor.sign_in(make_manager())
    visitor.open(PAGE)

    expect(visitor.page.locator("[data-timeline] a").first).to_be_visible()
    expect(visitor.page.locator("[data-timeline] a[tabindex]")).to_have_count(0)


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
    expect(page.locator(".timeline-head")).to_be_hidden()


def test_it_is_accessible_and_fits(visit, homes):
    visitor = visit()
    visitor.sign_in(make_manager())

    for query in ("", "span=months", "as=table", "all=on&from=soon&p=x", "zip=99"):
        visitor.open(f"{PAGE}?{query}")
        visitor.check_looks()


def test_every_look_has_enough_contrast(visit):
    start = monday()
    make_zip("06511")
    for status in ("draft", "submitted", "declined", "withdrawn", "cancelled", "completed"):
        make_plan(status=status, decision_reason="x", starts_on=start, ends_on=start + days(30))
    visitor = visit()
    visitor.sign_in(make_manager())

    for status in ("", "declined", "withdrawn", "cancelled"):
        visitor.open(f"{PAGE}?status={status}")
        visitor.check_schemes()


def test_it_prints_without_its_buttons(visit, homes):
    visitor = visit()
    visitor.sign_in(make_manager())
    visitor.open(PAGE)

    visitor.page.emulate_media(media="print")

    expect(visitor.page.locator(".timeline-bar")).to_be_hidden()
    expect(visitor.page.locator(".timeline-at").first).to_be_visible()
