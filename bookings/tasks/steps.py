"""What people do with tasks: a function for each step, the only way to a new status.

A step that can't be taken raises `Refused` with a sentence that a person understands; nothing
has changed then.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils import timezone

from bookings.models import AwayPlan, ChecklistItem, Property, Task
from bookings.steps import say_why, step_on
from bookings.tasks.checklists import checklist_of
from bookings.tasks.letting_go import let_go_at
from bookings.tasks.planning import plan_work
from opsconsole.database.refusals import Refused
from opsconsole.dates import say_date
from staffing.models import User
from staffing.rota import Rota

Status = Task.Status


class Step(NamedTuple):
    """What is done to a task, in a word, and in which states it can be."""

    done: str
    allowed_from: tuple[str, ...]


STEPS: dict[str, Step] = {
    "assign": Step("assigned", Task.UNTOUCHED),
    "take": Step("taken", Task.UNTOUCHED),
    "give_back": Step("given back", (Status.ASSIGNED,)),
    "begin": Step("begun", (Status.ASSIGNED,)),
    "tick": Step("ticked off", (Status.IN_PROGRESS,)),
    "finish": Step("finished", (Status.IN_PROGRESS,)),
    "verify": Step("verified", (Status.DONE,)),
    "block": Step("blocked", (*Task.UNTOUCHED, Status.IN_PROGRESS)),
    "unblock": Step("taken up again", (Status.BLOCKED,)),
    "cancel": Step("cancelled", Task.OPEN),
}
# What a step decides by, read anew under the lock. By id: colleagues are not staff's to load.
AS_STORED = ("status", "kind", "generated_key", "starts_on", "due_on", "assignee", "done_by")

type Guard = Callable[[Task, Property], None]


# Having them


def add_task(task: Task, *, by: User) -> Task:
    """Write down what somebody found to do in a home, with the plan that is on by then."""
    if task.kind not in Task.BY_HAND:
        raise Refused("Tasks of this kind follow from plans and bookings by themselves.")
    with step_on(task.property_id, by) as home:
        task.property, task.assignee, task.status = home, None, Status.UNASSIGNED
        plans = home.away_plans.filter(status__in=AwayPlan.HOSTING)
        task.away_plan = plans.filter(starts_on__lte=task.due_on, ends_on__gt=task.due_on).first()
        task.save()
        ChecklistItem.objects.bulk_create(checklist_of(task))
    return task


def change_task(task: Task, *, by: User, reason: str = "") -> Task:
    """Save what was changed on a task: priority and notes, and the days of one that is by hand."""
    with step_on(task.property_id, by, reason):
        before = Task.objects.get(pk=task.pk)
        if before.is_generated:
            task.kind, task.starts_on, task.due_on = before.kind, before.starts_on, before.due_on
        elif task.kind not in Task.BY_HAND:
            raise Refused("Tasks of this kind follow from plans and bookings by themselves.")
        task.save(update_fields=["kind", "starts_on", "due_on", "priority", "notes"])
        let_go_at([task.property_id])
        task.refresh_from_db(fields=AS_STORED)
    return task


def assign(
    task: Task, *, to: User, by: User, reason: str = "", at: datetime.datetime | None = None
) -> Task:
    """Give a task to somebody who looks after the ZIP code on the day that it is due."""

    def looks_after_it(now: Task, home: Property) -> None:
        _allow_assignee(to, now, home, at)

    return _take_step(
        "assign", task, by, reason, looks_after_it, assignee=to, status=Status.ASSIGNED
    )


def take(task: Task, *, by: User, at: datetime.datetime | None = None) -> Task:
    """Take a task oneself, also from a colleague who has not begun it."""

    def may_have_it(now: Task, home: Property) -> None:
        if now.assignee_id == by.pk:
            raise Refused("This task is yours already.")
        _allow_assignee(by, now, home, at)

    return _take_step("take", task, by, guard=may_have_it, assignee=by, status=Status.ASSIGNED)


def give_back(task: Task, *, by: User, reason: str = "") -> Task:
    """Have a task be nobody's again."""
    return _take_step(
        "give_back", task, by, reason, _is_theirs(by), assignee=None, status=Status.UNASSIGNED
    )


# Doing them


def begin(task: Task, *, by: User) -> Task:
    """Begin to work on a task: from here on it stays as it is, whatever its plan becomes."""
    return _take_step("begin", task, by, guard=_is_theirs(by), status=Status.IN_PROGRESS)


def tick(
    item: ChecklistItem, *, by: User, note: str = "", at: datetime.datetime | None = None
) -> ChecklistItem:
    """Tick a line of the checklist off, with a note where there is something to say."""
    ticked: dict[str, Any] = {"done_by": by, "done_at": at or timezone.now()}
    return _mark(item, by, done=True, **ticked, **({"note": note} if note else {}))


def untick(item: ChecklistItem, *, by: User) -> ChecklistItem:
    """Take a tick back."""
    return _mark(item, by, done=False, done_by=None, done_at=None)


def finish(task: Task, *, by: User, at: datetime.datetime | None = None) -> Task:
    """Have done a task, with all that its checklist requires."""

    def nothing_is_left(now: Task, home: Property) -> None:
        _is_theirs(by)(now, home)
        left = now.checklist.filter(required=True, done=False).order_by("position")
        if lines := [f"“{line}”" for line in left]:
            raise Refused(f"Not all of its checklist is done: {', '.join(lines)}.")

    done: dict[str, Any] = {"done_by": by, "done_at": at or timezone.now()}
    return _take_step("finish", task, by, guard=nothing_is_left, status=Status.DONE, **done)


def verify(task: Task, *, by: User, at: datetime.datetime | None = None) -> Task:
    """Look at what was done, and find it good. Four eyes: not who did it."""

    def somebody_else_did_it(now: Task, home: Property) -> None:
        if now.done_by_id == by.pk:
            raise Refused("You did this task yourself: somebody else has to look at it.")

    seen: dict[str, Any] = {"verified_by": by, "verified_at": at or timezone.now(), "flag": ""}
    return _take_step(
        "verify", task, by, guard=somebody_else_did_it, status=Status.VERIFIED, **seen
    )


# Stopping them


def block(task: Task, *, by: User, reason: str) -> Task:
    """Say that a task can't be worked on now, and why."""
    say_why(reason, "blocked")
    return _take_step("block", task, by, reason, status=Status.BLOCKED)


def unblock(task: Task, *, by: User, reason: str = "") -> Task:
    """What stood in the way is gone: it is its assignee's to begin again, or anybody's to take.

    What its plan or booking changed while it was blocked reaches it now.
    """

    def back_to_somebody(now: Task, home: Property) -> None:
        now.status = Status.ASSIGNED if now.assignee_id else Status.UNASSIGNED

    with step_on(task.property_id, by, reason) as home:
        _take_step("unblock", task, by, reason, guard=back_to_somebody)
        plan_work([home])
        task.refresh_from_db(fields=[*AS_STORED, "reason", "flag"])
    return task


def cancel_task(task: Task, *, by: User, reason: str) -> Task:
    """Cancel a task, and say why. It is not made again, whatever its plan wants."""
    say_why(reason, "cancelled")
    return _take_step("cancel", task, by, reason, status=Status.CANCELLED)


# How a step is taken


def _take_step(
    name: str, task: Task, by: User, reason: str = "", guard: Guard | None = None, **changes: Any
) -> Task:
    """Read the task anew under the property's lock, ask the guard, then write."""
    with step_on(task.property_id, by, reason) as home:
        task.refresh_from_db(fields=AS_STORED)
        _allow(name, task)
        if guard:
            guard(task, home)
        stops = changes.get("status") in (Status.BLOCKED, Status.CANCELLED)
        changes = {"status": task.status, **changes, "reason": reason if stops else ""}
        for field, value in changes.items():
            setattr(task, field, value)
        task.save(update_fields=changes)
    return task


def _allow(name: str, task: Task) -> None:
    step = STEPS[name]
    if task.status not in step.allowed_from:
        *others, last = [_word(status) for status in step.allowed_from]
        states = f"{', '.join(others)} or {last}" if others else last
        raise Refused(f"This task is {_word(task.status)}: only what is {states} is {step.done}.")


def _mark(item: ChecklistItem, by: User, **changes: Any) -> ChecklistItem:
    task = item.task
    with step_on(task.property_id, by) as home:
        task.refresh_from_db(fields=AS_STORED)
        _allow("tick", task)
        _is_theirs(by)(task, home)
        for field, value in changes.items():
            setattr(item, field, value)
        item.save(update_fields=changes)
    return item


def _is_theirs(by: User) -> Guard:
    def has_it(now: Task, home: Property) -> None:
        if now.assignee_id != by.pk and not by.is_manager:
            name = User.names_of([now.assignee_id]).get(now.assignee_id or 0, "somebody else")
            raise Refused(f"This is a task of {name}: take it first, or ask a manager.")

    return has_it


def _allow_assignee(person: User, task: Task, home: Property, at: datetime.datetime | None) -> None:
    """On the day that it is due, or today where that is over."""
    day = max(task.due_on, home.date_at(at or timezone.now()))
    if not Rota([home.zip_code_id]).looks_after(person.pk, day, home.zip_code_id):
        raise Refused(
            f"{person} does not look after {home.zip_code} on {say_date(day)}: "
            "only who does can have the task."
        )


def _word(status: str) -> str:
    return str(Status(status).label).lower()
