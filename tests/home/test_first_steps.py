"""What a company does first: in order, ticked off once done, and gone once all of it is."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from opsconsole.home.first_steps import facts
from staffing.models import User, ZipAssignment, ZipCode
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def steps(sign_in):
    client = sign_in(make_manager())
    return lambda: client.get("/").context["first_steps"]


def standing(steps) -> list[str]:
    """Of each step: done, next, or later."""
    return ["done" if s.is_done else "next" if s.is_next else "later" for s in steps()]


def test_each_step_is_ticked_off_once_it_is_done_and_the_next_is_marked(steps):
    assert standing(steps) == ["next", "later", "later", "later", "later"]
    assert [step.title for step in steps()] == [
        "Serve ZIP codes",
        "Add people",
        "Assign ZIP codes",
        "Add homes",
        "Add away plans",
    ]

    make_zip("06511")
    assert standing(steps) == ["done", "next", "later", "later", "later"]
    ana = make_staff()
    assert standing(steps) == ["done", "next", "later", "later", "later"]
    rosa = make_rerenter()
    assert standing(steps) == ["done", "done", "next", "later", "later"]
    assign(ana, "06511", starts_on=today() + days(9))  # to come
    assert standing(steps) == ["done", "done", "done", "next", "later"]
    home = make_property(owner=rosa)
    assert standing(steps) == ["done", "done", "done", "done", "next"]
    make_plan(home, status="draft")
    assert steps() == []


def test_what_is_done_out_of_order_is_ticked_off_as_well(steps):
    make_property(lifecycle="archived")
    ZipCode.objects.update(is_served=False)

    assert standing(steps) == ["next", "later", "later", "done", "later"]


def test_what_is_over_or_of_who_left_does_not_count(steps):
    make_property()
    ended = {"starts_on": today() - days(9), "ends_on": today()}
    gone = make_staff(is_active=False)
    assign(gone, "06511")
    assert standing(steps) == ["done", "next", "later", "done", "later"]

    assign(make_staff(), "06511", **ended)

    assert standing(steps) == ["done", "done", "next", "done", "later"]
    User.objects.filter(pk=gone.pk).update(is_active=True)
    assert ZipAssignment.objects.count() == 2
    assert standing(steps) == ["done", "done", "done", "done", "next"]


def test_a_step_leads_to_the_pages_that_do_it(sign_in):
    engineer = make_manager(is_superuser=True)
    for person in (make_manager(), engineer):
        client = sign_in(person)
        page = client.get("/")

        ways = {way.title: way.path for step in page.context["first_steps"] for way in step.ways}

        assert ways.keys() >= {
            "Serve ZIP codes",
            "Import ZIP codes",
            "Template for ZIP codes",
            "Add person",
            "Import people",
            "Template for people",
            "Import ZIP assignments",
            "Template for ZIP assignments",
            "Assign ZIP codes",
            "Import properties",
            "Template for properties",
            "Add property",
            "Import away plans",
            "Template for away plans",
            "Add away plan",
        }
        lists = [step.link for step in page.context["first_steps"]]
        pages = {address: client.get(address).status_code for address in [*ways.values(), *lists]}
        assert set(pages.values()) == {200}, pages
        assert page.content.decode().count('aria-current="step"') == 1


def test_what_is_done_offers_nothing_more(steps):
    make_property()

    assert [bool(step.ways) for step in steps() if step.is_done] == [False, False]


def test_the_steps_are_for_those_who_can_take_them(sign_in):
    for person in (make_auditor(), make_staff(), make_staff(zips=("06511",))):
        assert "First steps" not in sign_in(person).get("/").content.decode()


def test_all_of_it_is_asked_in_one_statement():
    mona = make_manager()

    with CaptureQueriesContext(connection) as captured:
        known = facts(mona, timezone.localdate())

    assert len(captured) == 1
    assert not any(vars(known).values())
