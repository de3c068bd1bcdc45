"""`manage.py erase_person`: a ReRenter, or a colleague who left, erased and recorded."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsconsole.access.commands import add_as, colleague_with, person_with, shown
from opsconsole.database.refusals import Refused
from opsconsole.history.sealing import Busy
from staffing.erasing import Erased, erase, is_erased


class Command(BaseCommand):
    """Replaces who they were by a neutral name, in their record and in every version."""

    help = "Erase a person's name, email, phone and notes, and record that. For managers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The email of the person to erase.")
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, or only count; run again, it finds nothing to do."""
        by = colleague_with(options["email_of_who"])
        person = person_with(options["email"])
        if person is None or is_erased(person):
            self.stdout.write(
                f"Nobody has the email {shown(options['email'])} any more, if anybody had: "
                "nothing was erased."
                if person is None
                else "They were erased before: nothing was done."
            )
            return
        try:
            done = erase(person, by=by, reason=options["reason"], is_dry_run=options["dry_run"])
        except (Refused, Busy) as refused:
            raise CommandError(str(refused)) from refused
        self._tell(done, person.pk, is_dry_run=options["dry_run"])

    def _tell(self, done: Erased, pk: int, *, is_dry_run: bool) -> None:
        for table, count in done.rows.items():
            self.stdout.write(f"  {count:>9,}  {table}")
        self.stdout.write(f"  {done.files:>9,}  uploaded files")
        for sentence in done.left:
            self.stdout.write(f"{sentence} It can’t be changed.")
        self.stdout.write(
            "A dry run: nothing was erased."
            if is_dry_run
            else f"Person {pk} is erased, and verify_history tells of it."
        )
