"""How much a random or long test does, and the number that its draws begin with.

`make test` does a little of each, `make proofs` the whole: what is asked for stands in WHOLE. The
seed is drawn anew for each run and told in its first lines; SEED repeats a run.
"""

from __future__ import annotations

import os
from random import Random, SystemRandom

SEED = int(os.environ.get("SEED") or SystemRandom().randrange(1_000_000))
os.environ["SEED"] = str(SEED)  # for the workers of the run
IS_WHOLE = os.environ.get("WHOLE") == "1"


def size(small: int, whole: int) -> int:
    """The first number in the suite, the second in a proof."""
    return whole if IS_WHOLE else small


def draws(about: object) -> Random:
    """Draws that are the same whenever the seed is, however many others drew before."""
    return Random(f"{SEED} {about}")  # noqa: S311  (nothing secret)
