"""Rules of the history: what writes it and keeps it, its seals, its reasons, restoring from it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.apps import apps

from bookings import restoring as homes
from opsconsole.admin import holding, restoring
from opsconsole.history import checks, retaining, sealing, verifying
from opsconsole.history import restoring as restoring_of
from opsconsole.history.versions import as_number
from staffing import erasing
from tests.proofs.removals.removal import Removal, each, no, nothing, replaced, yes

TRIGGERS = (
    "tests/history/test_triggers.py",
    "tests/history/test_append_only.py",
    "tests/history/test_reasons.py",
    "tests/bookings/test_notes.py",
    "tests/bookings/test_services.py",
    "tests/bookings/tasks",
    "tests/bookings/test_door_codes.py",
    "tests/workbench",
    "tests/history",
)
CHECKS = ("tests/history/test_checks.py",)
SEALING = ("tests/history/test_sealing.py", "tests/history/test_checks.py")
RETENTION = ("tests/history/test_retention.py",)
ERASING = ("tests/staffing/test_erasing.py",)
RESTORING = ("tests/bookings/test_restoring.py", "tests/bookings/test_races.py")


def removals() -> Iterator[Removal]:
    """All of this file."""
    yield from _triggers()
    for name in dir(checks):
        if name.startswith("check_"):
            yield Removal(f"history {name}", replaced(checks, name, lambda *a, **k: []), CHECKS)
    yield from each(
        "sealing",
        SEALING,
        (sealing, "hold_the_chain", nothing),
        (sealing, "publish", nothing),
        (sealing, "_settled", _without_waiting),
        (verifying.standing, "gaps", list),
        (verifying, "_broken_links", lambda: iter(())),
        (verifying, "_unpublished", lambda heads: iter(())),
        (verifying, "_of_table", lambda table: iter(())),
    )
    yield from each("retention", RETENTION, (retaining, "_allow", nothing))
    yield from each(
        "erasing",
        ERASING,
        (erasing, "_allow", nothing),
        (erasing, "_allow_reason", nothing),
        (erasing, "_allow_open", nothing),
        (erasing, "_forget_signing_in", nothing),
    )
    yield from _restoring()


def _triggers() -> Iterator[Removal]:
    """Each as if the model had never had it: the database is not found to lack it either."""
    for model in apps.get_models():
        table = model._meta.db_table
        for trigger in getattr(model._meta, "triggers", []):
            yield Removal(
                f"trigger {trigger.name} on {table}",
                partial(_forget, model, trigger),
                TRIGGERS,
                f'DROP TRIGGER {trigger.get_pgid(model)} ON "{table}"',
            )


def _forget(model: Any, trigger: Any) -> None:
    model._meta.triggers = [other for other in model._meta.triggers if other is not trigger]


def _without_waiting() -> dict[str, int]:
    return {table: sealing._newest_of(table) for table in sealing.tables()}


def _restoring() -> Iterator[Removal]:
    yield from each(
        "restoring",
        RESTORING,
        (restoring.Restorable, "has_restore_permission", yes),
        (restoring.Restorable, "is_newest", no),
        (restoring.Restorable, "newest_of", _whatever_was_sent),
        (restoring.AskWhy.base_fields["reason"], "required", False),
        (holding, "_lock", nothing),
        (restoring_of, "_refuse_what_no_form_takes", nothing),
        (restoring_of.Restoring, "kept", lambda self, record, version: {}),
        (homes.services, "revise", lambda plan, **kwargs: plan.save()),
        (homes.services, "change_booking", lambda booking, **kwargs: booking.save()),
        (homes.services, "allow_lifecycle", nothing),
    )


def _whatever_was_sent(page: Any, request: Any, obj: Any) -> Any:
    """The version of the page taken for the newest."""
    return as_number(request.POST.get("newest"))
