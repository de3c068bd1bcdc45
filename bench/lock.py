"""The second lock as the console will have it: row-level security for a role of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

SCOPED = {
    "bookings_property": "zip_code_id",
    "bookings_awayplan": "zip_code_id",
    "staffing_zipcode": "id",
}


def add_policies() -> None:
    """Make the role, and let it see the rows in the ZIP codes of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DO $$ BEGIN CREATE ROLE console_staff;"
            " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        for table, column in SCOPED.items():
            cursor.execute(f"GRANT SELECT ON {table} TO console_staff")
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            cursor.execute(
                f"CREATE POLICY bench_scope ON {table} TO console_staff USING ({column} = ANY"
                " ((SELECT current_setting('console.zips', true)::bigint[])::bigint[]))"
            )


@contextmanager
def hold_to(person: Any) -> Iterator[None]:
    """The rest of the transaction sees what this member of staff may see."""
    zips = ",".join(map(str, person.zip_code_ids()))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', 'console_staff', true),"
            " set_config('console.zips', %s, true)",
            [f"{{{zips}}}"],
        )
    yield
