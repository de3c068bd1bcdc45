"""`manage.py sync_tasks`: the tasks of all homes, brought in line with plans and bookings."""

from __future__ import annotations

from collections import Counter
from itertools import batched
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bookings.models import Property
from bookings.tasks.letting_go import let_go_everywhere
from bookings.tasks.planning import difference_of, plan_work
from opsconsole.access.acting import Source, acting

HOMES_AT_ONCE = 500  # held while their tasks are written
REASON = "Tasks brought in line with plans and bookings"


class Command(BaseCommand):
    """Makes, moves, flags and cancels tasks; what is in line stays as it is."""

    help = "Bring all tasks in line with plans and bookings. Safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only tell what would happen.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Some homes at a time, each lot on its own; tell what became of how many tasks."""
        is_dry_run, counts = options["dry_run"], Counter[str]()
        homes = Property.objects.filter(away_plans__isnull=False).distinct().order_by("pk")
        for pks in batched(homes.values_list("pk", flat=True), HOMES_AT_ONCE, strict=False):
            with acting(source=Source.COMMAND, reason=REASON):
                lot = Property.objects.filter(pk__any=pks).order_by("pk")
                plan = difference_of if is_dry_run else plan_work
                counts.update(
                    plan(list(lot if is_dry_run else lot.select_for_update(no_key=True))).counts
                )
        if not is_dry_run:
            counts["handed back"] = let_go_everywhere()
        for what, count in counts.items():
            self.stdout.write(f"  {count:>9,}  {what}")
        if is_dry_run:
            self.stdout.write("A dry run: this would become of tasks, and nothing has.")
