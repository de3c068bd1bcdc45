"""A clock that tests set, for Python and for the database at once."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.backends.signals import connection_created
from django.utils import timezone

LAID_OVER = "SET search_path = set_clock, public, pg_catalog"


class Clock:
    """Shows the same moment to `timezone.now()` and to every query that asks for today."""

    def __init__(self, moment: datetime.datetime) -> None:
        self.set(moment)

    def set(self, moment: datetime.datetime) -> None:
        """Have it show this moment until it is set again: it does not run."""
        self.moment = moment
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION set_clock.statement_timestamp() RETURNS timestamptz "
                "STABLE LANGUAGE sql AS $$ SELECT %s::timestamptz $$",
                [moment],
            )


@contextmanager
def clock_at(moment: datetime.datetime) -> Iterator[Clock]:
    """A block in which it is this moment, on each connection that is opened meanwhile too.

    What the database had parsed before keeps the real time: policies and what dates versions.
    """
    _run(
        "CREATE SCHEMA IF NOT EXISTS set_clock",  # a run that was killed leaves it
        "GRANT USAGE ON SCHEMA set_clock TO PUBLIC",
    )
    clock = Clock(moment)
    connection_created.connect(_lay_over)
    try:
        _lay_over(connection)
        with patch.object(timezone, "now", lambda: clock.moment):
            yield clock
    finally:
        connection_created.disconnect(_lay_over)
        _run("SET search_path TO DEFAULT", "DROP SCHEMA set_clock CASCADE")


def _lay_over(connection: Any, **_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LAID_OVER)


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
