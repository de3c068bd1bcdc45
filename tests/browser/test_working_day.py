"""A home from one end of an away plan to the other, by somebody with a phone in one hand."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import AwayPlan, Booking, SecretReveal, Task
from bookings.tasks.planning import plan_work
from tests.browser.conftest import PHONE
from tests.clock import clock_at
from tests.factories import (
    days,
    make_booking,
    make_code,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    today,
)

pytestmark = pytest.mark.django_db(transaction=True)

# What a thumb is to hit: every button, and every way out of a card or of a list of codes.
SMALL = """() => [...document.querySelectorAll(
        ".home-ways a, .home-days a, .console-code-way, main button, main label:has(> [type])"
    )]
    .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44)
    .map((each) => each.textContent.trim())"""


@pytest.fixture
def maya():
    return make_staff("Maya Okonkwo", zips=("06511",))


@pytest.fixture
def stay(maya):
    """Guests for three of the four days that the residents of a home are away, from tomorrow on."""
    owner = make_rerenter("Rosa Reed", phone="+12035550111")
    elm = make_property("06511", name="Elm cottage", owner=owner)
    make_code(elm, code="9182-Quince", label="Back stairs")
    dates = {"starts_on": today() + days(1), "ends_on": today() + days(5)}
    plan = make_plan(elm, status="approved", hosting_allowed=True, **dates)
    stay = make_booking(
        plan, guest_name="Gus Guest", guest_phone="+12035550122", departs_on=today() + days(4)
    )
    plan_work([elm])
    return stay


class Hand:
    """A person at a phone, who looks at each page before they go on."""

    def __init__(self, visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    def look(self) -> None:
        self.visitor.check()
        assert self.page.evaluate(SMALL) == [], self.page.url

    def press(self, name: str) -> None:
        self._tap("button", name)

    def follow(self, name: str) -> None:
        self._tap("link", name)

    def _tap(self, role: str, name: str) -> None:
        """The first that is called so, and see where it leads."""
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=name).first.tap()
        self.look()

    def do(self, kind: str) -> None:
        """A task from its card on: begun, ticked off and finished in the form, back on the day."""
        self.press(f"Begin {kind}")
        self.follow(kind)
        for line in self.page.get_by_role("group", name="Checklist").get_by_role("checkbox").all():
            line.tap()
        self.press("Finish")
        self.page.get_by_text(f"{kind}, Elm cottage").first.wait_for()
        expect(self.page).to_have_url(re.compile(f"^{self.visitor.base}/#task-"))


def test_a_home_is_prepared_let_and_handed_back_on_a_phone(visit, maya, stay):
    with clock_at(timezone.now()) as clock:
        hand = Hand(visit(**PHONE))
        hand.visitor.open("/login/")
        hand.look()
        hand.visitor.log_in(maya)
        hand.look()
        hand.follow("Tomorrow")
        hand.press("Start preparing")
        hand.follow("Today")
        hand.do("Prepare")
        hand.follow("Tomorrow")
        hand.follow("Door codes")
        hand.press("Show the code")
        hand.page.get_by_text("9182-Quince").wait_for()

        clock.set(clock.moment + days(1))
        hand.visitor.page.emulate_media(color_scheme="dark")
        hand.visitor.log_in(maya)
        hand.look()
        hand.press("Residents have left")
        hand.press("Check in")

        clock.set(clock.moment + days(3))
        hand.visitor.log_in(maya)
        hand.press("Check out")
        hand.do("Restore")

        clock.set(clock.moment + days(1))
        hand.visitor.log_in(maya)
        hand.press("Hand back")

    assert stay.property.away_plans.get().status == AwayPlan.Status.COMPLETED
    stay.refresh_from_db()
    assert stay.status == Booking.Status.CHECKED_OUT
    assert stay.checked_out_at - stay.checked_in_at == days(3)
    assert SecretReveal.objects.get().revealed_by == maya
    assert not Task.objects.open().exists()
