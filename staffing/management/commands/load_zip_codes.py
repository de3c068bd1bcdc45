"""`manage.py load_zip_codes`: bring the table of ZIP codes up to date."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from opsconsole.access.acting import Source, acting
from staffing.zip_facts import load_zip_codes


class Command(BaseCommand):
    """Says how many ZIP codes were new or corrected; none, when run again."""

    help = "Put the facts about every ZIP code of the United States into the table."
    requires_migrations_checks = True

    def handle(self, *args: Any, **options: Any) -> None:
        """Load them in one transaction."""
        with acting(source=Source.COMMAND, reason="ZIP codes brought up to date"):
            count = load_zip_codes()
        self.stdout.write(f"{count:,} ZIP codes were new or corrected.")
