"""What each row of a file is: new, changed, unchanged or rejected, decided by the set.

The steps are statements over temporary tables; their number does not depend on the rows.
SQL names: `d` is a cleaned row, `p` the stored record or null, `n` the record as it would become
(in the tables of the classifier, the columns that begin with n_). What changes nothing is not held
against the rules: the record is as it was.
"""

# ruff: noqa: S608  (the SQL is put together from the resource's own declarations, not from the file)

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection

from opsconsole.access.lock import unlocked
from opsconsole.access.people import Person
from opsconsole.access.registry import visible
from opsconsole.imports import overlapping
from opsconsole.imports.mapping import Mapping
from opsconsole.imports.problems import Level
from opsconsole.imports.resource import Identity, ImportResource, Overlap, Rule, Unique
from opsconsole.imports.staging import IF_NEW

NAMED = 100  # missing records
OTHERS = (
    "CASE WHEN cardinality(g.lines) > 2 THEN 'lines ' ELSE 'line ' END || "
    "array_to_string((array_remove(g.lines, j.line))[1:10], ', ')"
)


class Classifier:
    """Judges the rows in `import_drafts` and leaves the verdicts in `import_outcome`."""

    def __init__(self, resource: ImportResource, mapping: Mapping, person: Person) -> None:
        self.resource, self.mapping = resource, mapping
        self.person: Any = person
        self.identity: Identity = resource.identity(mapping.fields)
        self.table = resource.model._meta.db_table
        self.key = resource.stored_as(resource.key_field)
        self.columns = list(resource.all_columns())
        self.recognised_by = {*map(resource.stored_as, self.identity.fields)}

    def classify(self, *, lock: bool = False) -> None:
        """Judge the rows; with `lock`, hold the matched records until the transaction ends."""
        self.resource.before_judging()
        self._match()
        if lock:
            self._run(
                f"SELECT count(*) FROM (SELECT FROM {self.table} WHERE id IN (SELECT object_id "
                f"FROM import_matched) ORDER BY id FOR NO KEY UPDATE) held"
            )
        self._judge()
        self._run(
            "CREATE TEMPORARY TABLE import_clashes (row integer, problem jsonb) ON COMMIT DROP"
        )
        self._clash_in_identity()
        self._clash_on_hidden_keys()
        for unique in self.resource.uniques:
            self._clash_on(unique)
        for rule in self.resource.rules_for(self.person):
            self._break(rule)
        for telling in self.resource.tellings():
            self._run(
                f"INSERT INTO import_clashes SELECT t.row, "
                f"{self._problem('note', telling.field, telling.code, 't.sentence')} "
                f"FROM ({telling.rows}) t (row, sentence)"
            )
        self._ask_permissions()
        for overlap in self.resource.overlaps:
            self._clash_in_time(overlap)
        self._conclude()

    def _match(self) -> None:
        """Which stored record each row is, among those that the person may see."""
        queryset = visible(self.resource.model._base_manager.all(), self.person)
        seen, params = queryset.query.sql_with_params()
        joins = " ".join(
            f"LEFT JOIN ({seen}) p{at} ON {aliased(condition, p=f'p{at}.')}"
            for at, condition in enumerate(self.identity.matches)
        )
        ids = ", ".join(f"p{at}.id" for at in range(len(self.identity.matches)))
        self._run(
            f"""
            CREATE TEMPORARY TABLE import_matched ON COMMIT DROP AS
            SELECT d.*, coalesce({ids}) AS object_id
            FROM (
                SELECT d.*, {self.identity.draft} AS identity,
                    {self.identity.reference} AS reference, {self.identity.label} AS label
                FROM import_drafts d
            ) d {joins}
            """,
            [*params] * len(self.identity.matches),
        )
        self._run("ANALYZE import_matched (object_id)")

    def _judge(self) -> None:
        """The record as each row would leave it (its columns begin with n_), and what changes."""
        defaults = self.resource.record_defaults()
        became = [self._became(column, defaults) for column in self.columns]
        self._run(
            f"""
            CREATE TEMPORARY TABLE import_judged ON COMMIT DROP AS
            SELECT m.row, m.line, m.label, m.object_id, n.*, c.changes,
                m.object_id IS NULL OR c.changes IS NOT NULL AS is_written,
                CASE WHEN c.changes IS NOT NULL THEN p END AS stored,
                coalesce('#' || m.object_id, m.identity) AS identity,
                CASE WHEN m.object_id IS NOT NULL THEN m.problems
                    WHEN m.problems IS NULL THEN m.problems_if_new
                    ELSE m.problems || coalesce(m.problems_if_new, '[]') END AS problems
            FROM import_matched m
            LEFT JOIN {self.table} p ON p.id = m.object_id
            CROSS JOIN LATERAL (SELECT {", ".join(sql for sql, _ in became)}) n
            CROSS JOIN LATERAL (SELECT {self._changes()} AS changes) c
            """,
            [param for _, params in became for param in params],
        )
        self._run("ANALYZE import_judged (identity)")

    def _became(self, column: str, defaults: dict[str, Any]) -> tuple[str, list[Any]]:
        """SQL for a column of the record to be, and its parameters."""
        said = [f'm."{column}"'] if column in self.resource.column_types() else []
        fresh = [f'm."{column}{IF_NEW}"'] if column in self.resource.if_new else []
        if column == self.key:
            fresh.append("m.reference")
        params = [defaults[column]] if column in defaults else []
        fresh += [f"%s::{self.resource.all_columns()[column]}"] * len(params)
        new, known = _first([*said, *fresh]), _first([*said, f'p."{column}"'])
        if column in self.recognised_by:
            known = f'p."{column}"'
        elif said and self.resource.is_nullable(column):
            known = f"CASE WHEN m.cleared @> '{{{column}}}' THEN NULL ELSE {known} END"
        if column in self.resource.text_columns() - self.recognised_by:
            known = f'CASE WHEN {self._is_as_written(column)} THEN p."{column}" ELSE {known} END'
        return f'CASE WHEN m.object_id IS NULL THEN {new} ELSE {known} END AS "n_{column}"', params

    def _is_as_written(self, column: str) -> str:
        """Whether the record has the very text of the file, which may have been tidied up since."""
        same = f"""m.as_written->>'{column}' = p."{column}\""""
        if source := self.resource.split_off.get(column):
            same = f"""({same} OR m.as_written->'{column}' = 'null'
                AND m.as_written->>'{source}' = p."{source}")"""
        return f"m.as_written IS NOT NULL AND {same}"

    def _changes(self) -> str:
        """Pairs of column and [old, new], null where the row changes nothing."""
        columns = [
            column
            for column in map(self.resource.stored_as, self.resource.stored)
            if column not in self.recognised_by
        ]
        old = ", ".join(f'p."{column}"' for column in columns)
        new = ", ".join(f'n."n_{column}"' for column in columns)
        pairs = ", ".join(
            f"""'{column}', CASE WHEN p."{column}" IS DISTINCT FROM n."n_{column}"
                THEN jsonb_build_array(p."{column}", n."n_{column}") END"""
            for column in columns
        )
        return (
            f"CASE WHEN m.object_id IS NOT NULL AND ({old}) IS DISTINCT FROM ({new}) "
            f"THEN jsonb_strip_nulls(jsonb_build_object({pairs})) END"
        )

    def _clash_in_identity(self) -> None:
        """Rows that are one record: all rejected if they differ, else the first one stands."""
        what, field = self.identity.what, self.identity.fields[0]
        said = ", ".join(
            f'm."{column}"' for column in self.resource.column_types()
            if column not in self.recognised_by
        )  # fmt: skip
        self._run(
            f"""
            INSERT INTO import_clashes
            WITH shared AS (
                SELECT identity FROM import_judged
                WHERE identity IS NOT NULL GROUP BY identity HAVING count(*) > 1
            ), g AS (
                SELECT j.identity, min(row) AS first, array_agg(j.line ORDER BY row) AS lines,
                    count(DISTINCT ROW(m.cleared, jsonb_path_query_array(coalesce(j.problems, '[]'),
                        '$[*] ? (@.level == "error")'), {said})::text) > 1 AS differ
                FROM shared JOIN import_judged j ON j.identity = shared.identity
                    JOIN import_matched m USING (row)
                GROUP BY j.identity
            )
            SELECT j.row, CASE WHEN g.differ THEN {
                self._problem(
                    "error",
                    field,
                    "duplicate",
                    f"'This row and ' || {OTHERS} || ' have the same {what} and differ: '"
                    f" || 'keep one row for each {self.resource.one}.'",
                    "j.label",
                )
            }
                ELSE {
                self._problem(
                    "warning",
                    field,
                    "repeated",
                    "'The same as line ' || g.lines[1] || ', which stands for both.'",
                    "j.label",
                )
            } END
            FROM import_judged j JOIN g USING (identity)
            WHERE g.differ OR j.row <> g.first
            """
        )

    def _clash_on_hidden_keys(self) -> None:
        """A new row whose key is taken out of the person's sight: said as for any unusable key.

        Asked past the policies, which hide such a record; that the key is taken is all it tells.
        """
        if not self.resource.key_is_unique:
            return
        key = f'j."n_{self.key}"'
        field = self.resource.key_field
        sentence = f"'“' || {key} || '” ' || {_quoted(self.resource.key_taken)}"
        with unlocked():
            self._run(
                f"""
                INSERT INTO import_clashes
                SELECT j.row, {self._problem("error", field, "unusable", sentence, key)}
                FROM import_judged j JOIN {self.table} p ON p."{self.key}" = {key}
                WHERE j.object_id IS NULL
                """
            )

    def _clash_on(self, unique: Unique) -> None:
        """Rows that would share with another row, or a stored record, what none may share."""
        derived = "".join(
            f', {aliased(sql, n="j.n_")} AS "n_{name}"' for name, sql in unique.derived.items()
        )
        self._run(
            f"""
            WITH written AS MATERIALIZED (
                SELECT j.*{derived} FROM import_judged j WHERE is_written
            ), keyed AS (
                SELECT row, line, identity, {aliased(unique.key, n="j.n_")} AS key FROM written j
            ), shared AS (
                SELECT array_agg(row ORDER BY row) AS rows, array_agg(line ORDER BY row) AS lines
                FROM keyed JOIN (
                    SELECT key FROM keyed WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1
                ) twice USING (key)
                GROUP BY key HAVING count(DISTINCT coalesce(identity, row::text)) > 1
            )
            INSERT INTO import_clashes
            SELECT j.row, {
                self._problem(
                    "error",
                    unique.field,
                    "taken_in_file",
                    f"'This row and ' || {OTHERS} || {_quoted(' ' + unique.in_file)}",
                )
            }
            FROM shared g CROSS JOIN LATERAL unnest(g.rows, g.lines) AS j (row, line)
            UNION ALL
            SELECT j.row, {self._problem("error", unique.field, "taken", unique.stored)}
            FROM written j JOIN {self.table} p ON {aliased(unique.match, n="j.n_")}
            WHERE p.id IS DISTINCT FROM j.object_id
            """
        )

    def _break(self, rule: Rule) -> None:
        """Rows that would leave a record as no record may be, or as it is worth a look."""
        broken = aliased(rule.broken, n="j.n_", p="(j.stored).")
        told = self._problem(rule.level, rule.field, rule.code, _quoted(rule.sentence))
        asked = "is_written" if rule.level == Level.ERROR else "true"
        self._run(
            f"""
            INSERT INTO import_clashes
            SELECT j.row, {told} FROM import_judged j WHERE {asked} AND ({broken})
            """
        )

    def _ask_permissions(self) -> None:
        """Without the permission to add or change such records, no row may do so."""
        label, name = self.resource.model._meta.app_label, self.resource.model._meta.model_name
        asked = {"add": "j.object_id IS NULL", "change": "j.changes IS NOT NULL"}
        if self.resource.only_changes:
            del asked["add"]
            self._refuse_unknown()
        for verb, condition in asked.items():
            if self.person.has_perm(f"{label}.{verb}_{name}"):
                continue
            sentence = _quoted(f"You may not {verb} {self.resource.many}.")
            self._run(
                f"INSERT INTO import_clashes SELECT j.row, "
                f"{self._problem('error', '', f'may_not_{verb}', sentence)} "
                f"FROM import_judged j WHERE {condition}"
            )

    def _refuse_unknown(self) -> None:
        """No row makes a record; what is not known here was mostly refused as it was read."""
        sentence = _quoted(f"No such {self.resource.one} is known here.")
        problem = self._problem("error", self.resource.key_field, "unknown", sentence)
        self._run(
            f"""
            INSERT INTO import_clashes SELECT j.row, {problem} FROM import_judged j
            WHERE j.object_id IS NULL
                AND NOT coalesce(j.problems @> '[{{"level": "error"}}]', false)
            """
        )

    def _clash_in_time(self, overlap: Overlap) -> None:
        """Rows that take up days of another row, or of a stored record."""
        sentence = f"'This row and line ' || o.line || {_quoted(' ' + overlap.in_file)}"
        taken = self._problem("error", overlap.field, "overlaps_in_file", sentence)
        self._run(overlapping.in_file(overlap, taken))
        taken = self._problem("error", overlap.field, "overlaps", overlap.stored)
        self._run(overlapping.with_stored(overlap, self.table, taken))

    def _conclude(self) -> None:
        """All problems of a row together, and what they come to."""
        repeated = f"{self.identity.fields[0]}.repeated"
        record = ", ".join(f'j."n_{column}"' for column in self.columns)
        self._run(
            f"""
            CREATE TEMPORARY TABLE import_outcome ON COMMIT DROP AS
            SELECT j.row, j.line, coalesce(j.label, '') AS key, j.object_id, a.action,
                coalesce(f.problems, '[]') AS problems,
                CASE WHEN a.action = 'update' THEN j.changes ELSE '{{}}' END AS changes,
                CASE WHEN a.action = 'create' THEN {aliased(self.resource.sketch, n="j.n_")}
                    ELSE '' END AS sketch,
                CASE WHEN a.action IN ('create', 'update')
                    THEN hashtextextended(ROW({record})::text, 0) END AS digest
            FROM import_judged j
            LEFT JOIN (
                SELECT row, jsonb_agg(problem) AS found FROM import_clashes GROUP BY row
            ) c USING (row)
            CROSS JOIN LATERAL (SELECT CASE WHEN c.found IS NULL THEN j.problems
                ELSE coalesce(j.problems, '[]') || c.found END AS problems) f
            CROSS JOIN LATERAL (SELECT CASE
                WHEN f.problems @> '[{{"level": "error"}}]' THEN 'reject'
                WHEN f.problems @> '[{{"code": "{repeated}"}}]' THEN 'unchanged'
                WHEN j.object_id IS NULL THEN 'create'
                WHEN j.changes IS NULL THEN 'unchanged'
                ELSE 'update' END AS action) a
            """
        )

    def missing(self) -> dict[str, Any]:
        """The records that the resource wants told if the file does not have them, as far as the
        person may see them: how many, and what the first of them are called.
        """
        if not self.resource.told_if_missing:
            return {}
        seen, params = visible(
            self.resource.model._base_manager.all(), self.person
        ).query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT count(*) OVER (), {self.resource.called} FROM ({seen}) p
                WHERE {self.resource.told_if_missing}
                    AND NOT EXISTS (SELECT FROM import_judged j WHERE j.object_id = p.id)
                ORDER BY 2 LIMIT {NAMED}
                """,
                params,
            )
            rows = cursor.fetchall()
        return {"count": rows[0][0] if rows else 0, "named": [name for _, name in rows]}

    def _problem(self, level: str, field: str, code: str, sentence: str, value: str = "''") -> str:
        """SQL that builds a problem; `sentence` and `value` are SQL themselves."""
        full = f"{field}.{code}" if field else code
        column = _quoted(self.mapping.column_of(field)) if field else "''"
        return (
            f"jsonb_build_object('level', '{level}', 'code', '{full}', 'field', '{field}', "
            f"'column', {column}, 'value', coalesce({value}, ''), 'sentence', {sentence})"
        )

    def _run(self, sql: str, params: Sequence[Any] = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)


def _quoted(text: str) -> str:
    """An SQL literal, without the % that psycopg2 would take for a parameter."""
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace("%", "\\x25")
    return f"E'{escaped}'"


def aliased(sql: str, **names: str) -> str:
    """The condition with its short names (`n.`, `p.`) replaced by those of this statement."""
    for short, name in names.items():
        sql = re.sub(rf"\b{short}\.", name, sql)
    return sql


def _first(expressions: list[str]) -> str:
    """The first that is not null; nothing to choose from is null."""
    if len(expressions) < 2:
        return "".join(expressions) or "NULL"
    return f"coalesce({', '.join(expressions)})"
