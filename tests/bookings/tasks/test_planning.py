"""Tasks follow their plans and bookings: made once, moved, flagged, cancelled, never twice."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import services
from bookings.models import AwayPlan, Booking, ChecklistItem, Property, Task
from bookings.tasks import steps
from bookings.tasks.checklists import CHECKLISTS
from bookings.tasks.planning import CALLED_OFF, NO_LONGER_NEEDED, difference_of, plan_work
from bookings.tasks.wanted import wanted_by
from opsconsole.database.refusals import Refused
from tests.factories import (
    assign,
    days,
    make_booking,
    make_manager,
    make_plan,
    make_staff,
    make_task,
    make_zip,
    today,
)
from tests.scale import size

pytestmark = pytest.mark.django_db


def approved(**overrides):
    """A plan that was approved by a manager, so that it brought its tasks."""
    plan = make_plan(hosting_allowed=True, **overrides)
    return services.approve(plan, by=make_manager())


def book(plan, arrives, nights):
    booking = Booking(
        away_plan=plan,
        guest_name="Gil Guest",
        arrives_on=plan.starts_on + days(arrives),
        departs_on=plan.starts_on + days(arrives + nights),
    )
    return services.hold(booking, by=make_manager(), at=timezone.now())


def tasks_of(plan):
    """What is still to do for a plan, by what is wanted."""
    return {task.generated_key: task for task in plan.tasks.open()}


def task(plan, kind):
    return plan.tasks.open().get(kind=kind)


def test_approving_brings_tasks_with_their_checklists():
    plan = approved()

    assert {t.kind for t in plan.tasks.all()} == {"prepare", "restore"}
    prepare = task(plan, "prepare")
    assert (prepare.starts_on, prepare.due_on) == (
        plan.starts_on - days(3),
        plan.starts_on - days(1),
    )
    assert (prepare.status, prepare.zip_code) == ("unassigned", plan.zip_code)
    lines = [line.text for line in CHECKLISTS["prepare"]]
    assert [item.text for item in prepare.checklist.all()] == lines
    assert prepare.history.get().history_user == plan.decided_by


def test_submitting_brings_none():
    plan = services.submit(make_plan(status="draft"), by=make_manager())

    assert not plan.tasks.exists()


def test_planning_again_changes_nothing():
    plan = approved()
    book(plan, 0, 3)
    versions = Task.history.count()

    again = plan_work([plan.property])

    assert set(again.counts.values()) == {0}
    assert Task.history.count() == versions


def test_a_new_task_goes_to_the_only_primary_of_its_day():
    ana = make_staff("Ana")
    assign(ana, "06511")
    assign(make_staff("Ben"), "06511", duty="backup")

    plan = approved()

    assert {t.assignee for t in plan.tasks.all()} == {ana}
    assert {t.status for t in plan.tasks.all()} == {"assigned"}


def test_with_two_primaries_it_goes_to_nobody():
    for name in ("Ana", "Ben"):
        assign(make_staff(name), "06511")

    assert {t.assignee for t in approved().tasks.all()} == {None}


def test_the_primary_is_asked_for_on_the_day_that_it_is_due():
    ana, ben = make_staff("Ana"), make_staff("Ben")
    assign(ana, "06511", ends_on=today() + days(15))
    assign(ben, "06511", starts_on=today() + days(15))

    plan = approved()

    assert task(plan, "prepare").assignee == ana
    assert task(plan, "restore").assignee == ben


def test_who_is_deactivated_gets_nothing():
    ana = make_staff("Ana", zips=("06511",))
    type(ana).objects.filter(pk=ana.pk).update(is_active=False)

    assert task(approved(), "prepare").assignee is None


def test_staff_who_approve_hand_out_to_a_colleague_they_may_not_see():
    from opsconsole.access.lock import held_to

    ana, ben = make_staff("Ana", zips=("06511",)), make_staff("Ben")
    assign(ben, "06511", duty="backup")
    plan = make_plan()

    with held_to(ben):
        services.approve(plan, by=ben)

    assert {t.assignee for t in plan.tasks.all()} == {ana}


def test_a_moved_booking_moves_what_nobody_touched():
    plan = approved()
    booking = book(plan, 2, 3)
    booking.arrives_on += days(1)
    booking.departs_on += days(2)

    services.change_booking(booking, by=make_manager())

    assert task(plan, "check_in").due_on == booking.arrives_on
    assert task(plan, "check_out").due_on == booking.departs_on
    assert booking.tasks.count() == 2


def test_a_moved_booking_flags_what_was_begun_and_moves_it_not():
    ana = make_staff("Ana", zips=("06511",))
    plan = approved()
    booking = book(plan, 2, 3)
    check_in = steps.begin(task(plan, "check_in"), by=ana)
    due = check_in.due_on
    booking.arrives_on += days(1)

    services.change_booking(booking, by=make_manager())

    check_in.refresh_from_db()
    assert (check_in.due_on, check_in.status) == (due, "in_progress")
    assert check_in.flag.startswith("Its days would be")

    booking.arrives_on -= days(1)
    services.change_booking(booking, by=make_manager())

    check_in.refresh_from_db()
    assert check_in.flag == ""


def test_a_cancelled_booking_cancels_what_nobody_touched_and_flags_the_rest():
    ana = make_staff("Ana", zips=("06511",))
    plan = approved()
    booking = book(plan, 2, 3)
    check_in = steps.begin(task(plan, "check_in"), by=ana)

    services.cancel_booking(booking, by=make_manager(), reason="Flight cancelled")

    check_in.refresh_from_db()
    assert (check_in.status, check_in.flag) == ("in_progress", CALLED_OFF)
    check_out = booking.tasks.get(kind="check_out")
    assert (check_out.status, check_out.reason) == ("cancelled", NO_LONGER_NEEDED)
    assert check_out.history.latest().history_change_reason == "Flight cancelled"
    assert {t.kind for t in plan.tasks.open()} == {"prepare", "restore", "check_in"}


def test_what_is_wanted_anew_is_made_anew():
    plan = approved()
    plan.ends_on += days(1)
    services.revise(plan, by=make_manager(), reason="Longer")
    assert not plan.tasks.open().exists()

    services.approve(plan, by=make_manager("Max"))

    assert sorted(t.kind for t in plan.tasks.open()) == ["prepare", "restore"]
    assert plan.tasks.filter(status="cancelled").count() == 2


def test_what_was_blocked_meanwhile_follows_its_plan_once_it_is_taken_up_again():
    plan, mona = approved(), make_manager("Mona")
    book(plan, 0, 4)
    blocked = [steps.block(each, by=mona, reason="No key") for each in tasks_of(plan).values()]
    services.cancel_booking(plan.bookings.get(), by=mona, reason="Flight cancelled")
    plan.ends_on -= days(1)
    services.revise(plan, by=mona, reason="They are back earlier")

    after = {task.kind: steps.unblock(task, by=mona) for task in blocked}

    assert {kind: task.status for kind, task in after.items()} == {
        "prepare": "unassigned",
        "restore": "unassigned",
        "check_in": "cancelled",
        "check_out": "cancelled",
    }
    assert after["restore"].due_on == plan.ends_on - days(1)
    assert {task.flag for kind, task in after.items() if task.status == "unassigned"} == {""}


def test_what_a_person_cancelled_is_not_made_again():
    plan = approved()
    steps.cancel_task(task(plan, "prepare"), by=make_manager(), reason="They did it themselves")

    plan_work([plan.property])

    assert [t.kind for t in plan.tasks.open()] == ["restore"]


def test_a_completed_plan_leaves_no_work_that_nobody_began():
    ana = make_staff("Ana", zips=("06511",))
    plan = approved(starts_on=today() - days(5), ends_on=today())
    services.start_preparing(plan, by=ana)
    services.start(plan, by=ana)
    prepare = steps.begin(task(plan, "prepare"), by=ana)

    services.complete(plan, by=ana)

    prepare.refresh_from_db()
    assert (prepare.status, prepare.flag) == ("in_progress", "")
    restore = plan.tasks.get(kind="restore")
    assert restore.status == "cancelled"
    assert restore.history.latest().history_change_reason == NO_LONGER_NEEDED


def test_a_cancelled_plan_takes_its_tasks_along():
    plan = approved()

    services.cancel(plan, by=make_manager(), reason="They stay at home")

    assert {t.status for t in plan.tasks.all()} == {"cancelled"}


def test_plans_of_one_home_have_tasks_of_their_own():
    first = approved()
    second = services.approve(
        make_plan(first.property, starts_on=first.ends_on, ends_on=first.ends_on + days(4)),
        by=make_manager(),
    )

    assert len(tasks_of(first)) == len(tasks_of(second)) == 2


def test_a_wish_has_one_task_whoever_writes():
    plan = approved()
    key = task(plan, "prepare").generated_key

    with pytest.raises(IntegrityError, match="one_task_for_each_want"), transaction.atomic():
        make_task(plan.property, generated_key=key)


def test_tasks_and_checklists_follow_their_home_to_another_zip_code():
    plan = approved()
    home = plan.property
    home.zip_code = make_zip("02116")

    services.save_home(home, by=make_manager())

    assert {t.zip_code.code for t in plan.tasks.all()} == {"02116"}
    assert set(ChecklistItem.objects.values_list("zip_code__code", flat=True)) == {"02116"}


def test_a_task_of_a_booking_is_of_its_plan_whoever_writes():
    plan, booking = approved(), make_booking()

    with pytest.raises(IntegrityError, match="tasks_are_of_their_bookings_plan"):
        Task.objects.filter(pk=task(plan, "prepare").pk).update(booking=booking)


# Whatever happens


def in_line(home):
    """Nothing to do, nothing twice, and what is open is what is wanted."""
    assert set(difference_of([home]).counts.values()) == {0}
    wanted = {
        w.key: (w.starts_on, w.due_on)
        for plan in home.away_plans.all()
        for w in wanted_by(plan, plan.bookings.all())
        if not w.overtaken
    }
    found = [
        (t.generated_key, (t.starts_on, t.due_on))
        for t in home.tasks.exclude(status="cancelled").exclude(generated_key="")
    ]
    assert dict(found) == wanted
    assert len(found) == len(wanted)


happenings = st.lists(
    st.tuples(
        st.sampled_from(["book", "move", "cancel", "confirm", "miss", "shorten", "extend"]),
        st.integers(0, 5),
        st.integers(0, 9),
        st.integers(1, 5),
    ),
    max_size=12,
)


@settings(
    max_examples=size(20, 1000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(happenings)
def test_whatever_happens_the_tasks_are_those_that_are_wanted(happened):
    with transaction.atomic():
        mona, max_manager = make_manager(), make_manager("Max")
        plan = make_plan(
            hosting_allowed=True, starts_on=today() - days(1), ends_on=today() + days(12)
        )
        services.approve(plan, by=mona)
        home = Property.objects.get(pk=plan.property_id)
        in_line(home)
        for what, which, start, nights in happened:
            try:
                with transaction.atomic():
                    take_place(plan, what, which, start, nights, mona, max_manager)
            except Refused:
                plan.refresh_from_db()
            in_line(home)
        transaction.set_rollback(True)


def take_place(plan, what, which, start, nights, mona, max_manager):
    bookings = list(plan.bookings.order_by("pk"))
    booking = bookings[which % len(bookings)] if bookings else None
    if what == "book":
        book(plan, start, nights)
    elif what == "shorten":
        plan.ends_on -= datetime.timedelta(days=1)
        services.revise(plan, by=mona, reason="Back earlier")
    elif what == "extend":
        plan.ends_on += datetime.timedelta(days=nights)
        services.revise(plan, by=mona, reason="Back later")
        services.approve(plan, by=max_manager)
    elif booking and what == "move":
        booking.arrives_on = plan.starts_on + days(start)
        booking.departs_on = booking.arrives_on + days(nights)
        services.change_booking(booking, by=mona)
    elif booking and what == "cancel":
        services.cancel_booking(booking, by=mona, reason="Why not")
    elif booking and what == "confirm":
        services.confirm(booking, by=mona)
    elif booking and what == "miss":
        services.mark_no_show(booking, by=mona)


def test_planning_asks_as_many_queries_for_many_homes_as_for_one(django_assert_num_queries):
    plans = [make_plan(status="approved", hosting_allowed=True) for _ in range(12)]
    homes = [Property.objects.get(pk=plan.property_id) for plan in plans]
    asked = 9  # tasks, plans, bookings; the rota past the policies (4); tasks, checklists

    with django_assert_num_queries(asked):
        plan_work(homes[:1])
    with django_assert_num_queries(asked):
        plan_work(homes[1:])

    assert Task.objects.count() == 24


def test_a_plan_that_was_there_before_its_tasks_gets_those_that_are_still_of_use():
    plan = make_plan(
        status="active",
        hosting_allowed=True,
        starts_on=today() - days(9),
        ends_on=today() + days(9),
    )
    make_booking(plan, status="checked_out")
    make_booking(plan, status="checked_in", arrives_on=today(), departs_on=today() + days(2))

    plan_work([plan.property])

    assert sorted(t.kind for t in plan.tasks.all()) == ["check_out", "restore"]
    assert AwayPlan.objects.get().tasks.count() == 2


def test_a_priority_that_somebody_set_stays_when_the_days_move():
    plan = approved()
    booking = book(plan, 2, 3)
    check_in = task(plan, "check_in")
    check_in.priority = 3
    steps.change_task(check_in, by=make_manager())
    booking.arrives_on += days(1)
    booking.departs_on += days(1)

    services.change_booking(booking, by=make_manager())

    assert (task(plan, "check_in").due_on, task(plan, "check_in").priority) == (
        booking.arrives_on,
        3,
    )
    assert task(plan, "check_out").priority == 2
