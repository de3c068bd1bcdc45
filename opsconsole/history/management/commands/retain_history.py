"""`manage.py retain_history`: versions whose retention ended, removed and recorded."""

from __future__ import annotations

import argparse
import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsconsole.access.commands import add_as, colleague_with
from opsconsole.database.refusals import Refused
from opsconsole.history import sealing
from opsconsole.history.retaining import end_retention


class Command(BaseCommand):
    """Removes what was over before a date; what a record was on it and since stays."""

    help = "Remove the versions that were over before a date, and record that. For engineers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--before", type=_day, required=True, help="A date, such as 2026-01-31."
        )
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove, or only count; tell how many of each table."""
        person = colleague_with(options["email_of_who"])
        try:
            removed = end_retention(
                options["before"],
                by=person,
                reason=options["reason"],
                is_dry_run=options["dry_run"],
            )
        except (Refused, sealing.Busy) as refused:
            raise CommandError(str(refused)) from refused
        for table, count in removed.items():
            self.stdout.write(f"  {count:>9,}  {table}")
        self.stdout.write(_said(sum(removed.values()), options["dry_run"]))


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write the date as 2026-01-31.") from None


def _said(count: int, is_dry_run: bool) -> str:
    if is_dry_run:
        return f"A dry run: {count:,} versions would be removed, and nothing was."
    if not count:
        return "No version was over by then: nothing was removed."
    return f"{count:,} versions are removed, and verify_history tells of it."
