"""The database triggers that write each version: statement-level, one for each operation.

`history_triggers()` goes into a model's Meta.triggers; makemigrations compiles it. A new field
on the model changes the compiled trigger, so a forgotten migration fails the migrations check.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.apps import apps
from django.db import models
from pgtrigger import compiler

from opsconsole.access.acting import Source
from opsconsole.history.unignored import Unignored

# What each version has besides the fields of its record.
OF_VERSIONS = """history_type, history_date, history_user_id, history_change_reason,
                changed_fields, source, request_id, batch_id"""


class HistoryTriggerSql(compiler.UpsertTriggerSql):
    """The trigger and its function.

    Unlike pgtrigger's own template the function runs as its owner, with a fixed search path, so
    that no role that serves requests needs to write history itself, and it knows no ignore list:
    history can't be switched off from the application.
    """

    def get_template(self) -> str:
        """Version 1. Migrations refer to it: add a new class instead of changing this one."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                    RETURN NULL;
                END;
            $$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid}
                {when} {operation} ON {table}
                {referencing}
                FOR EACH {level}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class HistoryTrigger(Unignored):
    """Writes a version for every row that a statement inserted, changed or deleted."""

    when = pgtrigger.After
    level = pgtrigger.Statement
    template = HistoryTriggerSql

    def __init__(self, kind: str, decided: str = "") -> None:
        self.kind, self.decided = kind, decided
        operation, referencing, self.rows, self.letter = KINDS[kind]
        super().__init__(
            name=f"history_{kind}",
            operation=operation,
            referencing=pgtrigger.Referencing(**referencing),
        )

    def get_func(self, model: Any) -> str:
        """The INSERT … SELECT from the transition tables into the history table."""
        # In a migration's state a model has no `history`: the registry's own model has.
        tracked = apps.get_model(model._meta.label)
        fields = [field.column for field in tracked.history.model.tracked_fields]
        pk = tracked._meta.pk.column
        table = tracked.history.model._meta.db_table
        row = "o" if self.kind == "delete" else "n"
        columns = ", ".join(f'"{column}"' for column in fields)
        values = ", ".join(f'{row}."{column}"' for column in fields)
        source = self.rows.format(pk=pk)
        changed = _changed(tracked, self.kind, fields)
        where = f"""
            FROM {source}
            CROSS JOIN LATERAL (SELECT {changed} AS fields) change
            WHERE {self._is_written(tracked)}"""
        before = _as_it_came(table, fields, where, pk) if self._may_be_the_first else ""
        return f"""{before}
            INSERT INTO "{table}" ({columns}, {OF_VERSIONS})
            SELECT {values},
                '{self.letter}', moment, {_bigint("actor")}, {_text("reason")},
                change.fields, coalesce({_text("source")}, 'database:' || session_user),
                nullif(current_setting('console.request', true), '')::uuid, {_bigint("batch")}
            {where};
        """

    def _is_written(self, tracked: Any) -> str:
        """The condition on a row that a version of it is written."""
        if not self.decided or self.kind == "delete":
            return "cardinality(change.fields) > 0" if self.kind == "update" else "true"
        column = tracked._meta.get_field(self.decided).column
        if self.kind == "insert":
            return f'n."{column}"'
        source = f"coalesce({_text('source')}, '') <> '{Source.REFERENCE}'"
        return (
            f'cardinality(change.fields) > 0 AND (o."{column}" IS DISTINCT FROM n."{column}" '
            f"OR {source})"
        )

    @property
    def _may_be_the_first(self) -> bool:
        """Whether a record that it writes a change of may have no version yet."""
        return bool(self.decided) and self.kind == "update"

    def get_declare(self, model: Any) -> list[tuple[str, str]]:
        """One moment for all the rows of a statement: not the transaction's start."""
        return [("moment", "CONSTANT timestamptz := clock_timestamp()")]


class NoTruncate(Unignored):
    """Refuses to empty a tracked table at once: there would be no version of what was in it."""

    when = pgtrigger.Before
    level = pgtrigger.Statement
    operation = pgtrigger.Truncate
    func = (
        "RAISE EXCEPTION 'TRUNCATE leaves no versions: delete the rows of % instead', TG_TABLE_NAME"
        " USING ERRCODE = 'insufficient_privilege';"
    )


# The transition tables have no statistics: a plain join of them became a nested loop
# (737 s for 100,000 rows); a FULL JOIN can only be hashed or merged.
KINDS: dict[str, tuple[Any, dict[str, str], str, str]] = {
    "insert": (pgtrigger.Insert, {"new": "new_rows"}, "new_rows n", "+"),
    "update": (
        pgtrigger.Update,
        {"old": "old_rows", "new": "new_rows"},
        'old_rows o FULL JOIN new_rows n ON o."{pk}" = n."{pk}"',
        "~",
    ),
    "delete": (pgtrigger.Delete, {"old": "old_rows"}, "old_rows o", "-"),
}


def history_triggers(decided: str = "") -> list[Unignored]:
    """The triggers of a tracked model.

    `decided` is for records that come from a reference: it names the boolean field that is the
    company's own decision. Loading the reference (`Source.REFERENCE`) leaves no versions, unless
    it changed that field. So a record may have none; its first change then leaves two, the first
    of what it was before.
    """
    versions = [HistoryTrigger(kind, decided) for kind in KINDS]
    return [*versions, NoTruncate(name="history_truncate")]


def _as_it_came(table: str, fields: list[str], where: str, pk: str) -> str:
    """A version of each record that has none, as the reference brought it; nobody's, just before.

    Of no import either: what an import changed is not taken for what it made.
    """
    columns = ", ".join(f'"{column}"' for column in fields)
    values = ", ".join(f'o."{column}"' for column in fields)
    return f"""
            INSERT INTO "{table}" ({columns}, {OF_VERSIONS})
            SELECT {values}, '+', moment - interval '1 microsecond', NULL, NULL,
                ARRAY[]::varchar[], '{Source.REFERENCE}', NULL, NULL
            {where}
            AND NOT EXISTS (SELECT FROM "{table}" v WHERE v."{pk}" = o."{pk}");
    """


def _changed(model: type[models.Model], kind: str, columns: list[str]) -> str:
    if kind != "update":
        return "ARRAY[]::varchar[]"
    names = {field.column: field.name for field in model._meta.concrete_fields}
    cases = ", ".join(
        f'CASE WHEN o."{column}" IS DISTINCT FROM n."{column}" THEN \'{names[column]}\' END'
        for column in columns
    )
    return f"array_remove(ARRAY[{cases}]::varchar[], NULL)"


def _text(setting: str) -> str:
    return f"nullif(current_setting('console.{setting}', true), '')"


def _bigint(setting: str) -> str:
    return f"{_text(setting)}::bigint"
