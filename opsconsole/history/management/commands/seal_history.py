"""`manage.py seal_history`: the versions written since the last time, sealed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from opsconsole.history import sealing


class Command(BaseCommand):
    """Adds a link to the chain, and publishes its hash to the log and to HISTORY_HEADS."""

    help = "Seal the history: hash what was written since the last seal into the chain."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal; an error where the tables were too busy."""
        try:
            link = sealing.seal()
        except sealing.Busy as busy:
            raise CommandError(str(busy)) from busy
        if link is None:
            self.stdout.write("Nothing was written since the last seal.")
        else:
            self.stdout.write(f"Seal {link.pk}: {link.hash}")
