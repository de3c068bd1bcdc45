"""What a step would do to the tasks of a plan: told before it is taken, nothing is changed."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from copy import copy

from bookings.models import AwayPlan, Booking, Task
from bookings.tasks.wanted import wanted_by


def outlook(record: AwayPlan | Booking, becomes: str) -> str:
    """Which tasks it brings and which it calls off, in sentences; nothing where none changes.

    Asks for the plan, its bookings and its tasks alone: fetch them ahead for many records.
    """
    plan = record if isinstance(record, AwayPlan) else record.away_plan
    stays = list(plan.bookings.all())
    after = copy(record)
    after.status = becomes
    if isinstance(after, AwayPlan):
        wanted = _wanted(after, stays)
    else:
        wanted = _wanted(plan, [after if stay.pk == after.pk else stay for stay in stays])
    return _tell(wanted, [task for task in plan.tasks.all() if task.is_generated])


def _wanted(plan: AwayPlan, stays: Iterable[Booking]) -> dict[str, str]:
    """The kinds of the tasks that are still to be done, by their keys."""
    return {want.key: want.kind for want in wanted_by(plan, stays) if not want.overtaken}


def _tell(wanted: dict[str, str], tasks: list[Task]) -> str:
    there = {task.generated_key for task in tasks}
    gone = [task for task in sorted(tasks, key=_first_day) if task.generated_key not in wanted]
    made = [kind for key, kind in wanted.items() if key not in there]
    off = [task.kind for task in gone if task.status in Task.UNTOUCHED]
    begun = [
        task.kind for task in gone if task.status in (Task.Status.IN_PROGRESS, Task.Status.BLOCKED)
    ]
    told = (("Brings", made), ("Calls off", off), ("Leaves as begun", begun))
    return " ".join(f"{verb}: {_say(kinds)}." for verb, kinds in told if kinds)


def _first_day(task: Task) -> datetime.date:
    return task.starts_on


def _say(kinds: list[str]) -> str:
    return ", ".join(str(Task.Kind(kind).label).lower() for kind in kinds)
