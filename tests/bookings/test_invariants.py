"""What the database holds, whoever writes: each rule with its own sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from bookings.models import AwayPlan, Booking, Property
from opsconsole.database.refusals import sentence_for
from tests.factories import (
    days,
    make_booking,
    make_plan,
    make_property,
    make_rerenter,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db


def refusal_of(write) -> str | None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()
    return sentence_for(caught.value)


def hosting_plan(**overrides):
    return make_plan(status="approved", hosting_allowed=True, **overrides)


def test_blocking_plans_of_a_property_never_overlap():
    plan = make_plan(status="approved")

    sentence = refusal_of(
        lambda: make_plan(plan.property, starts_on=plan.ends_on - days(1), ends_on=plan.ends_on)
    )

    assert sentence.startswith("Another plan of this property covers some of these dates.")


def test_plans_back_to_back_are_fine():
    plan = make_plan(status="approved")

    make_plan(plan.property, starts_on=plan.ends_on, ends_on=plan.ends_on + days(5))

    assert AwayPlan.objects.count() == 2


@pytest.mark.parametrize("status", ["draft", "declined", "withdrawn", "cancelled", "completed"])
def test_plans_that_do_not_block_may_overlap(status):
    plan = make_plan(status="approved")

    make_plan(
        plan.property,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        status=status,
        decision_reason="Why",
    )

    assert AwayPlan.objects.count() == 2


def test_a_plan_ends_after_it_starts():
    assert refusal_of(lambda: make_plan(starts_on=today(), ends_on=today())) == (
        "The day of return must come after the first day away."
    )


@pytest.mark.parametrize("status", ["declined", "cancelled"])
def test_declined_and_cancelled_plans_say_why(status):
    assert refusal_of(lambda: make_plan(status=status)) == (
        "Say why the plan is declined or cancelled."
    )


@pytest.mark.parametrize(
    "change",
    [
        {"status": "submitted"},
        {"hosting_allowed": False},
        {"starts_on": today() + days(11)},
        {"ends_on": today() + days(11)},
    ],
)
def test_a_plan_keeps_its_live_bookings_inside(change):
    plan = hosting_plan()
    make_booking(plan)

    sentence = refusal_of(lambda: AwayPlan.objects.filter(pk=plan.pk).update(**change))

    assert sentence == (
        "This plan has bookings that would fall outside of it. Move or cancel them first."
    )


@pytest.mark.parametrize(
    "plan_fields",
    [
        {"status": "submitted", "hosting_allowed": True},
        {"status": "approved", "hosting_allowed": False},
        {"status": "approved", "hosting_allowed": True, "ends_on": today() + days(11)},
        {"status": "approved", "hosting_allowed": True, "starts_on": today() + days(11)},
    ],
)
def test_a_live_booking_lies_inside_an_approved_hosting_plan(plan_fields):
    plan = make_plan(**plan_fields)

    sentence = refusal_of(
        lambda: make_booking(plan, arrives_on=today() + days(10), departs_on=today() + days(12))
    )

    assert sentence.startswith("A booking must lie inside an approved plan that allows hosting.")


def test_a_cancelled_booking_may_lie_anywhere():
    make_booking(make_plan(status="draft"), status="cancelled", cancel_reason="Ill")

    assert Booking.objects.count() == 1


def test_live_bookings_of_a_property_never_overlap():
    plan = hosting_plan()
    make_booking(plan)

    assert refusal_of(lambda: make_booking(plan)) == (
        "Another booking of this property covers some of these nights."
    )


def test_a_channels_reference_is_unique_within_it():
    plan = hosting_plan()
    make_booking(plan, channel="partner", source_ref="A1")
    later = {"arrives_on": plan.starts_on + days(4), "departs_on": plan.starts_on + days(6)}

    sentence = refusal_of(lambda: make_booking(plan, channel="partner", source_ref="A1", **later))
    make_booking(plan, channel="phone", source_ref="A1", **later)

    assert sentence == "This reference can't be used: check it, or leave it empty."


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"bedrooms": 51}, "A home has at most 50 bedrooms."),
        ({"bathrooms": Decimal("1.3")}, "Count bathrooms in halves: 1, 1.5, 2."),
        ({"bathrooms": Decimal("-1")}, "Count bathrooms in halves: 1, 1.5, 2."),
        ({"max_guests": 0}, "A home has room for at least one guest."),
        ({"nightly_rate": -1}, "The nightly rate can't be negative."),
        ({"street": ""}, "A home needs its street before it leaves draft."),
    ],
)
def test_a_property_keeps_to_its_limits(fields, sentence):
    assert refusal_of(lambda: make_property(**fields)) == sentence


def test_a_draft_may_lack_its_street_and_many_drafts_too():
    make_property(street="", lifecycle="draft")
    make_property(street="", lifecycle="draft")

    assert Property.objects.count() == 2


@pytest.mark.parametrize(
    ("street", "unit"),
    [
        ("12 Main Street", "4B"),
        ("12 MAIN ST.", "Apt 4b"),
        ("  12  main st ", "#4-B"),
        ("12 Main St", "unit 4 b"),
    ],
)
def test_one_address_is_one_property_however_it_is_written(street, unit):
    make_property(street="12 Main St", unit="4b")

    sentence = refusal_of(lambda: make_property(street=street, unit=unit))

    assert sentence == "Another property has this address (street, unit and ZIP code)."


def test_other_units_zip_codes_and_archived_homes_do_not_clash():
    make_property(street="12 Main St", unit="4B")

    make_property(street="12 Main St", unit="4C")
    make_property("06515", street="12 Main St", unit="4B")
    make_property(street="12 Main St", unit="4B", lifecycle="archived")

    assert Property.objects.count() == 4


def test_an_owner_has_one_default_property():
    rosa = make_rerenter()
    home = make_property(owner=rosa, is_default=True)

    sentence = refusal_of(lambda: make_property(owner=rosa, is_default=True))

    assert sentence == "This owner has another default property."
    assert rosa.default_property == home


def test_the_sides_of_the_relations_read_as_staff_say_them():
    rosa = make_rerenter()
    home = make_property(owner=rosa)
    plan = make_plan(home)

    assert list(rosa.properties.all()) == [home]
    assert rosa.default_property is None
    assert plan.property == home
    assert list(home.away_plans.all()) == [plan]


def test_a_plan_can_not_lie_in_another_zip_code_than_its_home():
    plan = make_plan()
    elsewhere = make_zip("02116")

    with pytest.raises(IntegrityError), transaction.atomic():
        AwayPlan.objects.filter(pk=plan.pk).update(zip_code=elsewhere)


def test_a_booking_can_not_be_of_another_home_than_its_plan():
    booking = make_booking()
    other = make_property()

    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(property=other)


def test_an_unknown_refusal_quotes_no_row():
    home = make_property(external_ref="SECRET-7")

    sentence = refusal_of(lambda: make_property(external_ref=home.external_ref))

    assert sentence == "Another property has this reference."


def test_words_run_together_are_no_single_address():
    make_property(street="10 14th St")

    make_property(street="101 4th St")

    assert Property.objects.count() == 2
