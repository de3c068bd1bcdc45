"""Rewriting what mentions a person, in records and in every version, under a link of the chain.

The link keeps the new digest of each version that changed, so that the history verifies as before.
"""

# ruff: noqa: S608  (the SQL is put together from the database's own names)

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from opsconsole.history.mentions import Mentions
from opsconsole.history.models import Seal
from opsconsole.history.sealing import add_parts, tables

# Not looked through: facts, Django's own lists, sessions (unreadable), and the chain itself.
PASSED_OVER = (
    "auth_group",
    "auth_permission",
    "django_content_type",
    "django_migrations",
    "django_session",
    "history_seal",
    "history_sealedpart",
    "staffing_zipcode",
)
TEXTS = ("varchar", "text", "jsonb", "_varchar", "_text")


@dataclass(frozen=True)
class Column:
    """A column that can hold text."""

    name: str
    kind: str
    length: int | None

    def replaced(self, pairs: Sequence[tuple[str, str]], flags: str) -> str:
        """SQL: the column with each pattern replaced; its parameters are the pairs in order."""
        sql = f'r."{self.name}"::text'
        for _ in pairs:
            sql = f"regexp_replace({sql}, %s, %s, '{flags}')"
        return f"left({sql}, {self.length})" if self.length else f"({sql})::{self.kind}"


@dataclass
class Erasing:
    """What is rewritten under one link, and how many rows of each table that came to."""

    link: Seal
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    versions: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def put(self, table: str, values: Mapping[str, Any], where: str, params: Any) -> None:
        """Set columns of the rows `r` that fit a condition, where they are otherwise."""
        self._write(table, {column: ("%s", [value]) for column, value in values.items()},
                    where, params)  # fmt: skip

    def replace(
        self, table: str, columns: Sequence[str], pairs: Sequence[tuple[str, str]],
        where: str = "true", params: Sequence[Any] = (), flags: str = "g",
    ) -> None:  # fmt: skip
        """Replace patterns in columns of the rows that fit a condition."""
        flat = [part for pair in pairs for part in pair]
        found = [column for column in columns_of(table) if column.name in columns]
        sets = {column.name: (column.replaced(pairs, flags), flat) for column in found}
        mentioned = " OR ".join(
            f'r."{column.name}"::text {"~*" if "i" in flags else "~"} %s'
            for column in found
            for _ in pairs
        )
        patterns = [pattern for _ in found for pattern, _ in pairs]
        if found and pairs:
            self._write(table, sets, f"({where}) AND ({mentioned})", [*params, *patterns])

    def sweep(self, mentions: Mentions, left_out: Mapping[str, str], *, with_names: bool) -> None:
        """Replace what mentions the person, in every text of every table.

        `left_out` names tables with rows of other people, who may share a name or a phone: of
        those, only the column that stands beside it (none where it is empty).
        """
        pairs = mentions.replacements(with_names=with_names)
        for table in _tables():
            only = left_out.get(table)
            columns = [column.name for column in columns_of(table)] if only is None else [only]
            self.replace(table, columns, pairs, flags="gi")

    def finish(self) -> None:
        """Keep the new digests."""
        for table, versions in sorted(self.versions.items()):
            add_parts(self.link, table, "h.history_id = ANY(%s)", [sorted(versions)])

    def _write(
        self, table: str, sets: Mapping[str, tuple[str, list[Any]]], where: str, params: Any
    ) -> None:
        is_history = table in tables()
        assigned = ", ".join(f'"{column}" = {sql}' for column, (sql, _) in sets.items())
        differs = " OR ".join(
            f'r."{column}" IS DISTINCT FROM {sql}' for column, (sql, _) in sets.items()
        )
        values = [value for _, part in sets.values() for value in part]
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{table}" r SET {assigned} WHERE ({where}) AND ({differs}) '
                f"RETURNING {'history_id' if is_history else 'NULL'}",
                [*values, *params, *values],
            )
            rows = cursor.fetchall()
        if rows:
            self.counts[table] += len(rows)
        if is_history:
            self.versions[table] |= {pk for (pk,) in rows}


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relname = ANY(%s) "
            "AND relnamespace = 'public'::regnamespace ORDER BY relname",
            [list(PASSED_OVER)],
        )
        return [name for (name,) in cursor.fetchall()]


def columns_of(table: str) -> list[Column]:
    """The columns of a table that hold texts, keys and what is computed left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname, t.typname, nullif(a.atttypmod, -1) - 4 FROM pg_attribute a "
            "JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = %s::regclass "
            "AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' "
            "AND t.typname = ANY(%s) AND NOT EXISTS (SELECT FROM pg_constraint c "
            "WHERE c.conrelid = a.attrelid AND c.contype IN ('p', 'f') "
            "AND a.attnum = ANY(c.conkey)) ORDER BY a.attnum",
            [f'"{table}"', list(TEXTS)],
        )
        return [
            Column(name, kind, length if kind == "varchar" else None)
            for name, kind, length in cursor.fetchall()
        ]
