"""What people do with tasks: a function for each step, the only way to a new status.

A step that can't be taken raises `Refused` with a sentence that a person understands; nothing
has changed then.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import timezone

from bookings.models import AwayPlan, ChecklistItem, Task
from bookings.steps import Attempt, step_on
from bookings.tasks import guards
from bookings.tasks.checklists import checklist_of
from bookings.tasks.guards import STEPS as STEPS
from bookings.tasks.letting_go import let_go_at
from bookings.tasks.planning import plan_work
from opsconsole.database.refusals import Refused
from opsconsole.notices.models import Kind
from opsconsole.notices.telling import notify
from staffing.models import User
from staffing.rota import Rota

Status = Task.Status


# What a step decides by, read anew under the lock. By id: colleagues are not staff's to load.
AS_STORED = ("status", "kind", "generated_key", "starts_on", "due_on", "assignee", "done_by")

type Then = Callable[[Task, Attempt], dict[str, Any]]

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
    attempt = Attempt(by, reason, at, to)
    return _take_step("assign", task, attempt, assignee=to, status=Status.ASSIGNED)


def take(task: Task, *, by: User, at: datetime.datetime | None = None) -> Task:
    """Take a task oneself, also from a colleague who has not begun it."""
    return _take_step("take", task, Attempt(by, at=at), assignee=by, status=Status.ASSIGNED)


def give_back(task: Task, *, by: User, reason: str = "") -> Task:
    """Have a task be nobody's again."""
    attempt = Attempt(by, reason)
    return _take_step("give_back", task, attempt, assignee=None, status=Status.UNASSIGNED)


# Doing them


def begin(task: Task, *, by: User) -> Task:
    """Begin to work on a task: from here on it stays as it is, whatever its plan becomes."""
    return _take_step("begin", task, Attempt(by), status=Status.IN_PROGRESS)


def tick(
    item: ChecklistItem, *, by: User, note: str = "", at: datetime.datetime | None = None
) -> ChecklistItem:
    """Tick a line of the checklist off, with a note where there is something to say."""
    ticked: dict[str, Any] = {"done_by": by, "done_at": at or timezone.now()}
    return _mark(item, by, done=True, **ticked, **({"note": note} if note else {}))


def untick(item: ChecklistItem, *, by: User) -> ChecklistItem:
    """Take a tick back."""
    return _mark(item, by, done=False, done_by=None, done_at=None)


def note(item: ChecklistItem, text: str, *, by: User) -> ChecklistItem:
    """Write down what there is to say about a line of the checklist, ticked or not."""
    return _mark(item, by, note=text)


def finish(task: Task, *, by: User, at: datetime.datetime | None = None) -> Task:
    """Have done a task, with all that its checklist requires."""
    done: dict[str, Any] = {"done_by": by, "done_at": at or timezone.now()}
    return _take_step("finish", task, Attempt(by, at=at), status=Status.DONE, **done)


def verify(task: Task, *, by: User, at: datetime.datetime | None = None) -> Task:
    """Look at what was done, and find it good. Four eyes: not who did it."""
    seen: dict[str, Any] = {"verified_by": by, "verified_at": at or timezone.now(), "flag": ""}
    return _take_step("verify", task, Attempt(by, at=at), status=Status.VERIFIED, **seen)


def send_back(task: Task, *, by: User, reason: str, at: datetime.datetime | None = None) -> Task:
    """Look at what was done, and find something left to do: its assignee goes on with it.

    It is nobody's where they do not look after the ZIP code any more. Who goes on is told why.
    """
    undone = {"done_by": None, "done_at": None}
    _take_step("send_back", task, Attempt(by, reason, at), _goes_on, **undone)
    if task.assignee_id:
        notify(
            User(pk=task.assignee_id),
            f"{task} was sent back to you by {by}: {reason}",
            reverse("admin:bookings_task_change", args=[task.pk]),
            kind=Kind.TASK,
            about=task,
        )
    return task


# Stopping them


def block(task: Task, *, by: User, reason: str) -> Task:
    """Say that a task can't be worked on now, and why."""
    return _take_step("block", task, Attempt(by, reason), status=Status.BLOCKED)


def unblock(task: Task, *, by: User, reason: str = "") -> Task:
    """What stood in the way is gone: it is its assignee's to begin again, or anybody's to take.

    What its plan or booking changed while it was blocked reaches it now.
    """
    with step_on(task.property_id, by, reason) as home:
        _take_step("unblock", task, Attempt(by, reason), _to_be_begun)
        plan_work([home])
        task.refresh_from_db(fields=[*AS_STORED, "reason", "flag"])
    return task


def cancel_task(task: Task, *, by: User, reason: str) -> Task:
    """Cancel a task, and say why. It is not made again, whatever its plan wants."""
    return _take_step("cancel", task, Attempt(by, reason), status=Status.CANCELLED)


# How a step is taken


def _take_step(
    name: str, task: Task, attempt: Attempt, then: Then | None = None, **changes: Any
) -> Task:
    """Read the task anew under the property's lock, ask the guards, then write.

    `then` says what becomes of the task as it is found, where that is not always the same.
    """
    with step_on(task.property_id, attempt.by, attempt.reason) as home:
        task.refresh_from_db(fields=AS_STORED)
        task.property = home
        guards.allow(name, task, attempt)
        changes |= then(task, attempt) if then else {}
        stops = changes["status"] in (Status.BLOCKED, Status.CANCELLED)
        changes["reason"] = attempt.reason if stops else ""
        for field, value in changes.items():
            setattr(task, field, value)
        task.save(update_fields=changes)
    return task


def _to_be_begun(task: Task, attempt: Attempt) -> dict[str, Any]:
    return {"status": Status.ASSIGNED if task.assignee_id else Status.UNASSIGNED}


def _goes_on(task: Task, attempt: Attempt) -> dict[str, Any]:
    rota, day = Rota([task.property.zip_code_id]), guards.day_of(task, attempt.at)
    if task.assignee_id and rota.looks_after(task.assignee_id, day, task.property.zip_code_id):
        return {"status": Status.IN_PROGRESS}
    return {"status": Status.UNASSIGNED, "assignee": None}


def _mark(item: ChecklistItem, by: User, **changes: Any) -> ChecklistItem:
    task = item.task
    with step_on(task.property_id, by) as home:
        task.refresh_from_db(fields=AS_STORED)
        task.property = home
        guards.allow("tick", task, Attempt(by))
        for field, value in changes.items():
            setattr(item, field, value)
        item.save(update_fields=changes)
    return item
