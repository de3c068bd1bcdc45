"""`manage.py import_records`: records of any kind from a CSV file, written on --commit."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from opsconsole.imports import command
from opsconsole.imports.resource import resources_by_slug


class Command(BaseCommand):
    """Classifies every row of a file; nothing is kept without --commit."""

    help = "Import a CSV file. Without --commit, only tell what would happen."

    def add_arguments(self, parser: CommandParser) -> None:
        known = ", ".join(resources_by_slug())
        parser.add_argument("kind", metavar="KIND", help=f"What the file holds: {known}.")
        command.add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, or tell."""
        command.run(options["kind"], options, self.stdout)
