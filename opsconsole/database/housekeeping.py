"""What the worker does now and then besides its tasks: each app says what, and how often."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

MINUTE, HOUR = 60.0, 3600.0  # seconds

_registered: list[tuple[Callable[[], object], float]] = []


def every[Done](
    seconds: float,
) -> Callable[[Callable[[], Done]], Callable[[], Done]]:
    """Decorator: have the worker call this when it starts, and again after so many seconds."""

    def register(work: Callable[[], Done]) -> Callable[[], Done]:
        _registered.append((work, seconds))
        return work

    return register


@dataclass
class Chore:
    """One thing to do, and when it was last done."""

    work: Callable[[], object]
    seconds: float
    done_at: float = field(default=float("-inf"))

    def __str__(self) -> str:
        return f"{self.work.__module__}.{self.work.__name__}"

    def do_if_due(self) -> None:
        """Do it where it is time; if it fails, it is tried again when it is due next."""
        if time.monotonic() - self.done_at >= self.seconds:
            self.done_at = time.monotonic()
            self.work()


def chores() -> list[Chore]:
    """All there is to do, as a worker that has just started has it."""
    return [Chore(work, seconds) for work, seconds in _registered]
