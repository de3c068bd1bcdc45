"""`python -m tests.removals [WORD…]`: take out one rule after another, and name the test.

With words, only the rules whose name holds one of them. Exit 1 where no test missed a rule.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import django

AT_ONCE = 2
CHECKOUT = Path(__file__).resolve().parents[2]


def main(words: list[str]) -> int:
    """Print a line for each rule."""
    os.environ.setdefault("DEBUG", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
    django.setup()
    from tests.removals.catalogue import removals

    chosen = [r for r in removals() if not words or any(word in r.name for word in words)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {pool.submit(missed_by, removal.name, removal.tests): removal for removal in chosen}
        missed = 0
        for run in as_completed(runs):
            test = run.result()
            missed += test is None
            print(f"{runs[run].name:76} {test or 'NO TEST FAILED'}", flush=True)
    print(f"\n{len(chosen)} rules taken out, {missed} of them without a test that failed")
    return 1 if missed else 0


def missed_by(name: str, tests: tuple[str, ...]) -> str | None:
    """The first test that fails without the rule; None if none does."""
    there = [path for path in tests if (CHECKOUT / path).exists()]
    plugins = ["-p", "tests.removals.plugin", "-p", "no:randomly", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", *plugins, *there],
        cwd=CHECKOUT,
        env={**os.environ, "TAKE_OUT": name},
        capture_output=True,
        text=True,
    )
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", run.stdout, re.M)
    if run.returncode not in (0, 1) and not found:
        raise RuntimeError(f"The tests did not run without {name}:\n{run.stdout[-2000:]}")
    return found[1] if found else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
