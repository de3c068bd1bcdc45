"""How long something takes: the median of several runs, the rivals in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from django.db import transaction


def side_by_side(*works: Callable[[], object], runs: int = 7) -> list[float]:
    """Median seconds of each; in turns, so that a slow moment of the machine hits all alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for times, work in zip(taken, works, strict=True):
            with transaction.atomic():
                started = time.perf_counter()
                work()
                times.append(time.perf_counter() - started)
    return [statistics.median(times) for times in taken]
