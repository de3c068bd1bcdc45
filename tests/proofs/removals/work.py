"""Rules of the daily work: tasks, door codes, steps, many at once, home pages, notes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db.models import Q

from bookings import guards as plan_guards
from bookings import readiness, services
from bookings.admin import at_hand, bulk_edit, bulk_forms, code_forms, many
from bookings.admin import codes as code_pages
from bookings.codes import checks as code_checks
from bookings.codes import cipher
from bookings.codes import rule as code_rule
from bookings.codes import services as code_services
from bookings.models import AccessSecret, Booking, RecordNote, Task
from bookings.notes import services as note_services
from bookings.resources import PropertyResource
from bookings.tasks import guards as task_guards
from bookings.tasks import letting_go, planning
from opsconsole.access import registry
from opsconsole.home import days, telling
from staffing.models import User
from staffing.resources import AssignmentResource
from tests.proofs.removals.removal import (
    Removal,
    TakeOut,
    each,
    no,
    nothing,
    registered_as,
    yes,
)

CODES = ("tests/bookings/test_door_codes.py",)
NOTES = ("tests/bookings/test_notes.py",)
HOME_PAGES = ("tests/bookings/test_readiness.py", "tests/admin/test_at_hand.py", "tests/home")
BULK = ("tests/admin/test_bulk_edit.py",)
TASKS = ("tests/bookings/tasks", "tests/admin/test_task_page.py")
STEPS = ("tests/bookings/test_every_step.py", "tests/bookings/tasks/test_steps.py")


def removals() -> Iterator[Removal]:
    """All of this file."""
    yield from _steps()
    yield from each(
        "tasks",
        TASKS,
        (services, "plan_work", nothing),
        (services, "let_go_at", nothing),
        (plan_guards, "_what_is_missing", lambda plan: ""),
        (planning, "_hand_out", nothing),
        (planning, "_flag", nothing),
        (planning, "checklist_of", lambda task: []),
        (letting_go, "_let_go", lambda tasks: 0),
        (task_guards, "allow", nothing),
        (PropertyResource, "follow", nothing),
        (AssignmentResource, "follow", nothing),
    )
    yield from each(
        "codes",
        CODES,
        (code_services, "why_not", lambda code, visit: ""),
        (code_services, "visit_of", lambda person, home: code_rule.Visit(needs_reason=True)),
        (code_rule, "NEAR", datetime.timedelta(days=30)),
        (code_rule, "WORKED_ON", tuple(code_rule.Task.Status)),
        (code_forms.NeverShown, "format_value", lambda self, value: value),
        (code_pages, "_version_of", lambda code: ""),
        (cipher, "sealed_anew", nothing),
        (code_checks, "problem_with_keys", lambda: ""),
    )
    readable = replace(registry.registered(AccessSecret), unread=())
    yield Removal("codes unread", registered_as(AccessSecret, readable), CODES)
    yield from each(
        "many at once",
        BULK,
        (bulk_edit.BulkEdit, "may_change_many", yes),
        (many, "refuse_changed", nothing),
        (bulk_forms, "_is_otherwise", no),
    )
    yield from each(
        "home pages",
        HOME_PAGES,
        (at_hand.StepsAtHand, "_is_as_seen", yes),
        (readiness, "_shut_out", lambda at: Booking.objects.none()),
        (readiness, "_shut", no),
        (readiness, "_waits", yes),
        (readiness, "before_arrivals", Task.objects.open),
        (readiness, "_is_before_arrivals", lambda: Q(pk__isnull=False)),
        (days.Days, "on", lambda self, field, at: Q()),
        (telling.Telling, "_has_come", yes),
        (telling.Telling, "_may", lambda self, presses: presses),
    )
    yield from each(
        "notes",
        NOTES,
        (note_services, "colleagues_who_see", lambda code, asker: User.names_of(_everybody())),
        (note_services, "mentioned_in", lambda text, people: (set(), [])),
        (RecordNote, "may_still_be_withdrawn", True),
    )


def _steps() -> Iterator[Removal]:
    """Each guard of each step; a step with two loses one at a time."""
    tables = {"plan": plan_guards.PLAN, "booking": plan_guards.BOOKING, "task": task_guards.STEPS}
    for kind, table in tables.items():
        for name, step in table.items():
            for number in range(len(step.guards)):
                left = (*step.guards[:number], *step.guards[number + 1 :])
                changed = {**table, name: step._replace(guards=left)}
                yield Removal(
                    f"steps {kind} {name}, guard {number + 1}", _updated(table, changed), STEPS
                )


def _updated(table: dict[str, Any], changed: dict[str, Any]) -> TakeOut:
    return lambda: table.update(changed)


def _everybody() -> list[int]:
    return list(User.objects.values_list("pk", flat=True))
