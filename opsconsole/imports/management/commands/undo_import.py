"""`manage.py undo_import`: an import undone, as its page does it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused
from opsconsole.imports import undoing
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import shortened
from opsconsole.imports.resource import resource_of


class Command(BaseCommand):
    """Under the locks of who undoes it; what was changed since is kept and named."""

    help = "Undo an import: delete what it made, restore what it changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", type=int, help="The number of the import.")
        parser.add_argument("--as", dest="email", required=True, help="Email of who undoes it.")
        parser.add_argument("--reason", default="", help="Why, beside what is undone.")
        parser.add_argument("--json", action="store_true", help="Print the counts as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        person = _person(options["email"])
        with held_to(person):
            batch = ImportBatch.objects.visible_to(person).filter(pk=options["batch"]).first()
            if batch is None:
                raise CommandError(f"There is no import {options['batch']}.")
            resource = resource_of(batch.resource)
            if not resource.undo_permission:
                raise CommandError(f"Imports of {resource.many} can't be undone.")
            if reason := options["reason"].strip():
                batch.undo_reason = reason
                batch.save(update_fields=["undo_reason"])
            try:
                done = undoing.undo(batch, resource, person)
            except Refused as refused:
                raise CommandError(str(refused)) from refused
        counts = {"deleted": done.deleted, "restored": done.restored, "kept": done.kept}
        if options["json"]:
            self.stdout.write(json.dumps({**counts, "batch": batch.pk}))
            return
        self.stdout.write(
            f"Import {batch.pk} is undone: {done.deleted:,} deleted, {done.restored:,} as before, "
            f"{done.kept:,} kept."
        )
        for _, label, why in done.named:
            self.stdout.write(f"{label}: {why}")


def _person(email: str) -> Any:
    people: Any = get_user_model()
    person = people._base_manager.filter(email__iexact=email.strip(), is_active=True).first()
    if person is None:
        raise CommandError(f"Nobody here has the email {shortened(email)}: --as names who undoes.")
    return person
