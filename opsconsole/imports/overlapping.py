"""Statements that find rows of a file which take up the same days, for the classifier.

Their number does not depend on the rows, and no row is compared with every other: sorted by their
beginning, each is held against the one that reaches farthest before it and the next one.
"""

# ruff: noqa: S608  (the SQL is put together from the resource's own declarations, not from the file)

from __future__ import annotations

import re

from opsconsole.imports.resource import Overlap

OURS, STORED = "j.n_", "p."  # what n. is called of a row of the file, and of a record
RECORD = "coalesce(j.identity, 'row ' || j.row)"  # rows that are one record stand for one


def in_file(overlap: Overlap, problem: str) -> str:
    """Keep `problem` (SQL, `o.line` being the other line) of each row that meets another."""
    things = [f"{_of(sql, OURS)} AS thing{at}" for at, sql in enumerate(overlap.of)]
    thing = ", ".join(f"thing{at}" for at in range(len(things)))
    in_order = f"PARTITION BY {thing} ORDER BY starts, row"
    return f"""
        WITH records AS (
            SELECT DISTINCT ON (record) {RECORD} AS record, j.row, j.line, {", ".join(things)},
                {_of(overlap.days, OURS)} AS days
            FROM import_judged j ORDER BY record, j.row
        ), spans AS (
            SELECT *, lower(days) - DATE '2000-01-01' AS starts,
                coalesce(upper(days) - DATE '2000-01-01', 2147483647) AS ends
            FROM records WHERE NOT isempty(days) AND num_nulls({thing}) = 0
        ), neighbours AS (
            SELECT *, lead(ARRAY[starts, line]) OVER ({in_order}) AS next,
                max(ARRAY[ends, line]) OVER (
                    {in_order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS farthest
            FROM spans
        )
        INSERT INTO import_clashes
        SELECT j.row, {problem}
        FROM neighbours CROSS JOIN LATERAL (SELECT CASE
            WHEN farthest[1] > starts THEN farthest[2]
            WHEN next[1] < ends THEN next[2] END AS line) o
        JOIN import_judged j ON {RECORD} = neighbours.record
        WHERE o.line IS NOT NULL AND j.is_written
        """


def with_stored(overlap: Overlap, table: str, problem: str) -> str:
    """Keep `problem` of each new or changed row that meets a stored record `p`.

    A record that a row of the file changes is where the row leaves it, unless that is refused.
    """
    same = " AND ".join(f"{_of(sql, OURS)} = {_of(sql, STORED)}" for sql in overlap.of)
    ours, taken = _of(overlap.days, OURS), _of(overlap.days, STORED)
    return f"""
        INSERT INTO import_clashes
        SELECT DISTINCT ON (j.row) j.row, {problem}
        FROM import_judged j JOIN {table} p ON {same} AND {ours} && {taken}
        WHERE p.id IS DISTINCT FROM j.object_id
            AND j.is_written
            AND NOT EXISTS (
                SELECT FROM import_judged o WHERE o.object_id = p.id
                AND NOT coalesce(o.problems @> '[{{"level": "error"}}]', false)
                AND NOT EXISTS (SELECT FROM import_clashes c
                    WHERE c.row = o.row AND c.problem @> '{{"level": "error"}}'))
        ORDER BY j.row, {taken}
        """


def _of(sql: str, record: str) -> str:
    """The SQL about `n`, asked of another record."""
    return re.sub(r"\bn\.", record, sql)
