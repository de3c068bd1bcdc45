"""What each row of a file is: new, changed, unchanged or rejected, decided by the set.

The steps are statements over temporary tables; their number does not depend on the rows.
SQL names: `d` is a cleaned row, `p` the stored record or null, `n` the record as it would become.
"""

# ruff: noqa: S608  (the SQL is put together from the resource's own declarations, not from the file)

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection

from opsconsole.access.people import Person
from opsconsole.access.registry import visible
from opsconsole.imports import overlapping
from opsconsole.imports.mapping import Mapping
from opsconsole.imports.resource import Identity, ImportResource, Overlap, Rule, Unique
from opsconsole.imports.staging import compact

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

    def classify(self, *, lock: bool = False) -> None:
        """Judge the rows; with `lock`, hold the matched records until the transaction ends."""
        self._match()
        if lock:
            self._run(
                f"SELECT count(*) FROM (SELECT FROM {self.table} WHERE id IN (SELECT object_id "
                f"FROM import_matched) ORDER BY id FOR NO KEY UPDATE) held"
            )
        self._judge()
        self._run(
            "CREATE TEMPORARY TABLE import_clashes (line integer, problem jsonb) ON COMMIT DROP"
        )
        self._clash_in_identity()
        self._clash_on_hidden_keys()
        for unique in self.resource.uniques:
            self._clash_on(unique)
        for rule in self.resource.rules:
            self._break(rule)
        self._ask_permissions()
        for overlap in self.resource.overlaps:
            self._clash_in_time(overlap)
        self._conclude()

    def _match(self) -> None:
        """Which stored record each row is, among those that the person may see."""
        queryset = visible(self.resource.model._base_manager.all(), self.person)
        seen, params = queryset.query.sql_with_params()
        joins = " ".join(
            f"LEFT JOIN ({seen}) p{at} ON {_aliased(condition, p=f'p{at}')}"
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
        self._run("ANALYZE import_matched")

    def _judge(self) -> None:
        """The record as each row would leave it, and what that changes."""
        self._run(
            f"""
            CREATE TEMPORARY TABLE import_judged ON COMMIT DROP AS
            SELECT m.line, m.label, m.object_id, m.given, p AS stored, n AS became,
                coalesce('#' || m.object_id, m.identity) AS identity,
                e.effective - 'id' AS values,
                m.problems || CASE WHEN m.object_id IS NULL THEN m.problems_if_new
                              ELSE '[]' END AS problems,
                CASE WHEN m.object_id IS NULL THEN '{{}}' ELSE jsonb_strip_nulls(
                    jsonb_build_object({self._changes()})) END AS changes
            FROM import_matched m
            LEFT JOIN {self.table} p ON p.id = m.object_id
            CROSS JOIN LATERAL (SELECT CASE
                WHEN m.object_id IS NOT NULL THEN m.given
                ELSE %s::jsonb || jsonb_build_object('{self.key}', m.reference)
                    || m.given || m.if_new
                END AS effective) e
            CROSS JOIN LATERAL jsonb_populate_record(p, e.effective) n
            """,
            [compact(self.resource.record_defaults())],
        )
        self._run("ANALYZE import_judged")

    def _changes(self) -> str:
        """Pairs of column and [old, new], null where the row leaves the column as it is."""
        apart = {*self.resource.derived, *map(self.resource.stored_as, self.identity.fields)}
        columns = [self.resource.stored_as(name) for name in self.resource.fields]
        return ", ".join(
            f"""'{c}', CASE WHEN m.given ? '{c}' AND p."{c}" IS DISTINCT FROM n."{c}"
                THEN jsonb_build_array(p."{c}", n."{c}") END"""
            for c in columns
            if c not in apart
        )

    def _clash_in_identity(self) -> None:
        """Rows that are one record: all rejected if they differ, else the first one stands."""
        apart = [self.resource.stored_as(name) for name in self.identity.fields]
        what, field = self.identity.what, self.identity.fields[0]
        self._run(
            f"""
            INSERT INTO import_clashes
            SELECT j.line, CASE WHEN g.differ THEN {
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
            FROM import_judged j JOIN (
                SELECT identity, array_agg(line ORDER BY line) AS lines,
                    count(DISTINCT jsonb_build_array(given - %s::text[], jsonb_path_query_array(
                        problems, '$[*] ? (@.level == "error")'))) > 1 AS differ
                FROM import_judged WHERE identity IS NOT NULL
                GROUP BY identity HAVING count(*) > 1
            ) g USING (identity)
            WHERE g.differ OR j.line <> g.lines[1]
            """,
            [apart],
        )

    def _clash_on_hidden_keys(self) -> None:
        """A new row whose key is taken out of the person's sight: said as for any unusable key."""
        if not self.resource.key_is_unique:
            return
        key = f"(j.values->>'{self.key}')"
        field = self.resource.key_field
        sentence = f"'“' || {key} || '” can''t be used as a reference: choose another.'"
        self._run(
            f"""
            INSERT INTO import_clashes
            SELECT j.line, {self._problem("error", field, "unusable", sentence, key)}
            FROM import_judged j JOIN {self.table} p ON p."{self.key}" = {key}
            WHERE j.object_id IS NULL
            """
        )

    def _clash_on(self, unique: Unique) -> None:
        """Rows that would share with another row, or a stored record, what none may share."""
        self._run(
            f"""
            WITH keyed AS (
                SELECT j.*, {_aliased(unique.key, n="(j.became)")} AS shared FROM import_judged j
            )
            INSERT INTO import_clashes
            SELECT j.line, {
                self._problem(
                    "error",
                    unique.field,
                    "taken_in_file",
                    f"'This row and ' || {OTHERS} || {_quoted(' ' + unique.in_file)}",
                )
            }
            FROM keyed j JOIN (
                SELECT shared, array_agg(line ORDER BY line) AS lines FROM keyed
                WHERE shared IS NOT NULL
                GROUP BY shared HAVING count(DISTINCT coalesce(identity, line::text)) > 1
            ) g USING (shared)
            UNION ALL
            SELECT j.line, {self._problem("error", unique.field, "taken", unique.stored)}
            FROM keyed j JOIN {self.table} p ON {_aliased(unique.match, n="(j.became)")}
            WHERE p.id IS DISTINCT FROM j.object_id
                AND (j.object_id IS NULL OR j.changes <> '{{}}')
            """
        )

    def _break(self, rule: Rule) -> None:
        """Rows that would leave a record as no record may be."""
        broken = _aliased(rule.broken, n="(j.became)", p="(j.stored)")
        self._run(
            f"""
            INSERT INTO import_clashes
            SELECT j.line, {self._problem("error", rule.field, rule.code, _quoted(rule.sentence))}
            FROM import_judged j WHERE {broken}
            """
        )

    def _ask_permissions(self) -> None:
        """Without the permission to add or change such records, no row may do so."""
        label, name = self.resource.model._meta.app_label, self.resource.model._meta.model_name
        for verb, condition in (
            ("add", "j.object_id IS NULL"),
            ("change", "j.object_id IS NOT NULL AND j.changes <> '{}'"),
        ):
            if self.person.has_perm(f"{label}.{verb}_{name}"):
                continue
            sentence = _quoted(f"You may not {verb} {self.resource.many}.")
            self._run(
                f"INSERT INTO import_clashes SELECT j.line, "
                f"{self._problem('error', '', f'may_not_{verb}', sentence)} "
                f"FROM import_judged j WHERE {condition}"
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
        self._run(
            f"""
            CREATE TEMPORARY TABLE import_outcome ON COMMIT DROP AS
            SELECT j.line, coalesce(j.label, '') AS key, j.object_id, j.values, f.problems,
                CASE WHEN a.action = 'update' THEN j.changes ELSE '{{}}' END AS changes, a.action
            FROM import_judged j
            LEFT JOIN (
                SELECT line, jsonb_agg(problem) AS found FROM import_clashes GROUP BY line
            ) c USING (line)
            CROSS JOIN LATERAL (SELECT j.problems || coalesce(c.found, '[]') AS problems) f
            CROSS JOIN LATERAL (SELECT CASE
                WHEN f.problems @> '[{{"level": "error"}}]' THEN 'reject'
                WHEN f.problems @> '[{{"code": "{repeated}"}}]' THEN 'unchanged'
                WHEN j.object_id IS NULL THEN 'create'
                WHEN j.changes = '{{}}' THEN 'unchanged'
                ELSE 'update' END AS action) a
            """
        )

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


def _aliased(sql: str, **names: str) -> str:
    """The condition with its short names (`n`, `p`) replaced by those of this statement."""
    for short, name in names.items():
        sql = re.sub(rf"\b{short}\.", f"{name}.", sql)
    return sql
