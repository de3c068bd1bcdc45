"""What people do with plans and bookings: a function for each step, the only way to a new status.

A step that can't be taken raises `Refused` with a sentence that a person understands; nothing
has changed then.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.utils import timezone

from bookings import guards
from bookings.models import AwayPlan, Booking, Property
from bookings.steps import Attempt, say_why, step_on
from bookings.tasks.letting_go import let_go_at
from bookings.tasks.planning import plan_work
from opsconsole.database.refusals import Refused
from staffing.models import User

Home = Property.Lifecycle
Plan = AwayPlan.Status
Stay = Booking.Status

HOME_STEPS: dict[str, tuple[str, ...]] = {
    Home.DRAFT: (Home.ACTIVE, Home.ARCHIVED),
    Home.ACTIVE: (Home.PAUSED, Home.ARCHIVED),
    Home.PAUSED: (Home.ACTIVE, Home.ARCHIVED),
    Home.ARCHIVED: (),
}
BEFORE_APPROVAL = (Plan.DRAFT, Plan.SUBMITTED)
ENDED = (Plan.COMPLETED, Plan.DECLINED, Plan.WITHDRAWN, Plan.CANCELLED)
OVER = "These dates are over already: check the year."
HOLD = datetime.timedelta(hours=24)
# By id: who filed or decided is a colleague, whose record staff may not load.
DECISION = ("status", "filed_by_id", "decided_by_id", "decided_at", "decision_reason")
DECISIONS = ("approve", "decline", "cancel")  # steps that keep who decided, when and why
# What a step decides by, read anew under the lock. By id: colleagues are not staff's to load.
PLAN_AS_STORED = ("status", "filed_by", "starts_on", "ends_on", "hosting_allowed")
BOOKING_AS_STORED = ("status", "away_plan", "arrives_on")


# Away plans


def file_plan(plan: AwayPlan, *, by: User | None, at: datetime.datetime | None = None) -> AwayPlan:
    """File a new plan for an active home, which submits it for a decision."""
    plan.filed_by, plan.status = by, Plan.SUBMITTED
    with step_on(plan.property_id, by) as home:
        if home.lifecycle != Home.ACTIVE:
            raise Refused(say_not_active(home.name, home.lifecycle))
        if plan.ends_on <= home.date_at(at or timezone.now()):
            raise Refused(OVER)
        plan.property = home
        plan.save()
    return plan


def say_not_active(home: str, lifecycle: str) -> str:
    """Why no plan is filed for a home that is not active."""
    word = str(Home(lifecycle).label).lower()
    return f"{home} is {word}: plans are filed for active homes."


def revise(plan: AwayPlan, *, by: User, reason: str = "") -> AwayPlan:
    """Save what was changed on a plan (dates, hosting, notes; never its status).

    An approved plan that asks for more (longer dates, or guests) needs a reason and goes back
    for a decision; one that is being prepared or on can't ask for more. Its live bookings must
    stay inside. Who changes what is still to be decided has filed it: somebody else decides.
    """
    with _step_on(plan.property_id, by, reason) as home:
        plan.property = home
        before = AwayPlan.objects.get(pk=plan.pk)
        _keep(plan, before, DECISION)
        if is_another_plan(before, plan):
            _allow_change(before, reason)
            if before.status in AwayPlan.HOSTING and asks_for_more(before, plan):
                _allow_more(before)
                plan.status = Plan.SUBMITTED
            if plan.status == Plan.SUBMITTED:
                plan.filed_by = by
        plan.save()
    return plan


def _allow_change(plan: AwayPlan, reason: str) -> None:
    if plan.status in ENDED:
        raise Refused(say_ended(plan.status))
    if plan.status in AwayPlan.HOSTING:
        say_why(reason, "changed: it was approved as it was")


def say_ended(status: str) -> str:
    """Why a plan in a state that ends it is not changed."""
    return f"This plan is {str(Plan(status).label).lower()}: file a new one for other dates."


def _allow_more(plan: AwayPlan) -> None:
    if plan.status != Plan.APPROVED:
        raise Refused(
            f"This plan is {_say(plan)}: it can be shortened, not extended. "
            "File a second plan for the added days."
        )
    if plan.bookings.live().exists():
        raise Refused(
            "This plan has bookings that need it approved, and extending it asks for a new "
            "decision. File a second plan for the added days."
        )


def asks_for_more(before: AwayPlan, after: AwayPlan) -> bool:
    """Whether a plan asks for longer dates, or for guests, where it had not."""
    longer = after.starts_on < before.starts_on or before.ends_on < after.ends_on
    return longer or (after.hosting_allowed and not before.hosting_allowed)


def is_another_plan(before: AwayPlan, after: AwayPlan) -> bool:
    """Whether something changed that a decision is about."""
    return any(
        getattr(before, name) != getattr(after, name)
        for name in ("starts_on", "ends_on", "hosting_allowed")
    )


def submit(plan: AwayPlan, *, by: User) -> AwayPlan:
    """Hand a draft in for a decision."""
    return _take_step("submit", plan, Attempt(by))


def approve(
    plan: AwayPlan, *, by: User, reason: str = "", at: datetime.datetime | None = None
) -> AwayPlan:
    """Approve a plan. Four eyes: who filed it may not, unless a manager says why."""
    return _decide("approve", plan, Attempt(by, reason, at))


def decline(
    plan: AwayPlan, *, by: User, reason: str, at: datetime.datetime | None = None
) -> AwayPlan:
    """Decline a plan, and say why."""
    return _decide("decline", plan, Attempt(by, reason, at))


def cancel(
    plan: AwayPlan, *, by: User, reason: str, at: datetime.datetime | None = None
) -> AwayPlan:
    """Cancel an approved plan, and say why. Its live bookings have to be cancelled first."""
    return _decide("cancel", plan, Attempt(by, reason, at))


def withdraw(plan: AwayPlan, *, by: User, reason: str = "") -> AwayPlan:
    """Take a plan back before it was decided."""
    return _take_step("withdraw", plan, Attempt(by, reason))


def start_preparing(plan: AwayPlan, *, by: User) -> AwayPlan:
    """Begin to make the home ready."""
    return _take_step("start_preparing", plan, Attempt(by))


def start(plan: AwayPlan, *, by: User) -> AwayPlan:
    """The residents have left: the plan is on."""
    return _take_step("start", plan, Attempt(by))


def complete(plan: AwayPlan, *, by: User) -> AwayPlan:
    """Hand the home back to its residents."""
    return _take_step("complete", plan, Attempt(by))


def take_plan_step(name: str, plan: AwayPlan, *, by: User, reason: str = "") -> AwayPlan:
    """Take a step by its name in `guards.PLAN`, as a command has it."""
    take = _decide if name in DECISIONS else _take_step
    return take(name, plan, Attempt(by, reason))


# Bookings


def hold(booking: Booking, *, by: User | None, at: datetime.datetime) -> Booking:
    """Hold dates for guests for a day. `held_until` says until when; nothing ends it by itself."""
    booking.status, booking.held_until = Stay.HELD, at + HOLD
    with step_on(booking.away_plan.property_id, by) as home:
        _fit_in(booking, home)
        booking.save()
        plan_work([home], booking.away_plan)
    return booking


def change_booking(booking: Booking, *, by: User, reason: str = "") -> Booking:
    """Save what was changed on a booking (dates, guests, price; never its status)."""
    with _step_on(booking.property_id, by, reason) as home:
        before = Booking.objects.get(pk=booking.pk)
        _keep(
            booking,
            before,
            ("status", "held_until", "checked_in_at", "checked_out_at", "cancel_reason"),
        )
        _fit_in(booking, home)
        booking.save()
    return booking


def confirm(booking: Booking, *, by: User) -> Booking:
    """Make a held booking firm."""
    return _take_step("confirm", booking, Attempt(by), held_until=None)


def check_in(booking: Booking, *, by: User, at: datetime.datetime, reason: str = "") -> Booking:
    """Let the guests in. Their host's plan is on and the home prepared, or a manager says why."""
    return _take_step("check_in", booking, Attempt(by, reason, at), checked_in_at=at)


def check_out(booking: Booking, *, by: User, at: datetime.datetime) -> Booking:
    """See the guests out."""
    return _take_step("check_out", booking, Attempt(by, at=at), checked_out_at=at)


def cancel_booking(booking: Booking, *, by: User, reason: str) -> Booking:
    """Cancel a booking, and say why."""
    return _take_step("cancel", booking, Attempt(by, reason), cancel_reason=reason)


def mark_no_show(booking: Booking, *, by: User) -> Booking:
    """The guests never came: to be said from the day of their arrival on, by the home's clock."""
    return _take_step("no_show", booking, Attempt(by))


# Homes


def save_home(
    home: Property, *, by: User, reason: str = "", changed: Collection[str] | None = None
) -> Property:
    """Save a home, its lifecycle moving only as it may; with `changed`, just those fields.

    A draft goes live, an active home can be paused and taken up again, and a home without open
    plans can be archived, for good.
    """
    if home.pk is None:
        home.save()
        return home
    with _step_on(home.pk, by, reason) as before:
        if changed is None or "lifecycle" in changed:
            allow_lifecycle(before, home)
        if changed is None or "max_guests" in changed:
            _allow_room(home)
        home.save(update_fields=changed)
        if home.zip_code_id != before.zip_code_id:
            let_go_at([home.pk])
    return home


def allow_lifecycle(before: Property, after: Property) -> None:
    """Refuse a lifecycle that no step leads to."""
    if after.lifecycle == before.lifecycle:
        return
    if after.lifecycle not in HOME_STEPS[before.lifecycle]:
        raise Refused(f"{after} is {_say_home(before)}: it can't become {_say_home(after)}.")
    if after.lifecycle == Home.ARCHIVED and after.away_plans.open().exists():
        raise Refused(f"{after} has open away plans: close them before it is archived.")


def _allow_room(home: Property) -> None:
    """Refuse less room than guests were promised."""
    crowded = home.bookings.live().filter(party_size__gt=home.max_guests)
    if party := crowded.order_by("-party_size", "arrives_on").first():
        raise Refused(
            f"{home} is booked for {party.party_size} guests, {party.dates}: it needs room. "
            "Change or cancel that booking first."
        )


# How a step is taken


def _decide(name: str, plan: AwayPlan, attempt: Attempt) -> AwayPlan:
    return _take_step(
        name,
        plan,
        attempt,
        decided_by=attempt.by,
        decided_at=attempt.at or timezone.now(),
        decision_reason=attempt.reason,
    )


def _take_step[Record: (AwayPlan, Booking)](
    name: str, record: Record, attempt: Attempt, **changes: Any
) -> Record:
    """Read the record anew under the property's lock, ask the guards, then set the new status."""
    is_plan = isinstance(record, AwayPlan)
    with step_on(record.property_id, attempt.by, attempt.reason) as home:
        record.refresh_from_db(fields=PLAN_AS_STORED if is_plan else BOOKING_AS_STORED)
        record.property, before = home, record.status
        guards.allow(name, record, attempt)
        changes["status"] = (guards.PLAN if is_plan else guards.BOOKING)[name].becomes
        for field, value in changes.items():
            setattr(record, field, value)
        record.save(update_fields=changes)
        if isinstance(record, Booking):
            plan_work([home], record.away_plan)
        elif not _brings_no_work(before, record.status):
            plan_work([home], record)
    return record


def _brings_no_work(before: str, after: str) -> bool:
    """Whether a plan was not approved before a step, and is not by it: it has no tasks then."""
    return before in BEFORE_APPROVAL and after not in AwayPlan.HOSTING


@contextmanager
def _step_on(property_id: int, by: User | None, reason: str = "") -> Iterator[Property]:
    """One step on one property, and the tasks that follow from it, whichever of its plans."""
    with step_on(property_id, by, reason) as home:
        yield home
        plan_work([home])


def _keep(record: AwayPlan | Booking, stored: models.Model, names: tuple[str, ...]) -> None:
    """What the person did not edit stays as it is stored now, not as they once loaded it."""
    for name in names:
        setattr(record, name, getattr(stored, name))


def _fit_in(booking: Booking, home: Property) -> None:
    """Into the home and the plan as they are now."""
    booking.away_plan = AwayPlan.objects.get(pk=booking.away_plan.pk)
    booking.away_plan.property = home
    if booking.party_size > home.max_guests:
        raise Refused(f"{home} has room for {home.max_guests} guests, not {booking.party_size}.")


def _say(plan: AwayPlan) -> str:
    return plan.get_status_display().lower()


def _say_home(home: Property) -> str:
    return home.get_lifecycle_display().lower()
