"""An import, undone: what it made is deleted, what it changed is as before.

A record that somebody changed since, or that other records hang from by now, is kept and named.
"""

# ruff: noqa: S608  (the SQL is put together from the models' own names, not from what people send)

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, models
from django.utils import timezone

from opsconsole.access.acting import Source, acting
from opsconsole.access.lock import unlocked
from opsconsole.access.registry import registered, visible
from opsconsole.database.refusals import Refused, sentence_for
from opsconsole.imports import progress
from opsconsole.imports.classifying import aliased
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.resource import ImportResource
from opsconsole.imports.writing import checked_at_once

NAMED = 1_000  # kept records that are named, each with its reason
TABLE = "import_undo"
MEANWHILE = "Somebody changed these records at this moment. Nothing was undone: try again."


@dataclass(frozen=True)
class Undoing:
    """What undoing comes to: records deleted, restored, and kept with the reason for each."""

    deleted: int
    restored: int
    kept: int
    named: list[tuple[int | None, str, str]] = field(default_factory=list)

    def __add__(self, along: Undoing) -> Undoing:
        """With what was made along, which has no page among those of the import's own kind."""
        named = [(None, label, why) for _, label, why in along.named]
        return Undoing(
            self.deleted + along.deleted,
            self.restored + along.restored,
            self.kept + along.kept,
            [*self.named, *named][:NAMED],
        )


def foresee(batch: ImportBatch, resource: ImportResource, person: Any) -> Undoing:
    """What undoing would come to now; nothing is changed."""
    done = _counted(*_plan(batch, resource, person))
    going = _going(batch, resource, person) if resource.also_undone else []
    for other in resource.also_undone:
        done += _counted(*_plan(batch, other(), person, {resource.model: going}))
    return done


def undo(batch: ImportBatch, resource: ImportResource, person: Any) -> Undoing:
    """Undo the import, for a person who may, as far as its records are as it left them.

    Raises Refused where it was not imported, is undone already, or may not be undone by them.
    """
    with _acting_for(batch, person):
        _hold(batch)
        _refuse_unless_allowed(person, resource)
        done = _undo_records(batch, resource, person)
        for other in resource.also_undone:
            done += _undo_records(batch, other(), person)
        _note(batch, person, done)
    return done


def _undo_records(batch: ImportBatch, resource: ImportResource, person: Any) -> Undoing:
    """Delete and restore the records of one kind that the import made and changed."""
    progress.tell("Looking at what changed since")
    _hold_records(batch, resource)
    sql, params = _plan(batch, resource, person)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {TABLE} ON COMMIT DROP AS {sql}", params)
        cursor.execute(f"CREATE UNIQUE INDEX ON {TABLE} (id)")
        cursor.execute(f"ANALYZE {TABLE}")
    progress.tell("Undoing")
    done = _counted(f"SELECT * FROM {TABLE}")
    with _told_as_refusal():
        deleted = 0 if resource.only_changes else _delete(resource)
        if (deleted, _restore(resource)) != (done.deleted, done.restored):
            raise Refused(MEANWHILE)
    resource.follow(batch)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")
    return done


@contextmanager
def _acting_for(batch: ImportBatch, person: Any) -> Iterator[None]:
    """What is undone is itself a reason; who undoes it on its page also says theirs."""
    what = f"Undo of the import of {batch.file_name}"
    reason = f"{what}: {batch.undo_reason}" if batch.undo_reason else what
    with acting(person, source=Source.IMPORT, reason=reason, batch=batch.pk):
        yield


def _hold(batch: ImportBatch) -> None:
    held: Any = ImportBatch.objects.select_for_update(no_key=True)
    batch.refresh_from_db(fields=["status"], from_queryset=held)
    if batch.status != ImportBatch.Status.COMMITTED:
        state = batch.get_status_display().lower()
        raise Refused(f"This import is {state}: only what is imported can be undone.")


def _refuse_unless_allowed(person: Any, resource: ImportResource) -> None:
    now: Any = get_user_model()._base_manager.get(pk=person.pk)
    if not (now.is_active and now.has_perm(resource.undo_permission)):
        raise Refused(f"You may not undo imports of {resource.many}.")


def _hold_records(batch: ImportBatch, resource: ImportResource) -> None:
    """Whoever changes one of the records from here on waits, and changes what was restored."""
    table, versions = _tables(resource)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT count(*) FROM (SELECT DISTINCT id FROM "{versions}" WHERE batch_id = %s '
            f'ORDER BY id) f, LATERAL (SELECT FROM "{table}" WHERE id = f.id FOR UPDATE) held',
            [batch.pk],
        )


def _going(batch: ImportBatch, resource: ImportResource, person: Any) -> list[int]:
    """The records that undoing would delete."""
    sql, params = _plan(batch, resource, person)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({sql}) plan WHERE made AND kept = ''", params)
        return [pk for (pk,) in cursor.fetchall()]


def _plan(
    batch: ImportBatch,
    resource: ImportResource,
    person: Any,
    going: Mapping[type[models.Model], list[int]] | None = None,
) -> tuple[str, list[Any]]:
    """SQL for the records of the import that the person may see, each with what keeps it.

    Columns: id, made (by the import, or changed), label, before (the id of the version before
    the import), kept (the reason, empty where it is deleted or restored). What is `going`, of other
    models, keeps none.

    Each record and its versions are looked up by its id (LIMIT and max see to that): so shortly
    after an import PostgreSQL knows too little of the tables to join them in a better way.
    """
    _, versions = _tables(resource)
    everything = resource.model._base_manager.order_by()
    seen, params = visible(everything, person).query.sql_with_params()
    reasons = " ".join(f"WHEN {broken} THEN {why}" for broken, why in _reasons(resource))
    sql = f"""
        SELECT p.id, f.made, coalesce({resource.called}, '') AS label, b.before,
            CASE {reasons} ELSE coalesce(h.why, '') END AS kept
        FROM (
            SELECT batch_id, id, min(history_id) AS first, max(history_id) AS last,
                bool_or(history_type = '+') AS made
            FROM "{versions}" WHERE batch_id = %s GROUP BY batch_id, id
        ) f
        CROSS JOIN LATERAL (SELECT * FROM ({seen}) p WHERE p.id = f.id LIMIT 1) p
        CROSS JOIN LATERAL (
            SELECT max(history_id) FILTER (WHERE history_id < f.first) AS before,
                max(history_id) AS newest
            FROM "{versions}" WHERE id = f.id
        ) b
        LEFT JOIN LATERAL (
            SELECT * FROM "{versions}" v WHERE v.history_id = b.before LIMIT 1
        ) o ON NOT f.made
        LEFT JOIN unnest(%s::bigint[], %s::text[]) h (id, why) ON h.id = p.id
    """
    hanging = _hanging_from(batch, resource, going or {})
    return sql, [batch.pk, *params, list(hanging), list(hanging.values())]


def _counted(plan: str, params: Sequence[Any] = ()) -> Undoing:
    """What a plan comes to, in one statement: it is long to find out what keeps many records."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH plan AS MATERIALIZED ({plan})
            SELECT counts.*, named.*
            FROM (
                SELECT count(*) FILTER (WHERE kept = '' AND made),
                    count(*) FILTER (WHERE kept = '' AND NOT made),
                    count(*) FILTER (WHERE kept <> '')
                FROM plan
            ) counts LEFT JOIN (
                SELECT id, label, kept FROM plan WHERE kept <> '' ORDER BY label, id LIMIT {NAMED}
            ) named ON true
            ORDER BY label, id
            """,
            params or None,
        )
        rows = cursor.fetchall()
    deleted, restored, kept = rows[0][:3]
    return Undoing(deleted, restored, kept, [row[3:] for row in rows[:kept]])


def _reasons(resource: ImportResource) -> Iterator[tuple[str, str]]:
    """What keeps a record, the first that holds: a condition, and SQL for the sentence."""
    table, _ = _tables(resource)
    if not resource.only_changes:
        yield (
            f'f.made AND p."{registered(resource.model).undone_by}" IS DISTINCT FROM f.batch_id',
            f"'It came in before imports of {resource.many} could be undone.'",
        )
    yield "b.newest > f.last", "'It was changed since the import.'"
    yield "NOT f.made AND b.before IS NULL", "'Nobody knows what it was before.'"
    for unique in resource.uniques:
        yield (
            f'NOT f.made AND EXISTS (SELECT FROM "{table}" q WHERE q.id <> p.id AND '
            f"{aliased(unique.match_in_full, p='q.', n='o.')})",
            "'What it was before is taken by another one now.'",
        )
    for rule in resource.undo_rules:
        sentence = rule.sentence.replace("'", "''")
        yield aliased(rule.broken, n="o."), f"'{sentence}'"


def _hanging_from(
    batch: ImportBatch, resource: ImportResource, going: Mapping[type[models.Model], list[int]]
) -> dict[int, str]:
    """The records that the import made and that others point to by now, each with a sentence.

    Asked past the policies: what another person keeps for themselves holds a record as well. Only
    that there is something is told, of records that this import made.
    """
    _, versions = _tables(resource)
    relations = _relations(resource.model)
    if not relations:
        return {}
    leaving = [going[r.related_model] for r in relations if r.related_model in going]
    reasons = (_hangs(relation, relation.related_model in going) for relation in relations)
    with unlocked(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT id, why FROM (
                SELECT DISTINCT id FROM "{versions}" WHERE batch_id = %s AND history_type = '+'
            ) f CROSS JOIN LATERAL (SELECT CASE {" ".join(reasons)} END AS why) h
            WHERE why IS NOT NULL
            """,
            [batch.pk, *leaving],
        )
        return dict(cursor.fetchall())


def _hangs(relation: Any, some_leave: bool) -> str:
    """A branch of a CASE: whether a record of the relation, that does not leave, points to `f`."""
    meta = relation.related_model._meta
    stays = f' AND h."{meta.pk.column}" <> ALL(%s::bigint[])' if some_leave else ""
    return (
        f'WHEN EXISTS (SELECT FROM "{meta.db_table}" h WHERE h."{relation.field.column}" = f.id'
        f"{stays}) THEN '{_says(relation)}'"
    )


def _relations(model: type[models.Model]) -> list[Any]:
    """The relations of other records to one of these that the database holds them to.

    Also those without a name on this side: who changed something, whose permission it is.
    """
    fields: Any = model._meta.get_fields(include_hidden=True)
    return [
        relation
        for relation in fields
        if relation.auto_created
        and not relation.concrete
        and relation.field.concrete
        and relation.field.db_constraint
        and relation.related_model._meta.managed
    ]


def _says(relation: Any) -> str:
    """Why a record stays to which something has this relation, as SQL has it in quotes."""
    if hasattr(relation.related_model, "instance_type"):
        return "They changed something by now."
    what = str(relation.related_model._meta.verbose_name_plural).replace("'", "''")
    return f"There are {what} of it by now."


def _delete(resource: ImportResource) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f'DELETE FROM "{_tables(resource)[0]}" p USING {TABLE} u '
            "WHERE p.id = u.id AND u.made AND u.kept = ''"
        )
        return int(cursor.rowcount)


def _restore(resource: ImportResource) -> int:
    """Each column is as it was: since the import, nobody changed any.

    What no version keeps, as a password, no import writes to a known record; nor what comes from
    elsewhere, of which an import changes a part alone.
    """
    table, versions = _tables(resource)
    model: Any = resource.model
    kept = {field.column for field in model.history.model.tracked_fields}
    columns = resource.column_types() if resource.only_changes else resource.all_columns()
    sets = ", ".join(f'"{column}" = v."{column}"' for column in columns if column in kept)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" p SET {sets} FROM {TABLE} u JOIN "{versions}" v '
            "ON v.history_id = u.before WHERE p.id = u.id AND NOT u.made AND u.kept = ''"
        )
        return int(cursor.rowcount)


@contextmanager
def _told_as_refusal() -> Iterator[None]:
    try:
        with checked_at_once():
            yield
    except IntegrityError as error:
        raise Refused(sentence_for(error) or MEANWHILE) from error


def _note(batch: ImportBatch, person: Any, done: Undoing) -> None:
    batch.status, batch.undone_by, batch.undone_at = (
        ImportBatch.Status.UNDONE, person, timezone.now(),
    )  # fmt: skip
    batch.undone = {
        "deleted": done.deleted,
        "restored": done.restored,
        "kept": done.kept,
        "named": done.named,
    }
    batch.save(update_fields=["status", "undone_by", "undone_at", "undone"])


def _tables(resource: ImportResource) -> tuple[str, str]:
    model: Any = resource.model
    return model._meta.db_table, model.history.model._meta.db_table
