"""Every row of the database, to say what a request changed."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

# Sessions and counted sign-ins are written by whoever knocks.
BESIDE_THE_POINT = ("django_session", "axes_")


class Rows:
    """Every row of every table, by table and text."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
            )
            self.tables = [
                name for (name,) in cursor.fetchall() if not name.startswith(BESIDE_THE_POINT)
            ]
        self.digest, self.rows = self.digest_now(), set(self.rows_now())
        self.writes = writes_so_far()

    def digest_now(self) -> str:
        """One value over all rows of all tables."""
        parts = " || ".join(
            f"(SELECT coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') FROM {table} t)"
            for table in self.tables
        )
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute(f"SELECT {parts}")
            return cursor.fetchone()[0]

    def rows_now(self) -> list[tuple[str, str]]:
        parts = " UNION ALL ".join(
            f"SELECT '{table}', row_to_json(t)::text FROM {table} t" for table in self.tables
        )
        with connection.cursor() as cursor:
            cursor.execute(parts)
            return cursor.fetchall()


def writes_so_far() -> int:
    """How many rows this transaction has tried to write, taken back or not."""
    counted = " + ".join(
        f"pg_stat_get_xact_tuples_{done}(oid)" for done in ("inserted", "updated", "deleted")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sum({counted}) FROM pg_class WHERE relkind = 'r' AND "
            "relnamespace = 'public'::regnamespace"
        )
        return int(cursor.fetchone()[0])


def changes(before: Rows) -> list[tuple[str, dict[str, Any]]]:
    """The rows that are not what they were: old and new ones, removed ones and added ones."""
    written, before.writes = before.writes, writes_so_far()
    if written == before.writes or before.digest_now() == before.digest:
        return []
    differing = before.rows ^ set(before.rows_now())
    return sorted(((table, json.loads(row)) for table, row in differing), key=str)
