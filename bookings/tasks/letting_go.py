"""Tasks of people who do not look after the ZIP code any more: they are nobody's again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Case, F, Value, When

from bookings.models import Property, Task
from bookings.querysets import TODAY_THERE
from bookings.tasks.planning import plan_work
from opsconsole.access.acting import Source, acting
from opsconsole.database.housekeeping import MINUTE, every
from staffing.rota import Rota

Status = Task.Status


def let_go_in(zip_codes: Collection[int]) -> int:
    """Let go in these ZIP codes, whose assignments were just changed; return of how many tasks.

    Steps queue up at the homes meanwhile, so that nobody is handed a task by what was before.
    """
    homes = Property.objects.filter(zip_code__any=zip_codes).order_by("pk")
    list(homes.select_for_update(no_key=True).values_list("pk"))
    return _let_go(Task.objects.filter(zip_code__any=zip_codes))


def let_go_at(homes: Collection[int]) -> int:
    """Let go at these homes, held by who calls: they or their tasks were just moved."""
    return _let_go(Task.objects.filter(property__in=homes))


@every(10 * MINUTE)
def let_go_everywhere() -> int:
    """Let go of what nobody's step reached: an assignment ended by its date, a home moved."""
    with acting(source=Source.TASK):
        homes = _held({task.property_id for task in _lost(Task.objects.all())})
        return let_go_at([home.pk for home in homes])


def _let_go(tasks: Any) -> int:
    lost = _lost(tasks)
    if not lost:
        return 0
    stays_blocked = When(status=Status.BLOCKED, then=F("status"))
    Task.objects.filter(pk__in=[task.pk for task in lost]).update(
        assignee=None, status=Case(stays_blocked, default=Value(Status.UNASSIGNED))
    )
    # What was begun stayed as it was, whatever its plan became: now it has to be in line again.
    if begun := {task.property_id for task in lost if task.status == Status.IN_PROGRESS}:
        plan_work(_held(begun))
    return len(lost)


def _lost(tasks: Any) -> list[Task]:
    """Those of the tasks whose people do not look after them any more."""
    rows = tasks.open().filter(assignee__isnull=False).annotate(today_there=TODAY_THERE)
    held = list(rows.only("status", "assignee", "due_on", "zip_code", "property"))
    rota = Rota({task.zip_code_id for task in held})
    return [
        task
        for task in held
        if not rota.looks_after(
            task.assignee_id, max(task.due_on, task.today_there), task.zip_code_id
        )
    ]


def _held(homes: Collection[int]) -> list[Property]:
    """The homes as they are now, other steps queueing up at them in their order."""
    those = Property.objects.filter(pk__in=homes).order_by("pk")
    return list(those.select_for_update(no_key=True))
