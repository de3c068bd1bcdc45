"""The managers' home on a server that compiles questions, beside one that does not.

The console switches JIT off for its transactions, whatever the session begins with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import connection
from django.test import Client

from bench.company import fill
from bench.runner import Impossible, Row
from bench.timing import side_by_side
from bench.workbench import signed_in
from tests.factories import make_manager

HOMES, ZIPS, OWNERS = 20_000, 1_000, 2_000
GOAL = 1.3  # times as long as without JIT, at most
WARM, RUNS = 3, 15


def rows() -> Iterator[Row | Impossible]:
    """The page in a session that begins with JIT, and in one that begins without."""
    work = f"managers' home of {HOMES:,} homes, JIT on"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_jit_available()")
        [is_there] = cursor.fetchone()
    if not is_there:
        yield Impossible(work, "this server has no LLVM: name one that has in DATABASE_URL")
        return
    fill(HOMES, ZIPS, OWNERS)
    client = signed_in(make_manager())
    on, off = _asking(client, "on"), _asking(client, "off")
    for _ in range(WARM):
        on(), off()
    product, peer = side_by_side(on, off, runs=RUNS)
    yield Row(work, product, "JIT off", peer, GOAL, True)


def _asking(client: Client, jit: str) -> Callable[[], None]:
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET jit = {jit}")
        if (response := client.get("/")).status_code != 200:
            raise RuntimeError(f"The home page answers {response.status_code}.")

    return ask
