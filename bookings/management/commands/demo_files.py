"""`manage.py demo_files`: the demo company as files, to fill an empty console with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bookings.demo.files import write_files
from bookings.demo.moments import CLOCK
from opsconsole.access.commands import refuse_unreadable


class Command(BaseCommand):
    """Writes files and nothing else: it needs no database, and runs outside development too."""

    help = "Write the demo company into a folder, as files to import."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="Made where it is missing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them, or none where one is there already."""
        folder: Path = options["folder"]
        refuse_unreadable(str(folder))
        try:
            written = write_files(folder, timezone.localdate(timezone=CLOCK))
        except OSError as error:
            why = f"{folder} can't be written: {error.strerror}." if error.strerror else str(error)
            raise CommandError(why) from error
        for name, rows in written.items():
            self.stdout.write(f"  {rows:>5,}  {folder / name}")
