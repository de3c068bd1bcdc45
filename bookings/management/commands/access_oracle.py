"""`manage.py access_oracle`: random requests to the console, each held against a second opinion."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bookings.oracle.judge import Finding, Tally
from bookings.oracle.run import LOCKS, UnknownEndpoints, run

SHOWN = 40
PROGRESS = 1000  # probes


class Command(BaseCommand):
    """Looks for leaks, foreign writes and wrong denials, in a transaction that is rolled back."""

    help = (
        "Ask the console random questions as random people, and compare each answer with an "
        "independent model of who may see and change what. Development only; nothing is kept."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--probes", type=int, default=20_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--lock", choices=LOCKS, default="both", help="The locks that hold.")
        parser.add_argument("--world", type=int, help="Only this world: to repeat a finding.")
        parser.add_argument("--about", default="", help="Only pages whose name begins so.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, print a table and the findings; exit 1 on any."""
        _refuse_outside_development()
        began, self.told = time.monotonic(), 0
        tell = (lambda tally: None) if options["json"] else self._tell
        try:
            tally = run(
                options["probes"],
                options["seed"],
                options["lock"],
                options["world"],
                about=options["about"],
                tell=tell,
            )
        except UnknownEndpoints as unknown:
            raise CommandError(str(unknown)) from unknown
        seconds = time.monotonic() - began
        write = _json if options["json"] else _table
        self.stdout.write(write(tally, options, seconds))
        if tally.findings:
            raise CommandError(f"{len(tally.findings)} wrong answers.")

    def _tell(self, tally: Tally) -> None:
        if tally.probes // PROGRESS > self.told:
            self.told = tally.probes // PROGRESS
            self.stdout.write(f"{tally.probes:,} probes, {len(tally.findings)} wrong answers")
            self.stdout.flush()


def _refuse_outside_development() -> None:
    if not settings.DEBUG:
        raise CommandError("The oracle is for development only: it needs DEBUG=1.")
    if "DATABASE_URL" in os.environ:
        raise CommandError(
            "DATABASE_URL is set, and the oracle would lock every record of that database for "
            "minutes. It only works on the embedded one: unset DATABASE_URL."
        )


def _counts(tally: Tally) -> dict[str, int]:
    return {
        "probes": tally.probes,
        "reads": tally.reads,
        "writes": tally.writes,
        "reads that had to show something": tally.shown,
        "writes that had to take effect": tally.effects,
        "leaks": tally.count("leak"),
        "foreign writes": tally.count("foreign write"),
        "wrong denials": tally.count("wrong denial"),
        "answers of 500 and above": tally.count("500"),
    }


def _json(tally: Tally, options: dict[str, Any], seconds: float) -> str:
    return json.dumps(
        {
            **_counts(tally),
            "seed": options["seed"],
            "lock": options["lock"],
            "seconds": round(seconds, 1),
            "endpoints": dict(sorted(tally.endpoints.items())),
            "findings": [asdict(finding) for finding in tally.findings],
        },
        indent=2,
    )


def _table(tally: Tally, options: dict[str, Any], seconds: float) -> str:
    return "\n".join(
        [
            f"Lock {options['lock']}, seed {options['seed']}, {seconds:.0f} seconds.",
            *(f"{count:>8,}  {name}" for name, count in _counts(tally).items()),
            *(_line(finding, options) for finding in tally.findings[:SHOWN]),
        ]
    )


def _line(finding: Finding, options: dict[str, Any]) -> str:
    about = f" --about {options['about']}" if options["about"] else ""
    return (
        f"{finding.kind}: {finding.person}, {finding.method} {finding.url}: {finding.detail}\n"
        f"    again: manage.py access_oracle --seed {finding.seed} --lock {options['lock']}{about} "
        f"--world {finding.world} (its probe {finding.probe})"
    )
