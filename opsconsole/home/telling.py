"""Stays, plans and tasks as cards of "My day"."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q
from django.utils.text import capfirst

from bookings.models import AwayPlan, Booking, ChecklistItem, Property, Task
from bookings.readiness import State, reasons, say_state, with_readiness
from opsconsole.access import registry
from opsconsole.history.versions import with_newest
from opsconsole.home.cards import Card, Phone, Press, link_to
from opsconsole.home.countdown import moment_at, say_day, say_hour, say_left
from opsconsole.home.whats_on import AT_THE_DOOR
from staffing.models import User

NEXT_OF_A_TASK = {
    Task.Status.UNASSIGNED: ("take", "Take"),
    Task.Status.ASSIGNED: ("begin", "Begin"),
    Task.Status.IN_PROGRESS: ("finish", "Finish"),
}
NEXT_OF_A_PLAN = {
    AwayPlan.Status.APPROVED: ("start_preparing", "Start preparing"),
    AwayPlan.Status.PREPARING: ("start", "Residents have left"),
    AwayPlan.Status.ACTIVE: ("complete", "Hand back"),
}


class Telling:
    """Tells some records to a person; what they share is looked up for all of them at once."""

    def __init__(
        self, records: Sequence[Any], viewer: User, at: datetime.datetime, *, may_act: bool
    ) -> None:
        self.viewer, self.at, self.may_act = viewer, at, may_act
        self.homes = _homes({record.property_id for record in records}, at)
        self.why = reasons([home for home in self.homes.values() if _is_not_ready(home)], at)
        tasks = [record for record in records if isinstance(record, Task)]
        stays = [record.pk for record in records if isinstance(record, Booking)]
        self.at_the_door = _at_the_door(stays, viewer)
        self.ticked = _ticked([task.pk for task in tasks], viewer)
        doors = [task for found in self.at_the_door.values() for task in found]
        self.names = User.names_of(task.assignee_id for task in [*tasks, *doors])

    # Cards

    def arrival(self, stay: Any) -> Card:
        """Guests to let in."""
        door, presses = self._door(stay, Task.Kind.CHECK_IN)
        if stay.status == Booking.Status.CONFIRMED and self._has_come(stay, stay.arrives_on):
            presses.insert(0, Press(stay, "check_in", "Check in"))
        hour = stay.property.check_in_from
        state = "" if stay.status == Booking.Status.CONFIRMED else "The booking is only held"
        return Card(
            stay,
            title=_guests(stay),
            when=f"{self._day(stay, stay.arrives_on)} from {say_hour(hour)}",
            **self._until(moment_at(stay.property, stay.arrives_on, hour)),
            facts=[f"Home: {say_state(self.homes[stay.property_id])}", state, door],
            warnings=self._warnings(stay),
            phones=_phones(stay.guest_name, stay.guest_phone),
            presses=self._may(presses),
            is_late=stay.arrives_on < self._today(stay),
        )

    def departure(self, stay: Any) -> Card:
        """Guests to see out."""
        door, presses = self._door(stay, Task.Kind.CHECK_OUT)
        hour = stay.property.check_out_until
        moment = moment_at(stay.property, stay.departs_on, hour)
        return Card(
            stay,
            title=_guests(stay),
            when=f"{self._day(stay, stay.departs_on)} until {say_hour(hour)}",
            **self._until(moment),
            facts=[door],
            phones=_phones(stay.guest_name, stay.guest_phone),
            presses=self._may([Press(stay, "check_out", "Check out"), *presses]),
            is_late=moment < self.at,
        )

    def plan(self, plan: Any) -> Card:
        """Residents who leave or return."""
        is_leaving, owner = self.is_leaving(plan), plan.property.owner
        day = plan.starts_on if is_leaving else plan.ends_on
        is_time = self._has_come(plan, day) or plan.status == AwayPlan.Status.APPROVED
        return Card(
            plan,
            title=f"{owner.full_name} {'leaves' if is_leaving else 'is back'}",
            when=self._day(plan, day),
            facts=[f"Away {plan.dates}", f"Home: {say_state(self.homes[plan.property_id])}"],
            warnings=[] if is_leaving else self._warnings(plan),
            phones=_phones(owner.full_name, owner.phone),
            presses=self._may([Press(plan, *NEXT_OF_A_PLAN[plan.status])] if is_time else []),
            is_late=day < self._today(plan),
        )

    def task(self, task: Any) -> Card:
        """Something to do in a home."""
        is_late, is_blocked = self.is_overdue(task), task.status == Task.Status.BLOCKED
        when = f"{'was due' if is_late else 'due'} {self._day(task, task.due_on)}"
        until: dict[str, Any] = {}
        if task.kind == Task.Kind.TURNOVER and task.booking:
            hour = task.property.check_in_from
            when += f", guests {self._day(task, task.booking.arrives_on)} from {say_hour(hour)}"
            until = self._until(moment_at(task.property, task.booking.arrives_on, hour))
        blocked = f"Blocked: {task.reason}" if is_blocked else ""
        return Card(
            task,
            title=task.get_kind_display(),
            when=when,
            **until,
            facts=[capfirst(self._who(task)), self._progress(task), blocked, task.notes],
            warnings=[(task.flag, link_to(task))] if task.flag else [],
            presses=self._may(self._next(task)),
            is_late=is_late or (bool(until) and until["moment"] < self.at),
        )

    # Which they are

    def is_leaving(self, plan: AwayPlan) -> bool:
        """Whether the residents are still there."""
        return plan.status != AwayPlan.Status.ACTIVE

    def is_returning(self, plan: AwayPlan) -> bool:
        """Whether the residents are away."""
        return not self.is_leaving(plan)

    def is_overdue(self, task: Task) -> bool:
        """Whether its day is over, by the clock of the home."""
        return task.due_on < self._today(task)

    def is_in_time(self, task: Task) -> bool:
        """Whether there is time for it still."""
        return not self.is_overdue(task)

    # Parts of cards

    def _today(self, record: Any) -> datetime.date:
        home: Property = record.property
        return home.date_at(self.at)

    def _has_come(self, record: Any, day: datetime.date) -> bool:
        return day <= self._today(record)

    def _day(self, record: Any, day: datetime.date) -> str:
        return say_day(day, self._today(record))

    def _until(self, moment: datetime.datetime) -> dict[str, Any]:
        return {"moment": moment, "left": say_left(moment, self.at)}

    def _door(self, stay: Any, kind: str) -> tuple[str, list[Press]]:
        """Who is to be at the door, and the way to be that oneself."""
        tasks = [task for task in self.at_the_door[stay.pk] if task.kind == kind]
        if not tasks:
            return "", []
        presses = [Press(tasks[0], "take", "Take")] if tasks[0].assignee_id is None else []
        return f"{tasks[0].get_kind_display()}: {self._who(tasks[0])}", presses

    def _who(self, task: Any) -> str:
        if task.assignee_id is None:
            return "nobody has it yet"
        is_own = task.assignee_id == self.viewer.pk
        return "yours" if is_own else f"with {self.names.get(task.assignee_id, 'a colleague')}"

    def _progress(self, task: Any) -> str:
        done, count = self.ticked.get(task.pk, (0, 0))
        return f"Checklist: {done} of {count} ticked" if count else ""

    def _next(self, task: Any) -> list[Press]:
        is_theirs = task.assignee_id in (None, self.viewer.pk)
        step = NEXT_OF_A_TASK.get(task.status)
        return [Press(task, *step)] if step and is_theirs else []

    def _warnings(self, record: Any) -> list[tuple[str, str]]:
        return [(words, link_to(about)) for words, about in self.why.get(record.property_id, [])]

    def _may(self, presses: list[Press]) -> list[Press]:
        return presses if self.may_act else []


def _guests(stay: Any) -> str:
    return f"{stay.guest_name}, party of {stay.party_size}"


def _phones(who: str, number: str) -> list[Phone]:
    return [Phone(who, number)] if number else []


def _is_not_ready(home: Any) -> bool:
    return bool(home.readiness == State.NOT_READY)


def _homes(pks: set[int], at: datetime.datetime) -> dict[int, Any]:
    """By id: whoever sees what is on in a home sees the home."""
    return {home.pk: home for home in with_readiness(Property.objects.filter(pk__in=pks), at)}


def _at_the_door(stays: list[int], viewer: User) -> dict[int, list[Any]]:
    """The tasks of letting guests in and seeing them out that are still open."""
    rows = Task.objects.visible_to(viewer).open().filter(booking__in=stays, kind__in=AT_THE_DOOR)
    found: dict[int, list[Any]] = defaultdict(list)
    for task in with_newest(rows).order_by("pk"):
        found[task.booking_id or 0].append(task)
    return found


def _ticked(tasks: list[int], viewer: User) -> dict[int, tuple[int, int]]:
    """Of each task how many lines of its checklist are ticked, and how many there are."""
    lines = registry.visible(ChecklistItem._base_manager.filter(task__in=tasks), viewer)
    counted = (
        lines.order_by()
        .values("task")
        .annotate(count=Count("pk"), ticked=Count("pk", filter=Q(done=True)))
    )
    return {row["task"]: (row["ticked"], row["count"]) for row in counted}
