"""The dates of a made-up past: the one place that writes to versions once they are there.

It takes their guards off, as the owner of the tables can. All of it is in the transaction that
makes the demo company, so that nothing of it is sealed yet.
"""

# ruff: noqa: S608  (tables of our own)

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.apps import apps
from django.db import connection
from django.db.models import Model

from opsconsole.history.records import Version


def date_all(versions: type[Model], at: datetime.datetime) -> None:
    """Have all these versions written at one moment."""
    with _unguarded(versions) as table, connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET history_date = %s", [at])


def date_requests(moments: Mapping[uuid.UUID, datetime.datetime]) -> None:
    """Have the versions of each request written at its moment."""
    for versions in apps.get_models():
        if not issubclass(versions, Version):
            continue
        with _unguarded(versions) as table, connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} version SET history_date = event.at "
                "FROM unnest(%s::uuid[], %s::timestamptz[]) AS event(request_id, at) "
                "WHERE version.request_id = event.request_id",
                [[str(request) for request in moments], list(moments.values())],
            )


@contextmanager
def _unguarded(versions: type[Model]) -> Iterator[str]:
    table = connection.ops.quote_name(versions._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or the table could not be altered
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield table
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
