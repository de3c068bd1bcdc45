"""`python -m tests.proofs.removals [WORD…]`: take out one rule after another, and name the test.

With words, only the rules whose name holds one of them. Exit 1 where no test missed a rule.
"""

from __future__ import annotations

import os
import sys
import time

import django

from tests.throwaway_server import ThrowawayServer

LINE = "{:76} {:>4.0f} s  {}"


def main(words: list[str]) -> int:
    """Print a line for each rule."""
    # The suite has to miss a rule, not what it does as a proof.
    os.environ |= {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "opsconsole.settings", "WHOLE": "0"}
    server, began, missed = ThrowawayServer(), time.monotonic(), []
    try:
        os.environ["DATABASE_URL"] = server.url
        django.setup()
        from tests.proofs.removals.catalogue import removals
        from tests.proofs.removals.trial import all_of, record

        chosen = [r for r in removals() if not words or any(word in r.name for word in words)]
        chosen.sort(key=lambda removal: len(removal.tests))  # those first that are quick to try
        for rule, seconds, test, problem in all_of(chosen):
            said = test or ("THE TESTS DID NOT RUN" if problem else "NO TEST FAILED")
            print(LINE.format(rule, seconds, said), problem, flush=True)
            if test:
                record(rule, test)
            else:
                missed.append(rule)
    finally:
        server.stop()
    took = (time.monotonic() - began) / 60
    print(f"\n{len(chosen)} rules taken out in {took:.1f} min, {len(missed)} missed by no test")
    print("".join(f"    {name}\n" for name in missed), end="")
    return 1 if missed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
