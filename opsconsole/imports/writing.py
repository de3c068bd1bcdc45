"""The previewed rows, written: one INSERT for the new records, one UPDATE for the changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, connection, transaction

from opsconsole.database.refusals import sentence_for
from opsconsole.imports.classifying import aliased
from opsconsole.imports.models import ImportBatch, StagedRow
from opsconsole.imports.problems import Drifted, Level, shortened
from opsconsole.imports.resource import ImportResource

LISTED = 100  # lines that a drift names
STAGED = StagedRow._meta.db_table
KEPT = "row, line, key, action, sketch, object_id, changes, problems, digest"
CHANGED_MEANWHILE = "Somebody changed these records at this moment: look at the preview again."


def keep(batch: ImportBatch) -> None:
    """Keep the verdicts of `import_outcome` as the batch's preview."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {STAGED} WHERE batch_id = %s", [batch.pk])  # noqa: S608
        cursor.execute(
            f"INSERT INTO {STAGED} (batch_id, {KEPT}) SELECT %s, {KEPT} FROM import_outcome "  # noqa: S608
            "ORDER BY row",
            [batch.pk],
        )


def refuse_drift(batch: ImportBatch, resource: ImportResource) -> None:
    """Raise Drifted unless `import_outcome` says what the batch's preview said."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT coalesce(s.line, o.line), s.action, o.action, s.changes, o.changes, o.problems
            FROM (SELECT * FROM {STAGED} WHERE batch_id = %s) s
            FULL JOIN import_outcome o ON o.row = s.row
            WHERE (s.action, s.changes, s.object_id, s.digest)
                IS DISTINCT FROM (o.action, o.changes, o.object_id, o.digest)
                AND (s.action, o.action) IS DISTINCT FROM ('reject', 'reject')
            ORDER BY 1 LIMIT {LISTED}
            """,  # noqa: S608
            [batch.pk],
        )
        drifted = [
            (line, _what_changed(resource, was, now, *map(_loaded, documents)))
            for line, was, now, *documents in cursor.fetchall()
        ]
    if drifted:
        raise Drifted(drifted)


def _loaded(document: str | None) -> Any:
    return json.loads(document or "{}")


def _what_changed(
    resource: ImportResource, was: str | None, now: str | None, before: Any, after: Any, found: Any
) -> str:
    if was != now:
        label = {action.value: str(action.label).lower() for action in StagedRow.Action}
        errors = [p["sentence"] for p in found or [] if p["level"] == Level.ERROR]
        was_now = f"was {label.get(was or '', 'absent')}, is now {label.get(now or '', 'absent')}"
        return ": ".join([was_now, " ".join(errors)]) if errors else f"{was_now}."
    parts = []
    for column in sorted({*before, *after}):
        if before.get(column) != after.get(column):
            stored = resource.say(column, (after.get(column) or before[column][::-1])[0])
            parts.append(f"{resource.title_of(column)} is {shortened(stored)} meanwhile.")
    return " ".join(parts) or "Something else of this record was changed meanwhile."


def write(batch: ImportBatch, resource: ImportResource) -> tuple[int, int]:
    """Write the staged rows; how many records the database says it made and changed.

    The changed ones first: they may make room for new ones, and triggers of theirs would walk
    through the checks that new ones leave for the end, once for each row.
    """
    with _told_as_drift():
        resource.before_writing(batch)
        changed = _update(resource)
        made = 0 if resource.only_changes else _insert(batch, resource)
        return made, changed


@contextmanager
def checked_at_once() -> Iterator[None]:
    """Have the database check what the block wrote at its end, all or nothing.

    Foreign keys are checked at commit otherwise, where nobody could tell it any more.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def _told_as_drift() -> Iterator[None]:
    """What a constraint refuses reaches the person as a sentence, and nothing is written."""
    try:
        with checked_at_once():
            yield
    except IntegrityError as error:
        raise Drifted([(None, sentence_for(error) or CHANGED_MEANWHILE)]) from error


def _insert(batch: ImportBatch, resource: ImportResource) -> int:
    columns = list(resource.all_columns())
    became = {column: f'j."n_{column}"' for column in columns}
    became |= {column: str(int(batch.pk)) for column in columns if column == "import_batch_id"}
    became |= {column: aliased(sql, n="j.n_") for column, sql in resource.at_insert.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {resource.model._meta.db_table} ({', '.join(map(_named, columns))}) "  # noqa: S608
            f"SELECT {', '.join(became.values())} FROM import_judged j "
            "JOIN import_outcome o USING (row) WHERE o.action = 'create' ORDER BY row"
        )
        return int(cursor.rowcount)


def _update(resource: ImportResource) -> int:
    """Each column becomes what was judged: the records are held, so that none changed since."""
    sets = ", ".join(f'{_named(c)} = j."n_{c}"' for c in resource.column_types())
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {resource.model._meta.db_table} p SET {sets} FROM import_judged j "  # noqa: S608
            "JOIN import_outcome o USING (row) WHERE p.id = j.object_id AND o.action = 'update'"
        )
        return int(cursor.rowcount)


def _named(column: str) -> str:
    return f'"{column}"'
