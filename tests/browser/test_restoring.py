"""An earlier version is restored, as a manager meets it."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from bookings.models import AwayPlan
from opsconsole.access.acting import Source, acting
from tests.browser.conftest import LOOKS
from tests.factories import days, make_manager, make_plan, make_property, make_staff

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_manager_restores_a_version_from_the_story(visit):
    home = make_property(name="Elm House")
    plan = make_plan(home, status="approved", notes="A cat stays\nFeed it twice")
    first = plan.ends_on
    with acting(make_staff("Ana Torres"), source=Source.CONSOLE, reason="They come back sooner"):
        AwayPlan.objects.filter(pk=plan.pk).update(ends_on=first - days(3), notes="No cat")
    with acting(make_staff("Ana Torres"), source=Source.CONSOLE):
        AwayPlan.objects.filter(pk=plan.pk).update(status="preparing")
    visitor = visit(390, "dark")
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(f"/bookings/awayplan/{plan.pk}/history/")

    page.get_by_role("link", name="Restore this version").last.click()
    page.get_by_role("heading", name="What stays as it is").wait_for()
    visitor.check_looks()
    shoot(visitor, "look")
    page.get_by_label("Reason").fill("Typed into the wrong plan")
    page.get_by_role("button", name="Restore this version").click()
    page.get_by_role("alert").wait_for()
    visitor.check_looks()
    shoot(visitor, "refused")

    expect(page.get_by_role("alert")).to_contain_text("it can be shortened, not extended")
    expect(page.get_by_label("Reason")).to_have_value("Typed into the wrong plan")
    with acting(source=Source.COMMAND, reason="Nobody left"):
        AwayPlan.objects.filter(pk=plan.pk).update(status="approved")
    page.get_by_label("Reason").press("Enter")
    page.get_by_text("Somebody changed this record").wait_for()
    expect(page.get_by_text("the plan needs a new decision")).to_be_visible()
    page.get_by_role("button", name="Restore this version").press("Space")
    page.get_by_text(": restored as of").wait_for()
    visitor.check_looks()
    shoot(visitor, "story")
    plan.refresh_from_db()
    assert (plan.status, plan.ends_on, plan.notes) == (
        "submitted", first, "A cat stays\nFeed it twice",
    )  # fmt: skip


def shoot(visitor, name):
    if folder := os.environ.get("SHOTS"):
        for width, scheme in LOOKS:
            visitor.look(width, scheme)
            visitor.page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)
