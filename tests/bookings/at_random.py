"""A small company in which anybody may try anything at any moment: for the proofs of its rules."""

from __future__ import annotations

import copy
import datetime
import itertools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st

from bookings import services
from bookings.models import AwayPlan, Booking, ChecklistItem, Property, Task
from bookings.tasks import steps
from opsconsole.access.acting import Source, acting
from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused, told_as_refusals
from staffing import services as duties
from staffing.followers import assignments_changed
from staffing.models import User, ZipAssignment, ZipCode
from tests.bookings.invariants import HOSTING, LIVE, OPEN, Rows, today_at
from tests.factories import days, make_manager, make_property, make_staff

CLOCKS = ("America/New_York", "America/New_York", "America/Los_Angeles")
MOST_PLANS = 5  # open ones of a home: it would take ever more of them to get anywhere
_codes = itertools.count(1)


class NotFound(Exception):
    """What somebody asks for lies outside of what they may see."""


class Try(NamedTuple):
    """One step that somebody tries, the numbers meaning what the step makes of them."""

    step: str
    who: int
    which: int
    start: int
    length: int
    size: int
    why: str
    yes: bool
    is_held: bool  # to their ZIP codes, as a request is
    is_stale: bool  # with a copy that was loaded long ago


class Company:
    """Homes in ZIP codes of their own, with people of each role; what it does is of this day."""

    def __init__(self) -> None:
        zip_codes = [
            ZipCode.objects.create(
                code=f"{next(_codes):05}",
                city="Anywhere",
                state="MA",
                timezone=clock,
                is_served=True,
            )
            for clock in CLOCKS
        ]
        self.zip_codes = [zip_code.pk for zip_code in zip_codes]
        people = [make_manager(), make_manager(), make_staff(), make_staff(), make_staff()]
        self.people = [person.pk for person in people]
        self.homes = [
            make_property(zip_code=zip_code, city="Anywhere", state="MA", timezone=clock).pk
            for zip_code, clock in zip(zip_codes, CLOCKS, strict=True)
        ]
        self.copies: dict[tuple[type[Any], int], Any] = {}
        self.rows = Rows(self.homes)
        for number, _home in enumerate(self.homes):
            self._begin(number)
        self.look()

    def _begin(self, number: int) -> None:
        """Somebody for the ZIP code, and an approved plan in the home."""
        mona, max_ = (User.objects.get(pk=pk) for pk in self.people[:2])
        duty = ZipAssignment(
            user_id=self.people[2 + number],
            content_object_id=self.zip_codes[number],
            starts_on=timezone.localdate() - days(1),
        )
        duties.assign(duty, by=mona)
        home = Property.objects.get(pk=self.homes[number])
        plan = AwayPlan(
            property=home,
            starts_on=today_at(home) + days(number),
            ends_on=today_at(home) + days(number + 12),
            hosting_allowed=True,
        )
        services.approve(services.file_plan(plan, by=mona), by=max_)

    def look(self) -> Rows:
        """Everything as it is now, by which the next steps choose."""
        self.rows = Rows(self.homes)
        return self.rows

    def take(self, tried: Try) -> str:
        """Try a step; what came of it: done, refused in a sentence, or not found."""
        person = User.objects.get(pk=self.people[tried.who % len(self.people)])
        is_held = tried.is_held and tried.step not in OF_MANAGERS
        try:
            with held_to(person) if is_held else nullcontext():
                STEPS[tried.step](self, tried, person)
        except NotFound:
            return "not found"
        except Refused as refusal:
            sentence = str(refusal)
            assert sentence[0].isupper(), sentence
            assert sentence.rstrip()[-1] in ".!?", sentence
            return "refused"
        return "done"

    def what_fits(self, tried: Try) -> Try:
        """The step, or what has to come before it; now and then the step all the same."""
        while tried.which % 5 and not self.fitting(tried) and tried.step in FIRST:
            tried = tried._replace(step=FIRST[tried.step])
        return tried

    def fitting(self, tried: Try) -> list[int]:
        """The records in a state in which they may take the step."""
        model, states = FITTING[tried.step]
        state = "lifecycle" if model is Property else "status"
        return [pk for pk, row in self.rows.of(model).items() if getattr(row, state) in states]

    def any_of(self, model: type[Any], tried: Try) -> Any:
        """One of these records, of those that fit in four of five cases."""
        those = self.fitting(tried) if tried.which % 5 else []
        pool = those or list(self.rows.of(model))
        if not pool:
            raise NotFound
        return self.load(model, pool[tried.which // 5 % len(pool)], tried)

    def load(self, model: type[Any], pk: int, tried: Try) -> Any:
        """The record as it is, or as it once was."""
        if tried.is_stale and (model, pk) in self.copies:
            return copy.copy(self.copies[model, pk])
        try:
            record = model.objects.get(pk=pk)
        except ObjectDoesNotExist:
            raise NotFound from None
        self.copies.setdefault((model, pk), copy.copy(record))
        return record


type Step = Callable[[Company, Try, User], object]
STEPS: dict[str, Step] = {}
FITTING: dict[str, tuple[type[Any], tuple[str, ...]]] = {}
FIRST = {  # what has to come first, where nothing is there to take the step
    "submit": "draft", "approve": "file_plan", "decline": "file_plan", "withdraw": "file_plan",
    "start_preparing": "approve", "cancel": "approve", "start": "start_preparing",
    "complete": "start", "hold": "approve", "confirm": "hold", "change_booking": "hold",
    "check_in": "confirm", "cancel_booking": "hold", "mark_no_show": "confirm",
    "check_out": "check_in", "begin": "assign", "give_back": "assign", "tick": "begin",
    "finish": "begin", "verify": "finish", "unblock": "block", "assign": "add_task",
}  # fmt: skip
OF_MANAGERS = {"assign_zip", "change_duty", "end_duty", "leave_or_return", "draft"}


def step(model: type[Any], *fitting: str) -> Callable[[Step], Step]:
    """A step, and in which states of which records it may be taken."""

    def add(function: Step) -> Step:
        STEPS[function.__name__] = function
        FITTING[function.__name__] = model, fitting
        return function

    return add


# Away plans


@step(Property, "active")
def file_plan(company: Company, tried: Try, by: User) -> object:
    home = company.any_of(Property, tried)
    return services.file_plan(_plan_of(company, home, tried), by=by)


@step(Property, "active")
def draft(company: Company, tried: Try, by: User) -> object:
    """As an import brings plans."""
    plan = _plan_of(company, company.any_of(Property, tried), tried)
    if plan.ends_on <= plan.starts_on:
        raise NotFound
    with told_as_refusals(), acting(by, source=Source.IMPORT):
        plan.save()
    return plan


def _plan_of(company: Company, home: Any, tried: Try) -> AwayPlan:
    theirs = [p for p in company.rows.plans.values() if p.property_id == home.pk]
    if sum(p.status in HOSTING | {"draft", "submitted"} for p in theirs) >= MOST_PLANS:
        raise NotFound
    after = max([today_at(home), *(p.ends_on for p in theirs)]) if tried.yes else today_at(home)
    starts_on = after + days(tried.start)
    return AwayPlan(
        property=home,
        starts_on=starts_on,
        ends_on=starts_on + days(tried.length * 2),
        hosting_allowed=tried.size > 1,
    )


@step(AwayPlan, *HOSTING, "submitted")
def revise(company: Company, tried: Try, by: User) -> object:
    plan = company.any_of(AwayPlan, tried)
    plan.starts_on += days(tried.start % 3 - 1)
    plan.ends_on += days(tried.length % 5 - 3)
    plan.hosting_allowed ^= tried.size == 1
    return services.revise(plan, by=by, reason=tried.why)


def _on_plans(name: str, *fitting: str, why: bool = False) -> None:
    def take(company: Company, tried: Try, by: User) -> object:
        plan = company.any_of(AwayPlan, tried)
        return getattr(services, name)(plan, by=by, **({"reason": tried.why} if why else {}))

    take.__name__ = name
    step(AwayPlan, *fitting)(take)


_on_plans("submit", "draft")
_on_plans("approve", "submitted", why=True)
_on_plans("decline", "submitted", why=True)
_on_plans("withdraw", "draft", "submitted", why=True)
_on_plans("cancel", "approved", "preparing", why=True)
_on_plans("start_preparing", "approved")
_on_plans("start", "preparing")
_on_plans("complete", "active")


# Bookings


@step(AwayPlan, *HOSTING)
def hold(company: Company, tried: Try, by: User) -> object:
    plan = company.any_of(AwayPlan, tried)
    arrives_on = plan.starts_on + days(tried.start)
    booking = Booking(
        away_plan=plan,
        guest_name="Gil Guest",
        party_size=tried.size,
        arrives_on=arrives_on,
        departs_on=arrives_on + days(tried.length % 5),
    )
    return services.hold(booking, by=by, at=timezone.now())


@step(Booking, *LIVE)
def change_booking(company: Company, tried: Try, by: User) -> object:
    booking = company.any_of(Booking, tried)
    booking.arrives_on += days(tried.start % 4 - 1)
    booking.departs_on += days(tried.length % 4 - 1)
    booking.party_size = tried.size
    return services.change_booking(booking, by=by, reason=tried.why)


def _on_bookings(name: str, *fitting: str, **more: Callable[[Try], Any]) -> None:
    def take(company: Company, tried: Try, by: User) -> object:
        booking = company.any_of(Booking, tried)
        given = {key: value(tried) for key, value in more.items()}
        return getattr(services, name)(booking, by=by, **given)

    take.__name__ = name
    step(Booking, *fitting)(take)


def _why(tried: Try) -> str:
    return tried.why


def _now(tried: Try) -> datetime.datetime:
    return timezone.now()


_on_bookings("confirm", "held")
_on_bookings("check_in", "confirmed", at=_now, reason=_why)
_on_bookings("check_out", "checked_in", at=_now)
_on_bookings("cancel_booking", "held", "confirmed", reason=_why)
_on_bookings("mark_no_show", "confirmed")


# Homes


@step(Property, "active", "draft", "paused")
def save_home(company: Company, tried: Try, by: User) -> object:
    home = company.any_of(Property, tried)
    field = ("zip_code", "max_guests", "lifecycle", "name")[tried.length % 4]
    if field == "zip_code":
        home.zip_code = company.load(ZipCode, company.zip_codes[tried.start % len(CLOCKS)], tried)
    elif field == "max_guests":
        home.max_guests = tried.size
    elif field == "lifecycle":
        home.lifecycle = Property.Lifecycle.values[tried.start % 4]
    else:
        home.name = f"Home {tried.which}"
    changed = [field] if tried.yes else None
    return services.save_home(home, by=by, reason=tried.why, changed=changed)


# Tasks


@step(Property, "active")
def add_task(company: Company, tried: Try, by: User) -> object:
    home = company.any_of(Property, tried)
    starts_on = today_at(home) + days(tried.start)
    task = Task(
        property=home,
        kind=Task.Kind.values[-1 - tried.size % 3],
        starts_on=starts_on,
        due_on=starts_on + days(tried.length),
    )
    return steps.add_task(task, by=by)


@step(Task, *OPEN)
def change_task(company: Company, tried: Try, by: User) -> object:
    task = company.any_of(Task, tried)
    task.starts_on += days(tried.start)
    task.due_on += days(tried.start + tried.length)
    task.priority = 1 + tried.size % 3
    return steps.change_task(task, by=by, reason=tried.why)


@step(Task, "unassigned", "assigned")
def assign(company: Company, tried: Try, by: User) -> object:
    task = company.any_of(Task, tried)
    to = User.objects.filter(pk=company.people[tried.start % len(company.people)]).first()
    if to is None:
        raise NotFound
    return steps.assign(task, to=to, by=by, reason=tried.why)


def _on_tasks(name: str, *fitting: str, why: bool = False) -> None:
    def take(company: Company, tried: Try, by: User) -> object:
        task = company.any_of(Task, tried)
        return getattr(steps, name)(task, by=by, **({"reason": tried.why} if why else {}))

    take.__name__ = name
    step(Task, *fitting)(take)


_on_tasks("take", "unassigned", "assigned")
_on_tasks("give_back", "assigned", why=True)
_on_tasks("begin", "assigned")
_on_tasks("finish", "in_progress")
_on_tasks("verify", "done")
_on_tasks("block", *OPEN, why=True)
_on_tasks("unblock", "blocked", why=True)
_on_tasks("cancel_task", *OPEN, why=True)


@step(Task, "in_progress")
def tick(company: Company, tried: Try, by: User) -> object:
    """All lines but now and then one, which is taken back instead."""
    task = company.any_of(Task, tried)
    for item in ChecklistItem.objects.filter(task=task):
        item.task = task
        if tried.size == 0 and item.position == tried.length:
            steps.untick(item, by=by)
        else:
            steps.tick(item, by=by, note=tried.why)
    return task


# Assignments


@step(Property)
def assign_zip(company: Company, tried: Try, by: User) -> object:
    starts_on = timezone.localdate() + days(tried.start)
    duty = ZipAssignment(
        user_id=company.people[tried.which % len(company.people)],
        content_object_id=company.zip_codes[tried.size % len(CLOCKS)],
        duty=ZipAssignment.Duty.values[tried.length % 3],
        starts_on=starts_on,
        ends_on=starts_on + days(tried.length) if tried.yes else None,
    )
    return duties.assign(duty, by=by, reason=tried.why)


@step(Property)
def change_duty(company: Company, tried: Try, by: User) -> object:
    duty = _duty_of(company, tried)
    duty.starts_on += days(tried.start % 3 - 1)
    duty.ends_on = timezone.localdate() + days(tried.length) if tried.yes else None
    return duties.change(duty, by=by, reason=tried.why)


@step(Property)
def end_duty(company: Company, tried: Try, by: User) -> object:
    on = timezone.localdate() + days(tried.length) if tried.yes else None
    return duties.end_assignment(_duty_of(company, tried), by=by, reason=tried.why, on=on)


def _duty_of(company: Company, tried: Try) -> Any:
    theirs = list(ZipAssignment.objects.filter(content_object__in=company.zip_codes).order_by("pk"))
    if not theirs:
        raise NotFound
    return theirs[tried.which % len(theirs)]


@step(Property)
def leave_or_return(company: Company, tried: Try, by: User) -> object:
    """Somebody of the staff is deactivated, or comes back, as their page does it."""
    person = User.objects.get(pk=company.people[2 + tried.which % 3])
    with transaction.atomic(), acting(by, source=Source.CONSOLE):
        person.is_active = not person.is_active
        person.save()
        if not person.is_active:
            assignments_changed(company.zip_codes)
    return person


LIKELY = ["hold", "hold", "check_in", "check_out", "tick", "finish", "save_home", "save_home"]

tries = st.builds(
    Try,
    step=st.sampled_from([*STEPS, *LIKELY]),
    who=st.integers(0, 9),
    which=st.integers(1, 200),
    start=st.sampled_from([1, 2, 3, 4, 5, 6, 8, 0, -1]),
    length=st.sampled_from([3, 1, 2, 4, 5, 6, 8, 9, 0, -1]),
    size=st.sampled_from([2, 1, 3, 4, 5, 0]),
    why=st.sampled_from(["They asked for it", "They asked for it", "", " "]),
    yes=st.sampled_from([True, False]),
    is_held=st.booleans(),
    is_stale=st.integers(0, 4).map(lambda number: number == 4),
)
