"""The tables: what they hold, which of them were written to, and how they are emptied."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from bookings import models as bookings
from opsconsole.exports.models import Export
from opsconsole.imports.models import ImportBatch, StagedRow
from opsconsole.notices.models import Mute, Notice
from opsconsole.saved_views.models import SavedView
from staffing.models import User, Viewing, ZipAssignment, ZipCode
from tests.oracle.model import Row

type State = dict[Row, dict[str, Any]]

# What the model knows, by the kinds that it calls them.
MODELS: dict[str, Any] = {
    "home": bookings.Property,
    "plan": bookings.AwayPlan,
    "booking": bookings.Booking,
    "task": bookings.Task,
    "line": bookings.ChecklistItem,
    "code": bookings.AccessSecret,
    "reveal": bookings.SecretReveal,
    "note": bookings.RecordNote,
    "user": User,
    "zip": ZipCode,
    "assignment": ZipAssignment,
    "batch": ImportBatch,
    "staged": StagedRow,
    "export": Export,
    "viewing": Viewing,
    "notice": Notice,
    "view": SavedView,
    "mute": Mute,
    "feed": bookings.CalendarFeed,
    "review": apps.get_model("workbench", "PlanReview"),
}
KINDS = {model._meta.db_table: kind for kind, model in MODELS.items()}
# What the migrations fill: no record of anybody's.
REFERENCE = (ContentType, Permission, Group, Group.permissions.through)
# What may be written along without a rule of its own: the triggers' versions, who is signed in or
# tried to, the parts of a file and how far it is, the view that a list opens with.
ALONG = {
    "django_session",
    "axes_accessattempt",
    "axes_accessattemptexpiration",
    "axes_accessfailurelog",
    "axes_accesslog",
    "django_tasks_database_dbtaskresult",
    "imports_progress",
    "imports_uploadedpart",
    "saved_views_firstview",
}
WRITTEN = """
    SELECT relname, pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
        + pg_stat_get_xact_tuples_deleted(oid)
    FROM pg_class WHERE oid = ANY (%s)
"""


@cache
def tables() -> dict[str, Any]:
    """Every table that the console's models have, and their model."""
    models = apps.get_models(include_auto_created=True)
    return {m._meta.db_table: m for m in models if m._meta.managed and not m._meta.proxy}


def empty() -> None:
    """Delete every record, past the guards: nothing is left that the model doesn't know."""
    quote = connection.ops.quote_name
    doomed = [quote(table) for table, model in tables().items() if model not in REFERENCE]
    deleted = "; ".join(f"DELETE FROM {table}" for table in doomed)
    with connection.cursor() as cursor:
        # What a commit would refuse is refused at once, for no probe commits.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        cursor.execute(deleted)
        cursor.execute("SET LOCAL session_replication_role = origin")


class Watch:
    """The rows of the tables, read anew only where something was written since the last look."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT oid FROM pg_class WHERE relkind = 'r' AND relname = ANY (%s) "
                "AND relnamespace = 'public'::regnamespace",
                [list(tables())],
            )
            self._oids = [oid for (oid,) in cursor.fetchall()]
        self._counts: dict[str, int] = {}
        self.rows: State = {}  # as they were when they were kept

    def keep(self) -> None:
        """Take what is there now for what the next looks are compared with."""
        self.rows, _ = self.look()

    def look(self) -> tuple[State, set[str]]:
        """Every row as it is now, and the tables that were written to since the last look.

        A write that was rolled back counts as one.
        """
        with connection.cursor() as cursor:
            cursor.execute(WRITTEN, [self._oids])
            counts = dict(cursor.fetchall())
            written = {name for name, count in counts.items() if count != self._counts.get(name)}
            self._counts = counts
            if not (kinds := {KINDS[table] for table in written & KINDS.keys()}):
                return self.rows, written
            cursor.execute(" UNION ALL ".join(_rows_of(kind) for kind in sorted(kinds)))
            read = {(kind, pk): json.loads(text) for kind, pk, text in cursor.fetchall()}
        return {row: at for row, at in self.rows.items() if row[0] not in kinds} | read, written


def strays(written: set[str]) -> set[str]:
    """Those of the tables to which no request ever writes."""
    histories = {table for table in written if "_historical" in table}
    return written - KINDS.keys() - ALONG - histories


def _rows_of(kind: str) -> str:
    table = MODELS[kind]._meta.db_table
    return f"SELECT '{kind}', id, row_to_json(t)::text FROM {table} t"
