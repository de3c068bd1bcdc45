"""Cleaned rows on their way into the database: by COPY, into tables of this transaction alone."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.db import connection

from opsconsole.imports.cleaning import Draft

TABLES = ("import_drafts", "import_matched", "import_judged", "import_clashes", "import_outcome")
CHUNK = 5_000  # rows
NOTHING = {"{}": "{}", "[]": "[]"}

compact = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def stage(drafts: Iterable[Draft]) -> int:
    """Fill `import_drafts` with these rows; the number of rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE import_drafts (line integer, given jsonb, if_new jsonb, "
            "problems jsonb, problems_if_new jsonb) ON COMMIT DROP"
        )
        cursor.copy_expert("COPY import_drafts FROM STDIN", Stream(map(_line_of, drafts)))
        copied = int(cursor.rowcount)
        cursor.execute("ANALYZE import_drafts")
    return copied


def clear() -> None:
    """Drop the tables before the transaction ends: another step in it may run as another role."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(TABLES)}")


def _line_of(row: Draft) -> str:
    # json escapes tabs and line breaks itself; COPY wants its backslashes doubled.
    parts: tuple[Any, ...] = (row.given, row.if_new, row.problems, row.problems_if_new)
    return f"{row.line}\t{'\t'.join(map(compact, parts))}\n".replace("\\", "\\\\")


class Stream(io.TextIOBase):
    """A file that COPY reads, made as it is read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines, self.rest = lines, ""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        """About `size` characters, nothing at the end."""
        parts, length = [self.rest], len(self.rest)
        wanted = 1 << 62 if size is None or size < 0 else size
        while length < wanted and (line := next(self.lines, "")):
            parts.append(line)
            length += len(line)
        text = "".join(parts)
        self.rest = text[wanted:]
        return text[:wanted]
