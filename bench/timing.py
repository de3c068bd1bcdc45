"""How long something takes: the median of several runs, the rivals in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from django.db import transaction


def side_by_side(
    *works: Callable[[], object],
    runs: int = 7,
    within: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> list[float]:
    """Median seconds of each; in turns, so that a slow moment of the machine hits all alike.

    The first, the product's, runs `within` what a request has around it, which is not timed.
    """
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for times, work in zip(taken, works, strict=True):
            with transaction.atomic(), (within if work is works[0] else nullcontext)():
                started = time.perf_counter()
                work()
                times.append(time.perf_counter() - started)
    return [statistics.median(times) for times in taken]
