"""`python -m tests.proofs [NAME…] [--seed N] [--list]`: prove at whole size what the suite samples.

Without a name all of them, one after another. Exit 1 where one fails or takes longer than its
budget, 2 where there is none of the name.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from tests.proofs.table import PROOFS, Proof

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST = 2  # times its budget: then it hangs, and is ended
INTERRUPTED = 130
LOOK_EVERY = 0.1  # seconds
ENDING = 30  # seconds for a proof that is ended to take its servers along


asked_to_end: list[int] = []  # the signals that came


class Ended(Exception):
    """Somebody pressed Ctrl-C, or asked the process to end."""


class NoSuchProof(Exception):
    """A word that names no proof."""


@dataclass(frozen=True)
class Outcome:
    """What came of a proof."""

    proof: Proof
    seed: int
    result: str
    minutes: float


def main(arguments: list[str], proofs: list[Proof] = PROOFS) -> int:
    """Run those that are named, and tell in the last lines what came of each."""
    asked = _arguments(arguments)
    try:
        chosen = chosen_of(asked.names, proofs)
    except NoSuchProof as problem:
        print(problem)
        return 2
    if asked.list:
        print(listed(chosen))
        return 0
    outcomes: list[Outcome] = []
    try:
        with _noting_signals():
            for proof, words in chosen:
                outcomes.append(run(proof, words, asked.seed))
    except Ended:
        print("\nEnded.")
        return INTERRUPTED
    print(told(outcomes))
    return 0 if all(outcome.result == "proven" for outcome in outcomes) else 1


@contextmanager
def _noting_signals() -> Iterator[None]:
    """Note Ctrl-C in place of raising, which could leave a process alone that has just begun.

    In the background SIGINT would be ignored, by the proofs too.
    """
    note = lambda number, frame: asked_to_end.append(number)  # noqa: E731
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    asked_to_end.clear()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs")
    parser.add_argument("names", nargs="*", metavar="NAME", help="All of them, if none is named.")
    parser.add_argument("--seed", type=int, help="Draw the same again.")
    parser.add_argument("--list", action="store_true", help="Only tell what there is.")
    return parser.parse_args(arguments)


def chosen_of(names: list[str], proofs: list[Proof]) -> list[tuple[Proof, list[str]]]:
    """The proofs that are named, each with the words after it that it takes; without names all."""
    known, chosen = {proof.name: proof for proof in proofs}, list[tuple[Proof, list[str]]]()
    for name in names or known:
        if name in known:
            chosen.append((known[name], []))
        elif chosen and chosen[-1][0].takes_words:
            chosen[-1][1].append(name)
        else:
            raise NoSuchProof(f"There is no proof {name}: there are {', '.join(known)}.")
    return chosen


def run(proof: Proof, words: list[str], seed: int | None) -> Outcome:
    """One proof: its commands one after another, until one of them fails or time is up."""
    seed = SystemRandom().randrange(1_000_000) if seed is None else seed
    print(f"\n{proof.name}: {proof.shows}", flush=True)
    print(f"{proof.size}; seed {seed}, budget {proof.minutes} min\n", flush=True)
    began = time.monotonic()
    ends = began + LONGEST * 60 * proof.minutes
    results = (_result_of(command, seed, ends) for command in proof.commands(seed, words))
    result = next((result for result in results if result != "proven"), "proven")
    minutes = (time.monotonic() - began) / 60
    if result == "proven" and minutes > proof.minutes:
        result = "over budget"
    print(f"\n{proof.name}: {result} in {minutes:.1f} of {proof.minutes} min", flush=True)
    return Outcome(proof, seed, result, minutes)


def _result_of(command: list[str], seed: int, ends: float) -> str:
    environment = {**os.environ, "WHOLE": "1", "SEED": str(seed)}
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, start_new_session=True)
    try:
        while process.poll() is None:
            if asked_to_end:
                raise Ended
            if time.monotonic() > ends:
                return f"ended at {LONGEST} times its budget"
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_EVERY)
        return "failed" if process.returncode else "proven"
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Whatever it has started goes with it; servers notice by themselves."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(ENDING)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def listed(chosen: list[tuple[Proof, list[str]]]) -> str:
    """A paragraph for each."""
    return "\n\n".join(
        f"{proof.name}: {proof.shows}\n    {proof.size}; at most {proof.minutes} min\n"
        f"    after a change of {proof.change}"
        for proof, _ in chosen
    )


def told(outcomes: list[Outcome]) -> str:
    """A line for each, and the sum."""
    wide = max(len(outcome.proof.size) for outcome in outcomes)
    lines = [
        f"{o.proof.name:16} {o.proof.size:{wide}} {o.seed:>9} {o.minutes:6.1f} of "
        f"{o.proof.minutes:>3} min  {o.result}"
        for o in outcomes
    ]
    proven = sum(outcome.result == "proven" for outcome in outcomes)
    minutes = sum(outcome.minutes for outcome in outcomes)
    budget = sum(outcome.proof.minutes for outcome in outcomes)
    head = f"{'proof':16} {'size':{wide}} {'seed':>9} {'took':>6}"
    last = f"{proven} of {len(outcomes)} proven in {minutes:.1f} of {budget} min"
    return "\n".join(["", head, *lines, last])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
