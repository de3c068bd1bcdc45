"""Sets the tables up, runs the measurements, prints the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from bench.company import SHARE
from opsconsole.database.development import drop_database, recreate_database


@dataclass(frozen=True)
class Row:
    """One measurement: the product's seconds beside a peer's, and the ratio that is the goal.

    `at_most` goals bound product / peer from above, others bound peer / product from below.
    """

    work: str
    product: float
    peer_name: str
    peer: float
    goal: float
    at_most: bool

    @property
    def ratio(self) -> float:
        return self.product / self.peer if self.at_most else self.peer / self.product

    @property
    def is_met(self) -> bool:
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal

    def __str__(self) -> str:
        sign, verdict = ("≤" if self.at_most else "≥"), ("met" if self.is_met else "MISSED")
        ours, theirs = self.product * 1000, self.peer * 1000
        return (
            f"{self.work:42} {ours:9.2f} ms   {self.peer_name:22} {theirs:9.2f} ms   "
            f"{self.ratio:7.2f}x   goal {sign} {self.goal}x   {verdict}"
        )


@dataclass(frozen=True)
class Limit:
    """One measurement that has a limit and no peer, such as megabytes."""

    work: str
    product: float
    unit: str
    goal: float

    @property
    def is_met(self) -> bool:
        return self.product <= self.goal

    def __str__(self) -> str:
        verdict = "met" if self.is_met else "MISSED"
        return (
            f"{self.work:42} {self.product:9.2f} {self.unit}   "
            f"goal ≤ {self.goal} {self.unit}   {verdict}"
        )


@dataclass(frozen=True)
class Impossible:
    """What can't be measured here, and why: neither met nor missed."""

    work: str
    why: str
    is_met = True

    def __str__(self) -> str:
        return f"{self.work:42} {self.why}   NOT MEASURED"


def run(modules: dict[str, str]) -> int:
    """Print every row, each module's in a database of its own; 1 when a goal is missed."""
    django.setup()
    if SHARE != 1:
        print(f"At {SHARE:g} of the sizes that the goals are for: met and missed mean little.")
    missed = 0
    try:
        for name, module in modules.items():
            _make_database()
            rows: Iterator[Row | Limit | Impossible] = import_module(module).rows()
            print(f"\n{name}")
            for row in rows:
                print(row, flush=True)
                missed += not row.is_met
    finally:
        drop_database()
    print(f"\n{missed} goals missed" if missed else "\nevery goal met")
    return 1 if missed else 0


def _make_database() -> None:
    recreate_database()
    call_command("migrate", verbosity=0)
    apps.get_model("contenttypes.ContentType").objects.clear_cache()  # of the database before
    _make_peers()


def _make_peers() -> None:
    with connection.schema_editor() as editor:
        for model in apps.get_app_config("bench").get_models():
            editor.create_model(model)
