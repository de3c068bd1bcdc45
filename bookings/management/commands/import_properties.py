"""`manage.py import_properties`: short for `import_records properties`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bookings.resources import PropertyResource
from opsconsole.imports import command


class Command(BaseCommand):
    """Classifies every row of a file; nothing is kept without --commit."""

    help = "Import properties from a CSV file. Without --commit, only tell what would happen."

    def add_arguments(self, parser: CommandParser) -> None:
        command.add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, or tell."""
        command.run(PropertyResource.slug, options, self.stdout)
