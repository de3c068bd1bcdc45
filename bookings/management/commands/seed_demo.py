"""`manage.py seed_demo`: a company to look at, with a year of history around today."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from bookings.demo import company
from bookings.demo.people import sign_ins

CLASH = (
    "The database holds records that clash with the demo company, so nothing was changed. "
    "Seed an empty database instead."
)


class Command(BaseCommand):
    """Makes the demo company where it is not there yet, and tells how to sign in."""

    help = "Fill the database of a development machine with the demo company."

    def add_arguments(self, parser: CommandParser) -> None:
        """Migrating first in one process with the rest spares a start of the console."""
        parser.add_argument("--migrate", action="store_true", help="Migrate the database first.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse outside development; make the company at most once."""
        if not settings.DEBUG:
            raise CommandError("The demo company is for development only: it needs DEBUG=1.")
        if options["migrate"]:
            call_command("migrate", verbosity=0)
        else:
            self.check_migrations()
        if company.is_there():
            self.stdout.write("The demo company is there already; nothing was changed.")
        else:
            self._seed()
        self.stdout.write("\n".join(sign_ins()))

    def _seed(self) -> None:
        began = time.monotonic()
        self.stdout.write("Making the demo company, a year of it: this takes half a minute.")
        self.stdout.flush()
        try:
            count = company.seed()
        except IntegrityError as error:
            raise CommandError(CLASH) from error
        self.stdout.write(f"{count:,} steps in {time.monotonic() - began:.0f} seconds.")
