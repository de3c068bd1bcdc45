"""`manage.py undo_import`: an import undone, whatever its kind, as its page does it."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsconsole.access.commands import (
    add_who,
    colleague_with,
    failing_as_json,
    reason_of,
    refuse_unreadable,
)
from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused
from opsconsole.imports import undoing
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.resource import ImportResource, resource_of


class Command(BaseCommand):
    """Under the locks of who undoes it; what was changed since is kept and named."""

    help = "Undo an import: delete what it made, restore what it changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, help="The number of the import.")
        add_who(parser)
        parser.add_argument("--reason", default="", help="Why, beside what is undone.")
        parser.add_argument("--json", action="store_true", help="Print the outcome as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Undo it, and tell what came of it."""
        number = options["number"]
        with failing_as_json(self.stdout, options["json"], **{"import": number}):
            refuse_unreadable(options["email_of_who"])
            person, reason = colleague_with(options["email_of_who"]), reason_of(options)
            try:
                with held_to(person):
                    resource, done = _undone(number, person, reason)
            except Refused as refused:
                raise CommandError(str(refused)) from refused
        self.stdout.write(
            json.dumps(_outcome(number, resource, done))
            if options["json"]
            else "\n".join(_summary(number, done))
        )


def _undone(number: int, person: Any, reason: str) -> tuple[ImportResource, undoing.Undoing]:
    """Undo an import that the person may see, as what its own kind is."""
    batch = ImportBatch.objects.visible_to(person).filter(pk=number).first()
    if batch is None:
        raise CommandError(f"There is no import {number}.")
    resource = resource_of(batch.resource)
    if not resource.undo_permission:
        raise CommandError(f"Imports of {resource.many} can't be undone.")
    if reason:
        batch.undo_reason = reason
        batch.save(update_fields=["undo_reason"])
    return resource, undoing.undo(batch, resource, person)


def _outcome(number: int, resource: ImportResource, done: undoing.Undoing) -> dict[str, Any]:
    return {
        "kind": resource.slug,
        "import": number,
        "deleted": done.deleted,
        "restored": done.restored,
        "kept": done.kept,
        "named": [{"record": label, "why": why} for _, label, why in done.named],
    }


def _summary(number: int, done: undoing.Undoing) -> list[str]:
    counted = (
        f"Import {number} is undone: {done.deleted:,} deleted, {done.restored:,} as before, "
        f"{done.kept:,} kept."
    )
    return [counted, *(f"{label}: {why}" for _, label, why in done.named)]
