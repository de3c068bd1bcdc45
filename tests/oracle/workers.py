"""The databases of a run of its own, and the processes that ask in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.throwaway_server import ThrowawayServer

if TYPE_CHECKING:
    from tests.oracle.judge import Tally
    from tests.oracle.run import Share

ENVIRONMENT = {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "opsconsole.settings"}


@contextmanager
def databases(count: int) -> Iterator[list[str]]:
    """The addresses of so many databases that were just migrated, and are dropped afterwards."""
    server = None if os.environ.get("DATABASE_URL", "").strip() else ThrowawayServer()
    named = urlsplit(server.url if server else os.environ["DATABASE_URL"])
    name = f"oracle_{os.getpid()}"
    os.environ |= {**ENVIRONMENT, "DATABASE_URL": named._replace(path=f"/{name}").geturl()}
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    names = [name, *(f"{name}_{number}" for number in range(1, count))]
    try:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        call_command("migrate", verbosity=0)
        connection.close()
        with connection._nodb_cursor() as cursor:
            for copy in names[1:]:
                cursor.execute(f"CREATE DATABASE {copy} TEMPLATE {name}")
        yield [named._replace(path=f"/{name}").geturl() for name in names]
    finally:
        connection.close()
        with connection._nodb_cursor() as cursor:
            for made in names:
                cursor.execute(f"DROP DATABASE IF EXISTS {made} WITH (FORCE)")
        if server:
            server.stop()


def answered(asked: list[Share], urls: list[str]) -> Iterator[Tally]:
    """What each share found, in their order."""
    context = get_context("spawn")
    free: SimpleQueue[str] = context.SimpleQueue()
    for url in urls:
        free.put(url)
    with ProcessPoolExecutor(len(urls), context, _begin, (free,)) as pool:
        yield from pool.map(_ask, asked)


def _begin(free: SimpleQueue[str]) -> None:
    """Set a worker up, on a database of its own."""
    os.environ |= {**ENVIRONMENT, "DATABASE_URL": free.get()}
    import django

    django.setup()


def _ask(share: Share) -> Tally:
    from tests.oracle.run import run

    return run([share])
