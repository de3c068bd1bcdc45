"""How the people of the demo company do the tasks that its plans and bookings bring."""

from __future__ import annotations

import datetime

from bookings.models import AwayPlan, Booking, ChecklistItem, Task
from bookings.steps import step_on
from bookings.tasks import steps
from opsconsole.database.refusals import Refused
from staffing.models import User

NO_KEY = "The key in the lockbox does not fit: the owner brings another."
NOBODY_THERE = "Nobody of ours is assigned there: the cleaning company did it."


def begin(of: AwayPlan | Booking, kind: str, by: User, at: datetime.datetime) -> Task | None:
    """Begin a task of a plan or booking, where it is still to be done.

    Where nobody is assigned, the manager who stands in leaves it to others.
    """
    task = of.tasks.filter(kind=kind, status__in=Task.UNTOUCHED).first()
    if task is None:
        return None
    if task.assignee_id != by.pk:
        try:
            steps.take(task, by=by, at=at)
        except Refused:
            steps.cancel_task(task, by=by, reason=NOBODY_THERE)
            return None
    return steps.begin(task, by=by)


def finish(task: Task | None, by: User, at: datetime.datetime) -> None:
    """Tick all that is required, and finish, as the one who began it."""
    if task is None:
        return
    lines = ChecklistItem.objects.filter(task=task, required=True)
    lines.update(done=True, done_by=by, done_at=at)
    steps.finish(task, by=by, at=at)


def stop(task: Task | None, by: User) -> None:
    """Find out that it can't be done for now."""
    if task is not None:
        steps.block(task, by=by, reason=NO_KEY)


def do(of: AwayPlan | Booking, kind: str, by: User, at: datetime.datetime) -> None:
    """Begin and finish a task at one go."""
    with step_on(of.property_id, by):
        finish(begin(of, kind, by, at), by, at)


def look_through(plan: AwayPlan, by: User, at: datetime.datetime) -> None:
    """Verify what was done for a plan, by somebody who did none of it."""
    with step_on(plan.property_id, by):
        for task in plan.tasks.filter(status=Task.Status.DONE).exclude(done_by=by):
            steps.verify(task, by=by, at=at)
