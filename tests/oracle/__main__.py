"""`python -m tests.oracle`: random requests to the console, held against a second opinion.

Looks for leaks, foreign writes and wrong denials, on a PostgreSQL that lives as long as the run (or
on that of DATABASE_URL, in databases of its own beside the one that it names). Nothing is kept.
The worlds are shared among worker processes; what one asks depends on the seed and its number
alone. Each wrong answer is printed with the command that repeats it, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from tests.oracle.workers import answered, databases
from tests.scale import SEED

if TYPE_CHECKING:
    from tests.oracle.judge import Finding, Tally
    from tests.oracle.run import Share

LOCKS = ("both", "app", "db")
SHOWN = 40  # wrong answers


def main(arguments: list[str]) -> int:
    """Ask, print a table and the wrong answers; 1 if there is any."""
    options = parser().parse_args(arguments)
    began = time.monotonic()
    if not options.json:
        print(f"seed {options.seed}, lock {options.lock}, {options.workers} workers", flush=True)
    with databases(options.workers) as urls:
        asked = asked_for(options)
        total = collect(answered(asked, urls), len(asked), quiet=options.json)
    return report(total, options, time.monotonic() - began)


def parser() -> argparse.ArgumentParser:
    """What may be asked for."""
    asks = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    asks.add_argument("--probes", type=int, default=2_500, help="Requests, with each lock.")
    asks.add_argument("--seed", type=int, default=SEED, help="Drawn anew if it is not given.")
    asks.add_argument(
        "--lock", choices=("all", *LOCKS, "none"), default="both", help="The locks that hold."
    )
    asks.add_argument("--world", type=int, help="Only this world: to repeat a finding.")
    asks.add_argument("--about", default="", help="Only pages whose name begins so.")
    asks.add_argument("--workers", type=int, default=1, help="Processes that ask at once.")
    asks.add_argument("--json", action="store_true", help="Print one JSON document.")
    return asks


def asked_for(options: argparse.Namespace) -> list[Share]:
    """The worlds to ask in, with each lock."""
    from tests.oracle.run import PER_WORLD, Share, shares

    locks = LOCKS if options.lock == "all" else (options.lock,)
    seed, about = options.seed, options.about
    if options.world is not None:
        return [Share(seed, options.world, PER_WORLD, lock, about) for lock in locks]
    return [share for lock in locks for share in shares(options.probes, seed, lock, about=about)]


# What it tells


def collect(found: Iterable[Tally], count: int, *, quiet: bool) -> Tally:
    """All that was found, told on the way."""
    from tests.oracle.judge import Tally

    total, began = Tally(), time.monotonic()
    for number, tally in enumerate(found, start=1):
        shown = tally.findings[: max(0, SHOWN - len(total.findings))]
        total.add(tally)
        if not quiet:
            print(*map(_line, shown), sep="\n", end="\n" if shown else "")
            left = (time.monotonic() - began) / number * (count - number)
            wrong = len(total.findings)
            print(f"{total.probes:,} probes, {wrong} wrong answers, {left:.0f} s left", flush=True)
    return total


def report(total: Tally, options: argparse.Namespace, seconds: float) -> int:
    """Print what came of it; 1 where an answer was wrong."""
    if options.json:
        print(json.dumps(_document(total, options, seconds), indent=2))
    else:
        pace = total.probes / seconds
        print(f"seed {options.seed}, lock {options.lock}: {seconds:.0f} s, {pace:.0f} probes/s")
        print(*(f"{count:>8,}  {name}" for name, count in _counts(total).items()), sep="\n")
    return 1 if total.findings else 0


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


def _document(tally: Tally, options: argparse.Namespace, seconds: float) -> dict[str, object]:
    return {
        **_counts(tally),
        "seed": options.seed,
        "lock": options.lock,
        "seconds": round(seconds, 1),
        "endpoints": dict(sorted(tally.endpoints.items())),
        "findings": [asdict(finding) for finding in tally.findings],
    }


def _line(finding: Finding) -> str:
    what = f"{finding.person}, {finding.method} {finding.url}: {finding.detail}"
    return f"{finding.kind}: {what}\n    again: {again(finding)} (its probe {finding.probe})"


def again(finding: Finding) -> str:
    """The command that asks in the same world once more."""
    about = f" --about {finding.about}" if finding.about else ""
    seen = f"--seed {finding.seed} --lock {finding.lock}{about} --world {finding.world}"
    return f"python -m tests.oracle {seen}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
