"""One process at a time starts or stops a server; the others wait and find it done."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from opsconsole.database.errors import EmbeddedServerError
from opsconsole.database.place import Place

PATIENCE = 180  # seconds: longer than the slowest start


@contextmanager
def start_lock(place: Place) -> Iterator[None]:
    """Hold the place's lock; the kernel lets go of it when its holder dies in any way."""
    descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if os.fstat(descriptor).st_uid == 0:
            place.account.take(place.lock)
        _wait_for(descriptor, place)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, place: Place) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return
    raise EmbeddedServerError(
        f"Another process has been starting or stopping the embedded PostgreSQL for {PATIENCE} "
        f"seconds: see who holds {place.lock} (fuser names it), end it and start again."
    )
