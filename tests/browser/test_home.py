"""The home pages as somebody meets them: with one thumb, at a desk, in the dark, without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import (
    days,
    make_auditor,
    make_booking,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_task,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = """() => [...document.querySelectorAll(".home-card button, .home-ways a, .home-days a")]
    .filter((each) => each.getBoundingClientRect().height < 48).map((each) => each.textContent)"""


@pytest.fixture
def ana():
    return make_staff("Ana Torres", zips=("06511",))


@pytest.fixture
def elm(ana):
    """A home with guests who come today and work to do before, and a plan that waits."""
    owner = make_rerenter("Rosa Reed", phone="+12035550111")
    elm = make_property("06511", name="Elm cottage with a rather long name", owner=owner)
    plan = make_plan(elm, status="active", hosting_allowed=True, starts_on=today() - days(3))
    coming = make_booking(
        plan,
        guest_name="Gus Guest",
        guest_phone="+12035550122",
        arrives_on=today(),
        departs_on=today() + days(3),
    )
    make_task(elm, away_plan=plan, booking=coming, kind="turnover", assignee=ana, status="assigned")
    make_item(elm.tasks.get(), text="Beds made with fresh linen")
    make_task(elm, notes="The tap in the kitchen drips")
    make_plan(make_property("06511"))
    return elm


def test_each_role_finds_a_page_that_fits(visit, elm, ana):
    visitor = visit()

    for person in (ana, make_manager(), make_auditor()):
        visitor.sign_in(person)
        visitor.open("/")
        visitor.check_looks()


def test_a_company_that_begins_finds_its_first_steps_with_the_keyboard(visit):
    make_zip("06511", is_served=False)
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager(is_superuser=True))
    visitor.open("/")
    visitor.check_looks()

    step = page.locator("[aria-current=step]")
    expect(step.get_by_role("link").first).to_have_text("Serve ZIP codes")
    page.get_by_role("link", name="Add homes").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("What the file may look like").wait_for()
    visitor.open("/bookings/property/?p=1")
    visitor.check_looks()
    page.locator("#nothing").get_by_role("link", name="Add property").press("Enter")
    page.wait_for_url("**/bookings/property/add/")


def test_a_turnover_is_begun_and_refused_and_an_issue_taken_with_one_thumb(visit, elm, ana):
    visitor = visit(390)
    page = visitor.page
    visitor.sign_in(ana)
    visitor.open("/")
    visitor.settle()

    assert page.evaluate(SMALL) == []
    page.get_by_role("button", name="Begin Turnover").click()
    page.get_by_role("button", name="Finish Turnover").click()

    expect(page.get_by_role("alert")).to_contain_text("Beds made with fresh linen")
    page.get_by_role("button", name="Take Issue").click()
    page.get_by_role("button", name="Begin Issue").wait_for()
    assert elm.tasks.get(kind="issue").assignee == ana
    visitor.check()


def test_the_time_until_the_guests_goes_on_while_the_page_stands_open(visit, elm, ana):
    visitor = visit(390, alone=True)
    page = visitor.page
    page.clock.install(time=f"{today()}T12:20:30-05:00")
    visitor.sign_in(ana)
    visitor.open("/")
    time = page.locator("#turnovers ~ ul time").first
    moment = page.evaluate(
        "(time) => Date.parse(time.dateTime) - Date.now()", time.element_handle()
    )
    minutes = int(moment // 60_000)

    page.clock.fast_forward(10 * 60_000)

    left = minutes - 10
    expect(time).to_have_text(f"in {left // 60} h {left % 60} min")
