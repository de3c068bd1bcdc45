"""In which states a task takes which step, and what else keeps somebody from taking it.

A step asks before it writes; a page asks before it offers one. Nothing here changes anything.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import NamedTuple

from django.utils import timezone

from bookings.models import Task
from bookings.steps import Attempt, says_why
from opsconsole.database.refusals import Refused
from opsconsole.dates import say_date
from staffing.models import User
from staffing.rota import Rota

Status = Task.Status


class Known:
    """What guards look up about tasks, in one query each for as many tasks as there are."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = tasks

    @cached_property
    def rota(self) -> Rota:
        """Who looks after their ZIP codes."""
        return Rota(task.property.zip_code_id for task in self._tasks)

    @cached_property
    def names(self) -> dict[int, str]:
        """Who has them."""
        return User.names_of(task.assignee_id for task in self._tasks)


class ChecklistOpen(Refused):
    """A task that is finished once its checklist is ticked, which the same form may do."""


type TaskGuard = Callable[[Task, Attempt, Known], None]


def _is_theirs(task: Task, attempt: Attempt, known: Known) -> None:
    if task.assignee_id != attempt.by.pk and not attempt.by.is_manager:
        name = known.names.get(task.assignee_id or 0, "somebody else")
        raise Refused(f"This is a task of {name}: take it first, or ask a manager.")


def _is_not_theirs_yet(task: Task, attempt: Attempt, known: Known) -> None:
    if task.assignee_id == attempt.by.pk:
        raise Refused("This task is yours already.")


def _looks_after_it(task: Task, attempt: Attempt, known: Known) -> None:
    """Who is to have it does, on the day that it is due, or today where that is over."""
    person = attempt.to or attempt.by
    day = day_of(task, attempt.at)
    if not known.rota.looks_after(person.pk, day, task.property.zip_code_id):
        raise Refused(
            f"{person} does not look after {task.property.zip_code} on {say_date(day)}: "
            "only who does can have the task."
        )


def _is_to_somebody(task: Task, attempt: Attempt, known: Known) -> None:
    """Before anybody is chosen there is nothing to say."""
    if attempt.to is not None:
        _looks_after_it(task, attempt, known)


def _nothing_is_left(task: Task, attempt: Attempt, known: Known) -> None:
    left = [line for line in task.checklist.all() if line.required and not line.done]
    if left:
        lines = ", ".join(f"“{line}”" for line in sorted(left, key=lambda line: line.position))
        raise ChecklistOpen(f"Not all of its checklist is done: {lines}.")


def _somebody_else_did_it(task: Task, attempt: Attempt, known: Known) -> None:
    """Four eyes."""
    if task.done_by_id == attempt.by.pk:
        raise Refused("You did this task yourself: somebody else has to look at it.")


def _says_why(what: str) -> TaskGuard:
    has_said_why = says_why(what)
    return lambda task, attempt, known: has_said_why(task, attempt)


class Step(NamedTuple):
    """What is done to a task, in a word, in which states it can be, and what else is asked."""

    done: str
    allowed_from: tuple[str, ...]
    guards: tuple[TaskGuard, ...] = ()


STEPS: dict[str, Step] = {
    "assign": Step("assigned", Task.UNTOUCHED, (_is_to_somebody,)),
    "take": Step("taken", Task.UNTOUCHED, (_is_not_theirs_yet, _looks_after_it)),
    "give_back": Step("given back", (Status.ASSIGNED,), (_is_theirs,)),
    "begin": Step("begun", (Status.ASSIGNED,), (_is_theirs,)),
    "tick": Step("ticked off", (Status.IN_PROGRESS,), (_is_theirs,)),
    "finish": Step("finished", (Status.IN_PROGRESS,), (_is_theirs, _nothing_is_left)),
    "verify": Step("verified", (Status.DONE,), (_somebody_else_did_it,)),
    "send_back": Step("sent back", (Status.DONE,), (_somebody_else_did_it, _says_why("sent back"))),
    "block": Step("blocked", (*Task.UNTOUCHED, Status.IN_PROGRESS), (_says_why("blocked"),)),
    "unblock": Step("taken up again", (Status.BLOCKED,)),
    "cancel": Step("cancelled", Task.OPEN, (_says_why("cancelled"),)),
}


def allow(name: str, task: Task, attempt: Attempt, known: Known | None = None) -> None:
    """Refuse a step that this person can't take on the task as it is."""
    step = STEPS[name]
    if task.status not in step.allowed_from:
        *others, last = [_word(status) for status in step.allowed_from]
        states = f"{', '.join(others)} or {last}" if others else last
        raise Refused(f"This task is {_word(task.status)}: only what is {states} is {step.done}.")
    for guard in step.guards:
        guard(task, attempt, known or Known([task]))


def day_of(task: Task, at: datetime.datetime | None = None) -> datetime.date:
    """The day on which somebody has to be there: when it is due, or today if that is over."""
    return max(task.due_on, task.property.date_at(at or timezone.now()))


def _word(status: str) -> str:
    return str(Status(status).label).lower()
