"""A week's changes by one person in some ZIP codes, beside simple-history's own indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import connection
from django.utils import timezone

from bench.company import SHARE
from bench.runner import Row
from bench.timing import side_by_side
from bench.versions import HISTORIES, VERSIONS
from staffing.models import User, ZipCode
from tests.factories import days

RUNS = 5
MY_ZIP_CODES = 25
BUSY = "Actor 7"
# What django-simple-history indexes by itself: the record, the moment, and every foreign key.
COPY_OF = """
    CREATE UNLOGGED TABLE bench_{name} AS
    SELECT {columns} FROM bookings_historical{name} ORDER BY history_id
"""
FOUND = """
    SELECT history_id FROM {table}
    WHERE history_date >= %(since)s AND zip_code_id = ANY(%(zips)s) AND history_user_id = %(who)s
    ORDER BY history_date DESC, history_id DESC
"""


def rows() -> Iterator[Row]:
    """The same question to the same versions under the console's indexes and under stock ones."""
    for name in HISTORIES:
        _copy(name)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    ours, theirs = (_asking(prefix) for prefix in ("bookings_historical", "bench_"))
    if (found := ours()) != theirs() or not (found or SHARE < 1):
        raise RuntimeError("Both ways should find the same versions, and some.")
    console, stock = side_by_side(ours, theirs, runs=RUNS)
    work = f"7 days of one person in {MY_ZIP_CODES} ZIP codes, of {VERSIONS:,}"
    yield Row(work, console, "simple-history's indexes", stock, 3.0, False)
    with connection.cursor() as cursor:
        for name in HISTORIES:
            cursor.execute(f"DROP TABLE bench_{name}")


def _asking(prefix: str) -> Callable[[], list[int]]:
    asked = {
        "since": timezone.now() - days(7),
        "zips": list(ZipCode.objects.order_by("pk").values_list("pk", flat=True)[:MY_ZIP_CODES]),
        "who": User.objects.get(full_name=BUSY).pk,
    }

    def ask() -> list[int]:
        found: list[int] = []
        with connection.cursor() as cursor:
            for name in HISTORIES:
                cursor.execute(FOUND.format(table=f"{prefix}{name}"), asked)
                found += [number for (number,) in cursor.fetchall()]
        return found

    return ask


def _copy(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " AND column_name NOT IN ('changed_fields', 'source', 'request_id', 'batch_id')",
            [f"bookings_historical{name}"],
        )
        columns = [column for (column,) in cursor.fetchall()]
        cursor.execute(COPY_OF.format(name=name, columns=", ".join(columns)))
        cursor.execute(f"ALTER TABLE bench_{name} ADD PRIMARY KEY (history_id)")
        for column in ["id", "history_date", *(each for each in columns if each.endswith("_id"))]:
            if column != "history_id":
                cursor.execute(f"CREATE INDEX ON bench_{name} ({column})")
