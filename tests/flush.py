"""Emptying the database after a test that needs real transactions.

Django truncates every table, then creates permissions, groups and policies anew. Here what the
migrations wrote stays, and only tables with rows are emptied: some milliseconds in place of a
second.
"""

from __future__ import annotations

from typing import Any

from django.db import OperationalError, connection, transaction

ATTEMPTS = 3  # a browser's last request may still read: one of the two gives way


class Flush:
    """Made once after the migrations, called after each test."""

    def __init__(self) -> None:
        tables = _rows(
            "SELECT oid::regclass::text FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        self._tables = [table for (table,) in tables]
        self._kept = self._filled()
        self._as_migrated = self._digest()

    def __call__(self) -> None:
        """Delete what was written. A test must leave what the migrations wrote as it was."""
        for attempt in range(ATTEMPTS):
            try:
                self._empty()
                break
            except OperationalError:
                if attempt == ATTEMPTS - 1:
                    raise
        assert self._digest() == self._as_migrated, f"The test changed one of {self._kept}."

    def _empty(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # The history's guards refuse to delete it, and foreign keys to delete in any order.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in set(self._filled()) - set(self._kept):
                cursor.execute(f"DELETE FROM {table}")

    def _filled(self) -> list[str]:
        [found] = _rows("SELECT " + ", ".join(f"EXISTS (TABLE {table})" for table in self._tables))
        return [table for table, is_filled in zip(self._tables, found, strict=True) if is_filled]

    def _digest(self) -> str:
        """One value over all that the migrations wrote."""
        parts = ", ".join(
            f"(SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t)"
            for table in self._kept
        )
        [[digest]] = _rows(f"SELECT concat_ws(' ', {parts})")
        return digest


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
