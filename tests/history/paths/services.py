"""Every step that a service takes, inside and outside of `acting`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from bookings import services as stays
from bookings.models import AwayPlan, Booking, Property
from bookings.tasks import steps
from opsconsole.access.acting import Source, acting
from staffing import services as duties
from staffing.models import ZipAssignment
from staffing.previews import Wish
from tests.factories import (
    assign,
    days,
    make_booking,
    make_plan,
    make_property,
    make_staff,
    make_zip,
    today,
)
from tests.history.paths import BECAUSE, Cell, Row, Trace, Watch, changed, deleted, made, work
from tests.history.paths.work import brought, only, settle

DECISION = ("status", "decided_by", "decided_at", "decision_reason")

type Step = Callable[[Any], list[Any]]  # who takes it; what it must have written


def taken(prepare: Callable[[], Step], reason: str | None = BECAUSE) -> Cell:
    """A step that Mona takes, as a command does."""

    def act(watch: Watch) -> Trace:
        step = prepare()
        watch.begin()
        with acting(source=Source.COMMAND):
            versions = step(watch.mona)
        return Trace(versions, "command", watch.mona, reason)

    return act


def moved(step: Callable[..., Any], before: str, *fields: str, why: bool = False) -> Cell:
    """A plan or booking takes a step from this status on."""
    is_booking = step in BOOKING_STEPS

    def prepare() -> Step:
        record = settle(booking(before) if is_booking else make_plan(status=before))
        more = {"reason": BECAUSE} if why else {}
        if step in (stays.check_in, stays.check_out):
            more["at"] = timezone.now()

        def take(mona: Any) -> list[Any]:
            step(record, by=mona, **more)
            return [changed(record, *(fields or ("status",))), *brought(record)]

        return take

    return taken(prepare, BECAUSE if why else None)


BOOKING_STEPS = (
    stays.confirm, stays.check_in, stays.check_out, stays.cancel_booking, stays.mark_no_show,
)  # fmt: skip


def booking(status: str) -> Booking:
    plan = make_plan(status="active", hosting_allowed=True, starts_on=today() - days(1))
    held_until = timezone.now() if status == "held" else None
    return make_booking(plan, status=status, held_until=held_until)


def filed() -> Step:
    home = make_property()
    dates = {"starts_on": today() + days(10), "ends_on": today() + days(20)}

    def take(mona: Any) -> list[Any]:
        return [made(stays.file_plan(AwayPlan(property=home, **dates), by=mona))]

    return take


def revised() -> Step:
    plan = settle(make_plan(status="approved"))

    def take(mona: Any) -> list[Any]:
        plan.ends_on += days(1)
        stays.revise(plan, by=mona, reason=BECAUSE)
        return [changed(plan, "ends_on", "status", "filed_by")]

    return take


def revised_to_the_same() -> Step:
    plan = settle(make_plan(status="approved"))

    def take(mona: Any) -> list[Any]:
        stays.revise(plan, by=mona)
        return []

    return take


def held() -> Step:
    plan = settle(make_plan(status="approved", hosting_allowed=True))
    dates = {"arrives_on": plan.starts_on, "departs_on": plan.ends_on}

    def take(mona: Any) -> list[Any]:
        stay = Booking(away_plan=plan, guest_name="Gus", **dates)
        stays.hold(stay, by=mona, at=timezone.now())
        return [made(stay), *brought(stay)]

    return take


def stay_changed() -> Step:
    stay = settle(make_booking())

    def take(mona: Any) -> list[Any]:
        stay.party_size = 3
        stays.change_booking(stay, by=mona, reason=BECAUSE)
        return [changed(stay, "party_size")]

    return take


def home_saved() -> Step:
    home = make_property()

    def take(mona: Any) -> list[Any]:
        home.lifecycle = Property.Lifecycle.PAUSED
        stays.save_home(home, by=mona, reason=BECAUSE)
        return [changed(home, "lifecycle")]

    return take


def assigned() -> Step:
    ana, zip_code = make_staff(), make_zip()

    def take(mona: Any) -> list[Any]:
        duty = ZipAssignment(user=ana, content_object=zip_code, starts_on=today())
        return [made(duties.assign(duty, by=mona, reason=BECAUSE))]

    return take


def assigned_many() -> Step:
    wish = Wish(
        people=[make_staff(), make_staff("Ben")],
        zip_codes=[make_zip("06511"), make_zip("02116")],
        duty=ZipAssignment.Duty.PRIMARY,
        covers_for=None,
        starts_on=today(),
        ends_on=None,
        note="",
    )

    def take(mona: Any) -> list[Any]:
        duties.assign_many(wish, by=mona, reason=BECAUSE)
        return [made(duty) for duty in ZipAssignment.objects.all()]

    return take


def duty_changed() -> Step:
    duty = assign(make_staff(), "06511")

    def take(mona: Any) -> list[Any]:
        duty.note = "Two cats"
        duties.change(duty, by=mona, reason=BECAUSE)
        return [changed(duty, "note")]

    return take


def duties_ended() -> Step:
    """One has begun and ends; one has not, and is called off."""
    begun = assign(make_staff(), "06511")
    coming = assign(make_staff("Ben"), "06511", starts_on=today() + days(9))

    def take(mona: Any) -> list[Any]:
        duties.end_many([begun.pk, coming.pk], by=mona, reason=BECAUSE, on=today() + days(1))
        return [changed(begun, "ends_on"), deleted(ZipAssignment, coming.pk)]

    return take


ROWS: dict[str, Row] = {
    "service: file_plan": only("AwayPlan", taken(filed, None)),
    "service: revise": only("AwayPlan", taken(revised)),
    "service: revise to the same": only("AwayPlan", taken(revised_to_the_same)),
    "service: submit": only("AwayPlan", moved(stays.submit, "draft")),
    "service: approve": only("AwayPlan", moved(stays.approve, "submitted", *DECISION, why=True)),
    "service: decline": only("AwayPlan", moved(stays.decline, "submitted", *DECISION, why=True)),
    "service: cancel": only("AwayPlan", moved(stays.cancel, "approved", *DECISION, why=True)),
    "service: withdraw": only("AwayPlan", moved(stays.withdraw, "draft", why=True)),
    "service: start_preparing": only("AwayPlan", moved(stays.start_preparing, "approved")),
    "service: start": only("AwayPlan", moved(stays.start, "preparing")),
    "service: complete": only("AwayPlan", moved(stays.complete, "active")),
    "service: hold": only("Booking", taken(held, None)),
    "service: change_booking": only("Booking", taken(stay_changed)),
    "service: confirm": only("Booking", moved(stays.confirm, "held", "status", "held_until")),
    "service: check_in": only(
        "Booking", moved(stays.check_in, "confirmed", "status", "checked_in_at", why=True)
    ),
    "service: check_out": only(
        "Booking", moved(stays.check_out, "checked_in", "status", "checked_out_at")
    ),
    "service: cancel_booking": only(
        "Booking", moved(stays.cancel_booking, "held", "status", "cancel_reason", why=True)
    ),
    "service: mark_no_show": only("Booking", moved(stays.mark_no_show, "confirmed")),
    "service: save_home": only("Property", taken(home_saved)),
    "service: assign": only("ZipAssignment", taken(assigned)),
    "service: assign_many": only("ZipAssignment", taken(assigned_many)),
    "service: change": only("ZipAssignment", taken(duty_changed)),
    "service: end_many": only("ZipAssignment", taken(duties_ended)),
    "service: add_task": only("Task", taken(work.added, None)),
    "service: change_task": only("Task", taken(work.rewritten, None)),
    "service: assign a task": only("Task", taken(work.taken_by_ana, None)),
    "service: give_back": only(
        "Task", taken(work.stepped(steps.give_back, "assigned", "status", "assignee"), None)
    ),
    "service: begin": only("Task", taken(work.stepped(steps.begin, "assigned", "status"), None)),
    "service: finish": only(
        "Task",
        taken(work.stepped(steps.finish, "in_progress", "status", "done_by", "done_at"), None),
    ),
    "service: verify": only(
        "Task",
        taken(work.stepped(steps.verify, "done", "status", "verified_by", "verified_at"), None),
    ),
    "service: send_back": only(
        "Task",
        taken(work.stepped(steps.send_back, "done", "status", "done_by", reason=BECAUSE)),
    ),
    "service: block": only(
        "Task", taken(work.stepped(steps.block, "assigned", "status", "reason", reason=BECAUSE))
    ),
    "service: unblock": only(
        "Task", taken(work.stepped(steps.unblock, "blocked", "status", "reason"), None)
    ),
    "service: cancel_task": only(
        "Task",
        taken(work.stepped(steps.cancel_task, "assigned", "status", "reason", reason=BECAUSE)),
    ),
    "service: a booking moves its tasks": only("Task", taken(work.moved, None)),
    "service: a booking takes its tasks along": only("Task", taken(work.called_off)),
    "service: tick": only("ChecklistItem", taken(work.ticked, None)),
    "service: note": only("ChecklistItem", taken(work.noted, None)),
    "service: untick": only("ChecklistItem", taken(work.unticked, None)),
    "service: set_code of a new code": only("AccessSecret", taken(work.code_set, None)),
    "service: set_code": only("AccessSecret", taken(work.code_changed, None)),
}
