"""Tasks of people who do not look after the ZIP code any more: they are nobody's again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Case, F, Value, When

from bookings.models import Property, Task
from bookings.querysets import TODAY_THERE
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


def let_go_at(homes: Iterable[int]) -> int:
    """Let go at these homes, which were just moved to another ZIP code."""
    return _let_go(Task.objects.filter(property__in=homes))


@every(10 * MINUTE)
def let_go_everywhere() -> int:
    """Let go of what nobody's step reached: an assignment ended by its date, a home moved."""
    with acting(source=Source.TASK):
        return _let_go(Task.objects.all())


def _let_go(tasks: Any) -> int:
    held = tasks.open().filter(assignee__isnull=False).annotate(today_there=TODAY_THERE)
    rows = list(held.values_list("pk", "assignee_id", "due_on", "today_there", "zip_code_id"))
    if not rows:
        return 0
    rota = Rota({row[-1] for row in rows})
    lost = [
        pk
        for pk, person, due_on, today, zip_code in rows
        if not rota.looks_after(person, max(due_on, today), zip_code)
    ]
    stays_blocked = When(status=Status.BLOCKED, then=F("status"))
    return int(
        Task.objects.filter(pk__in=lost, assignee__isnull=False).open().update(
            assignee=None, status=Case(stays_blocked, default=Value(Status.UNASSIGNED))
        )
    )  # fmt: skip
