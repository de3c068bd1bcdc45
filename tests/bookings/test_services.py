"""Each step of a plan and a booking: from where it may be taken, and what refuses it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import services
from bookings.models import AwayPlan, Booking, Property
from bookings.steps import step_on
from opsconsole.database.refusals import Refused
from tests.factories import (
    days,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
    prepare,
    today,
)

pytestmark = pytest.mark.django_db

PLAN_STEPS = {
    services.submit: ({"draft"}, "submitted"),
    services.approve: ({"submitted"}, "approved"),
    services.decline: ({"submitted"}, "declined"),
    services.withdraw: ({"draft", "submitted"}, "withdrawn"),
    services.start_preparing: ({"approved"}, "preparing"),
    services.start: ({"preparing"}, "active"),
    services.complete: ({"active"}, "completed"),
    services.cancel: ({"approved", "preparing"}, "cancelled"),
}
BOOKING_STEPS = {
    services.confirm: ({"held"}, "confirmed"),
    services.check_in: ({"confirmed"}, "checked_in"),
    services.check_out: ({"checked_in"}, "checked_out"),
    services.cancel_booking: ({"held", "confirmed"}, "cancelled"),
    services.mark_no_show: ({"confirmed"}, "no_show"),
}
NEED_A_REASON = (services.decline, services.cancel, services.cancel_booking)


def arguments(step):
    extra = {"reason": "A reason"} if step in NEED_A_REASON else {}
    if step in (services.check_in, services.check_out):
        extra["at"] = timezone.now()
    return extra


@pytest.mark.parametrize("step", PLAN_STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("status", AwayPlan.Status.values)
def test_plan_steps(step, status):
    plan = make_plan(status=status, decision_reason="Earlier")
    mona = make_manager()
    allowed_from, becomes = PLAN_STEPS[step]

    if status in allowed_from:
        step(plan, by=mona, **arguments(step))
        expected = becomes
    else:
        with pytest.raises(Refused, match=r"This away plan is .*(it can't become| already)"):
            step(plan, by=mona, **arguments(step))
        expected = status

    plan.refresh_from_db()
    assert plan.status == expected


@pytest.mark.parametrize("step", BOOKING_STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("status", Booking.Status.values)
def test_booking_steps(step, status):
    plan = make_plan(status="active", hosting_allowed=True, starts_on=today())
    booking = make_booking(plan, status=status, cancel_reason="Earlier", arrives_on=today())
    mona = make_manager()
    allowed_from, becomes = BOOKING_STEPS[step]

    if status in allowed_from:
        step(booking, by=mona, **arguments(step))
        expected = becomes
    else:
        with pytest.raises(Refused, match=r"This booking is .*(it can't become| already)"):
            step(booking, by=mona, **arguments(step))
        expected = status

    booking.refresh_from_db()
    assert booking.status == expected


@pytest.mark.parametrize("step", NEED_A_REASON, ids=lambda step: step.__name__)
@pytest.mark.parametrize("reason", ["", "   "])
def test_steps_that_need_a_reason_are_refused_without_one(step, reason):
    plan = make_plan(status="approved" if step is services.cancel else "submitted")
    record = make_booking() if step is services.cancel_booking else plan

    with pytest.raises(Refused, match="Say why it is"):
        step(record, by=make_manager(), reason=reason)


def test_who_filed_a_plan_does_not_approve_it():
    ana = make_staff(zips=("06511",))
    plan = make_plan(filed_by=ana)

    with pytest.raises(Refused, match="somebody else has to approve it"):
        services.approve(plan, by=ana, reason="I am sure")

    services.approve(plan, by=make_staff("Ben"))
    assert plan.status == "approved"


def test_a_manager_may_approve_their_own_plan_with_a_reason():
    mona = make_manager()
    plan = make_plan(filed_by=mona)

    with pytest.raises(Refused, match="say why you approve it all the same"):
        services.approve(plan, by=mona)
    services.approve(plan, by=mona, reason="Nobody else on duty")

    assert plan.decision_reason == "Nobody else on duty"


def test_a_decision_names_who_when_and_why():
    plan = make_plan()
    mona = make_manager()
    before = timezone.now()

    services.decline(plan, by=mona, reason="No heating")

    plan.refresh_from_db()
    assert (plan.decided_by, plan.decision_reason) == (mona, "No heating")
    assert before <= plan.decided_at <= timezone.now()


def test_new_dates_of_an_approved_plan_need_a_reason():
    plan = make_plan(status="approved")
    plan.ends_on += days(1)

    with pytest.raises(Refused, match="it was approved as it was"):
        services.revise(plan, by=make_manager())


def test_longer_dates_send_an_approved_plan_back_and_shorter_ones_do_not():
    longer, shorter = make_plan(status="approved"), make_plan(status="approved")
    longer.ends_on += days(1)
    shorter.ends_on -= days(1)

    for plan in (longer, shorter):
        services.revise(plan, by=make_manager(), reason="Flight moved")

    assert longer.status == "submitted"
    assert shorter.status == "approved"


def test_a_plan_that_is_over_keeps_its_dates_but_not_its_notes():
    plan = make_plan(status="completed")
    plan.notes = "They left the keys"
    services.revise(plan, by=make_manager())

    plan.ends_on += days(1)

    with pytest.raises(Refused, match="file a new one"):
        services.revise(plan, by=make_manager(), reason="Why not")


def test_a_plan_with_live_bookings_is_not_cancelled():
    booking = make_booking()

    with pytest.raises(Refused, match="Move or cancel them first"):
        services.cancel(booking.away_plan, by=make_manager(), reason="Ill")

    booking.away_plan.refresh_from_db()
    assert booking.away_plan.status == "approved"


def test_a_party_fits_into_the_home():
    plan = make_plan(make_property(max_guests=2), status="approved", hosting_allowed=True)
    booking = Booking(
        away_plan=plan,
        guest_name="Gil",
        party_size=3,
        arrives_on=plan.starts_on,
        departs_on=plan.ends_on,
    )

    with pytest.raises(Refused, match="has room for 2 guests, not 3"):
        services.hold(booking, by=make_manager(), at=timezone.now())


def test_a_home_keeps_room_for_the_guests_it_is_booked_for():
    booking = make_booking(party_size=3)
    home = booking.property
    home.max_guests = 2

    with pytest.raises(Refused, match="is booked for 3 guests"):
        services.save_home(home, by=make_manager())
    services.cancel_booking(booking, by=make_manager(), reason="Ill")
    services.save_home(home, by=make_manager())

    home.refresh_from_db()
    assert home.max_guests == 2


def test_a_hold_runs_out_after_a_day():
    plan = make_plan(status="approved", hosting_allowed=True)
    now = timezone.now()

    booking = services.hold(
        Booking(
            away_plan=plan,
            guest_name="Gil",
            arrives_on=plan.starts_on,
            departs_on=plan.ends_on,
        ),
        by=make_manager(),
        at=now,
    )

    assert booking.held_until == now + days(1)


def test_guests_come_in_once_the_plan_is_on():
    booking = make_booking()

    with pytest.raises(Refused, match="guests come in once it is on"):
        services.check_in(booking, by=make_manager(), at=timezone.now())


def test_a_stale_copy_can_not_take_a_step_twice():
    plan = make_plan()
    stale = AwayPlan.objects.get(pk=plan.pk)
    services.approve(plan, by=make_manager())

    with pytest.raises(Refused, match="This away plan is approved"):
        services.decline(stale, by=make_manager(), reason="Too late")


def test_filing_a_plan_submits_it():
    home = make_property()
    ana = make_staff()

    plan = services.file_plan(
        AwayPlan(property=home, starts_on=today() + days(1), ends_on=today() + days(2)), by=ana
    )

    assert (plan.status, plan.filed_by) == ("submitted", ana)
    assert plan.history.get().history_user == ana


def test_who_changes_a_waiting_plan_has_filed_it():
    bea, ana = make_staff("Bea"), make_staff("Ana")
    plan = make_plan(filed_by=bea)
    plan.ends_on += days(300)

    services.revise(plan, by=ana)

    with pytest.raises(Refused, match="somebody else has to approve it"):
        services.approve(plan, by=ana)
    services.approve(plan, by=bea)


def test_notes_of_a_waiting_plan_do_not_make_one_its_filer():
    bea, ana = make_staff("Bea"), make_staff("Ana")
    plan = make_plan(filed_by=bea)
    plan.notes = "Two cats"

    services.revise(plan, by=ana)

    assert plan.filed_by == bea


def test_a_stale_edit_does_not_take_a_decision_back():
    plan = make_plan()
    stale = AwayPlan.objects.get(pk=plan.pk)
    services.approve(plan, by=make_manager(), reason="Fine")
    stale.notes = "Two cats"

    services.revise(stale, by=make_manager())

    plan.refresh_from_db()
    assert (plan.status, plan.decision_reason, plan.notes) == ("approved", "Fine", "Two cats")


def test_a_stale_edit_does_not_send_guests_out_again():
    booking = make_booking(make_plan(status="active", hosting_allowed=True))
    stale = Booking.objects.get(pk=booking.pk)
    services.check_in(booking, by=make_manager(), at=timezone.now())
    stale.guest_name = "Gil"

    services.change_booking(stale, by=make_manager())

    booking.refresh_from_db()
    assert (booking.status, booking.guest_name) == ("checked_in", "Gil")
    assert booking.checked_in_at is not None


def test_a_manager_lets_guests_in_early_with_a_reason():
    booking = make_booking()

    with pytest.raises(Refused, match="with a reason"):
        services.check_in(booking, by=make_staff(), at=timezone.now(), reason="They are here")
    services.check_in(booking, by=make_manager(), at=timezone.now(), reason="They are here")

    assert booking.history.first().history_change_reason == "They are here"


@pytest.mark.parametrize("lifecycle", ["draft", "paused", "archived"])
def test_plans_are_filed_for_active_homes(lifecycle):
    home = make_property(lifecycle=lifecycle)
    plan = AwayPlan(property=home, starts_on=today() + days(1), ends_on=today() + days(2))

    with pytest.raises(Refused, match="plans are filed for active homes"):
        services.file_plan(plan, by=make_manager())


HOME_STEPS = {
    ("draft", "active"),
    ("draft", "archived"),
    ("active", "paused"),
    ("active", "archived"),
    ("paused", "active"),
    ("paused", "archived"),
}


@pytest.mark.parametrize("before", Property.Lifecycle.values)
@pytest.mark.parametrize("after", Property.Lifecycle.values)
def test_the_lifecycle_of_a_home(before, after):
    home = make_property(lifecycle=before)
    home.lifecycle = after

    if before == after or (before, after) in HOME_STEPS:
        services.save_home(home, by=make_manager())
        expected = after
    else:
        with pytest.raises(Refused, match="can't become"):
            services.save_home(home, by=make_manager())
        expected = before

    home.refresh_from_db()
    assert home.lifecycle == expected


def test_a_home_with_open_plans_is_not_archived():
    home = make_plan().property
    home.lifecycle = "archived"

    with pytest.raises(Refused, match="open away plans"):
        services.save_home(home, by=make_manager())


def test_a_stale_copy_does_not_get_around_four_eyes():
    bea, ana = make_staff("Bea"), make_staff("Ana")
    plan = make_plan(filed_by=bea)
    stale = AwayPlan.objects.get(pk=plan.pk)
    plan.ends_on += days(3)
    services.revise(plan, by=ana)

    with pytest.raises(Refused, match="somebody else has to approve it"):
        services.approve(stale, by=ana)


def test_guests_come_in_by_the_plan_as_it_is_now():
    booking = make_booking(make_plan(status="preparing", hosting_allowed=True))
    assert booking.away_plan.status == "preparing"
    services.start(AwayPlan.objects.get(pk=booking.away_plan_id), by=make_manager())
    prepare(booking.away_plan)

    services.check_in(booking, by=make_staff(), at=timezone.now())

    assert booking.status == "checked_in"


def test_hosting_switched_on_asks_for_a_new_decision():
    plan = make_plan(status="approved")
    plan.hosting_allowed = True
    ana = make_staff("Ana")

    with pytest.raises(Refused, match="it was approved as it was"):
        services.revise(plan, by=ana)
    services.revise(plan, by=ana, reason="They asked")

    assert (plan.status, plan.filed_by) == ("submitted", ana)


@pytest.mark.parametrize("status", ["preparing", "active"])
def test_a_plan_under_way_is_not_extended(status):
    plan = make_plan(status=status)
    plan.ends_on += days(2)

    with pytest.raises(Refused, match="it can be shortened, not extended"):
        services.revise(plan, by=make_manager(), reason="They stay longer")


def test_an_approved_plan_with_guests_is_not_extended():
    plan = make_booking().away_plan
    plan.ends_on += days(2)

    with pytest.raises(Refused, match="File a second plan for the added days"):
        services.revise(plan, by=make_manager(), reason="They stay longer")


def test_a_plan_loaded_before_its_home_moved_follows_it():
    plan = make_plan()
    assert plan.property.zip_code.code == "06511"
    home = Property.objects.get(pk=plan.property_id)
    home.zip_code = make_zip("02116")
    services.save_home(home, by=make_manager())
    plan.notes = "Two cats"

    services.revise(plan, by=make_manager())

    plan.refresh_from_db()
    assert (plan.zip_code.code, plan.notes) == ("02116", "Two cats")


def test_what_was_not_edited_on_a_home_stays_as_it_is_now():
    stale = make_property(nightly_rate=100)
    home = Property.objects.get(pk=stale.pk)
    home.zip_code = make_zip("02116")
    services.save_home(home, by=make_manager())
    stale.nightly_rate = 120

    services.save_home(stale, by=make_staff(), changed=["nightly_rate"])

    home.refresh_from_db()
    assert (home.zip_code.code, home.nightly_rate) == ("02116", 120)


def test_the_clock_of_a_home_follows_its_zip_code_in_partial_saves_too():
    home = make_property()
    home.zip_code = make_zip("94110")

    home.save(update_fields=["zip_code"])

    home.refresh_from_db()
    assert home.timezone == "America/Los_Angeles"


def test_guests_are_no_no_show_before_their_day():
    with pytest.raises(Refused, match="too soon"):
        services.mark_no_show(make_booking(), by=make_manager())


def test_a_plan_in_the_past_is_not_filed():
    plan = AwayPlan(
        property=make_property(), starts_on=today() - days(20), ends_on=today() - days(10)
    )

    with pytest.raises(Refused, match="check the year"):
        services.file_plan(plan, by=make_manager())


def asks_for(table, captured):
    return sum(f'FROM "{table}"' in query["sql"] for query in captured)


def test_a_step_inside_of_another_on_one_home_reads_it_once():
    home, elsewhere = make_property(), make_property()

    with (
        CaptureQueriesContext(connection) as captured,
        step_on(home.pk, None) as held,
        step_on(home.pk, None) as inner,
        step_on(elsewhere.pk, None) as other,
    ):
        assert inner is held
        assert other.pk == elsewhere.pk
    with step_on(home.pk, None) as afterwards:
        assert afterwards is not held

    assert asks_for("bookings_property", captured) == 2


@pytest.mark.parametrize(
    ("step", "asks"), [(services.decline, 0), (services.withdraw, 0), (services.approve, 1)]
)
def test_only_a_plan_that_is_or_was_approved_is_asked_for_its_tasks(step, asks):
    plan, mona = make_plan(status="submitted"), make_manager()

    with CaptureQueriesContext(connection) as captured:
        step(plan, by=mona, reason="A reason")

    assert asks_for("bookings_task", captured) == asks
