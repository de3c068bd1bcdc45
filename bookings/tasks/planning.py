"""Bringing the tasks of homes in line with their plans and bookings, as often as one likes.

Who calls it holds the homes locked; the unique key of each task is the last resort.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from bookings.models import AwayPlan, Booking, ChecklistItem, Property, Task
from bookings.tasks.checklists import checklist_of
from bookings.tasks.wanted import Wanted, priority_of, wanted_by
from opsconsole.access.acting import because, reason_given
from staffing.rota import Rota

Status = Task.Status

NO_LONGER_NEEDED = "No longer needed: its plan or booking changed."
CALLED_OFF = "Its plan or booking was called off after it was begun: see what is still to do."


@dataclass
class Difference:
    """What has to become of the tasks of some homes; nothing where they are in line."""

    made: list[Task] = field(default_factory=list)
    moved: list[Task] = field(default_factory=list)
    flagged: list[Task] = field(default_factory=list)
    unflagged: list[Task] = field(default_factory=list)
    cancelled: list[Task] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many tasks it comes to, by what becomes of them."""
        return {what: len(tasks) for what, tasks in vars(self).items()}


def plan_work(homes: Sequence[Property], plan: AwayPlan | None = None) -> Difference:
    """Make, move, flag and cancel tasks until they are what the homes' plans and bookings want.

    Where a step changed one plan or a booking of it, that `plan`, as it is stored now, is enough.
    """
    difference = difference_of(homes, plan)
    _hand_out([*difference.made, *difference.moved])
    _write(difference)
    return difference


def difference_of(homes: Sequence[Property], plan: AwayPlan | None = None) -> Difference:
    """What `plan_work` would do to the tasks of these homes; nothing is changed."""
    tasks = {task.generated_key: task for task in _tasks_of(homes, plan)}
    difference = Difference()
    plans = _plans_of(homes, tasks.values()) if plan is None else [plan]
    for wanted in _wanted_by(plans):
        task = tasks.pop(wanted.key, None)
        if task is None:
            if not wanted.overtaken:
                difference.made.append(_new(wanted))
        elif wanted.overtaken:
            if task.status in Task.UNTOUCHED:
                difference.cancelled.append(_cancelled(task))
        else:
            _follow(task, wanted, difference)
    for task in tasks.values():
        if task.status in Task.UNTOUCHED:
            difference.cancelled.append(_cancelled(task))
        else:
            _flag(task, CALLED_OFF, difference)
    return difference


def _tasks_of(homes: Sequence[Property], plan: AwayPlan | None) -> list[Task]:
    """The tasks of what goes on, and what is left of what is over."""
    tasks, still_open = Task.objects.generated(), ~Q(status__in=Task.CLOSED)
    if plan is None:
        goes_on = Q(away_plan__status__in=AwayPlan.HOSTING)
        return _at(homes, tasks.filter(goes_on | still_open))
    of_plan = tasks.filter(away_plan=plan)
    return _at(homes, of_plan if plan.status in AwayPlan.HOSTING else of_plan.filter(still_open))


def _plans_of(homes: Sequence[Property], tasks: Iterable[Task]) -> list[AwayPlan]:
    """The plans that go on, and those of the tasks."""
    with_tasks = {task.away_plan_id for task in tasks}
    goes_on = Q(status__in=AwayPlan.HOSTING) | Q(pk__in=with_tasks)
    return _at(homes, AwayPlan.objects.filter(goes_on))


def _wanted_by(plans: Sequence[AwayPlan]) -> Iterator[Wanted]:
    stays: dict[int, list[Booking]] = defaultdict(list)
    for booking in Booking.objects.filter(away_plan__in=plans):
        stays[booking.away_plan_id].append(booking)
    for plan in plans:
        yield from wanted_by(plan, stays[plan.pk])


def _at(homes: Sequence[Property], rows: Any) -> list[Any]:
    """What of these rows belongs to the homes, with the homes as they are held."""
    known = {home.pk: home for home in homes}
    found = list(rows.filter(property__in=homes).order_by("pk"))
    for row in found:
        row.property = known[row.property_id]
    return found


def _new(wanted: Wanted) -> Task:
    return Task(
        property=wanted.plan.property,
        zip_code_id=wanted.plan.zip_code_id,
        away_plan=wanted.plan,
        booking=wanted.booking,
        kind=wanted.kind,
        starts_on=wanted.starts_on,
        due_on=wanted.due_on,
        priority=wanted.priority,
        generated_key=wanted.key,
    )


def _follow(task: Task, wanted: Wanted, difference: Difference) -> None:
    """Move a task that nobody touched; say on one that was begun what changed meanwhile."""
    if (task.starts_on, task.due_on) == (wanted.starts_on, wanted.due_on):
        _flag(task, "", difference)
    elif task.status in Task.UNTOUCHED:
        is_by_hand = task.priority != priority_of(task)  # as its days of before had it
        task.starts_on, task.due_on = wanted.starts_on, wanted.due_on
        task.priority = task.priority if is_by_hand else wanted.priority
        task.flag = ""
        difference.moved.append(task)
    else:
        days = _new(wanted).dates
        _flag(task, f"Its days would be {days} by now: it was begun before.", difference)


def _flag(task: Task, sentence: str, difference: Difference) -> None:
    if task.status in Task.CLOSED or task.flag == sentence:
        return
    task.flag = sentence
    (difference.flagged if sentence else difference.unflagged).append(task)


def _cancelled(task: Task) -> Task:
    """Its key is free again, should the same be wanted once more; a person's no stands."""
    task.status, task.reason, task.generated_key = Status.CANCELLED, NO_LONGER_NEEDED, ""
    return task


def _hand_out(tasks: list[Task]) -> None:
    """To the one who is primary on its day; who has a task keeps it while they look after it."""
    if not tasks:
        return
    rota = Rota(task.zip_code_id for task in tasks)
    for task in tasks:
        place = (max(task.due_on, task.property.today), task.zip_code_id)
        if task.assignee_id is None or not rota.looks_after(task.assignee_id, *place):
            task.assignee_id = rota.primary_on(*place)
        task.status = Status.ASSIGNED if task.assignee_id else Status.UNASSIGNED


def _write(difference: Difference) -> None:
    Task.objects.bulk_create(difference.made)
    lines = [line for task in difference.made for line in checklist_of(task)]
    ChecklistItem.objects.bulk_create(lines)
    Task.objects.bulk_update(
        difference.moved, ["starts_on", "due_on", "priority", "flag", "assignee", "status"]
    )
    Task.objects.bulk_update([*difference.flagged, *difference.unflagged], ["flag"])
    if difference.cancelled:
        with because(reason_given() or NO_LONGER_NEEDED):
            Task.objects.bulk_update(difference.cancelled, ["status", "reason", "generated_key"])
