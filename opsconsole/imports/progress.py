"""How a step tells how far it is, without knowing whether anybody listens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

EVERY = 1_000  # rows

Listener = Callable[[str, int], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """In this block, `listener` hears what is being done and how many rows of it are.

    It may raise, to stop the step.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(doing: str, done: int = 0) -> None:
    """Say what is being done now."""
    if listener := _listener.get():
        listener(doing, done)


def counted[Row](doing: str, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, told of now and then as they pass."""
    for number, row in enumerate(rows):
        if not number % EVERY:
            tell(doing, number)
        yield row
