"""Cleaned rows on their way into the database: by COPY, into tables of this transaction alone.

A row has a number of its own beside the line that it stands on, as a line may name several records.
`import_drafts` has a column for each column that the resource writes. A null there means that the
row does not say; what it empties is named in `cleared`, and `as_written` is that of the draft.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from django.db import connection

from opsconsole.imports.cleaning import Draft
from opsconsole.imports.resource import ImportResource

ALONG = "import_along"  # what a file makes besides its own records, where it does
TABLES = (
    "import_drafts", "import_matched", "import_judged", "import_clashes", "import_outcome", ALONG,
)  # fmt: skip
READ_AT_ONCE = 256 * 1024  # characters
ROWS_AT_ONCE = 500
IF_NEW = "_if_new"  # ends the columns with what applies to new records alone

compact = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def stage(resource: ImportResource, drafts: Iterable[Draft]) -> int:
    """Fill `import_drafts` with these rows; the number of rows."""
    types = resource.column_types()
    columns = [f'"{column}" {kind}' for column, kind in types.items()]
    all_types = resource.all_columns()
    columns += [f'"{column}{IF_NEW}" {all_types[column]}' for column in resource.if_new]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE import_drafts (row integer, line integer, cleared text[], "
            "as_written jsonb, problems jsonb, problems_if_new jsonb, "
            f"{', '.join(columns)}) ON COMMIT DROP"
        )
        rows = _rows(list(types), resource.if_new, drafts)
        cursor.copy_expert("COPY import_drafts FROM STDIN (FORMAT csv)", Stream(rows), READ_AT_ONCE)
        copied = int(cursor.rowcount)
        cursor.execute("ANALYZE import_drafts (row)")  # how many there are is what is needed
    return copied


def clear() -> None:
    """Drop the tables before the transaction ends: another step in it may run as another role."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(TABLES)}")


def _rows(
    columns: list[str], if_new: tuple[str, ...], drafts: Iterable[Draft]
) -> Iterator[list[Any]]:
    """The rows as COPY reads them, None for what a row does not say."""
    for number, row in enumerate(drafts, start=1):
        given, fresh = row.given, row.if_new
        yield [
            number,
            row.line,
            _cleared(given) if None in given.values() else None,
            compact(row.as_written) if row.as_written else None,
            compact(row.problems) if row.problems else None,
            compact(row.problems_if_new) if row.problems_if_new else None,
            *map(given.get, columns),
            *map(fresh.get, if_new),
        ]


def _cleared(given: dict[str, Any]) -> str:
    return "{" + ",".join(column for column, value in given.items() if value is None) + "}"


class Stream(io.TextIOBase):
    """Rows as a CSV file that is made as COPY reads it."""

    def __init__(self, rows: Iterator[list[Any]]) -> None:
        self.rows, self.text = rows, io.StringIO()
        # Not null is what is quoted: COPY tells an empty text from none by that.
        self.writer = csv.writer(self.text, quoting=csv.QUOTE_NOTNULL, lineterminator="\n")

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        """At most `size` characters, nothing at the end."""
        if piece := self.text.read(size):
            return piece
        self.text.seek(0)
        self.text.truncate()
        self.writer.writerows(islice(self.rows, ROWS_AT_ONCE))
        self.text.seek(0)
        return self.text.read(size)
