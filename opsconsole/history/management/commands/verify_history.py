"""`manage.py verify_history`: whether the history is as it was written."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsconsole.history import verifying

LISTED = 100


class Command(BaseCommand):
    """Names every version that was altered, removed, added or reordered, and every broken seal."""

    help = "Hold the history against its seals, and the seals against the published heads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--heads",
            type=Path,
            default=settings.HISTORY_HEADS or None,
            help="The file of published heads, as kept outside (default: HISTORY_HEADS).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell what was found; exit 1 where anything was."""
        heads: Path | None = options["heads"] and Path(options["heads"])
        if heads and not heads.is_file():
            raise CommandError(f"There is no file {heads}: name the published heads by --heads.")
        try:
            findings = list(islice(verifying.verify(heads), LISTED + 1))
        except ValueError as error:
            raise CommandError(str(error)) from error
        for finding in findings[:LISTED]:
            self.stdout.write(str(finding))
        if findings:
            more = "more than " if len(findings) > LISTED else ""
            count = min(len(findings), LISTED)
            raise CommandError(f"The history is not as it was written: {more}{count} findings.")
        for record in verifying.records():
            self.stdout.write(record)
        left = verifying.unsealed()
        self.stdout.write(f"The history is as it was sealed; {left:,} versions are not sealed yet.")
        if not heads:
            self.stdout.write(
                "Without published heads, an end that was cut off with its seals is not noticed."
            )
