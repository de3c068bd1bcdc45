"""Small files for the import tests, and the steps an import takes."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.db import connection

from bookings.resources import PropertyResource
from opsconsole.imports import mapping, steps
from opsconsole.imports.models import ImportBatch, StagedRow
from opsconsole.imports.resource import ImportResource


def home(reference: str = "H-1", **overrides: str) -> dict[str, str]:
    """A row that can be imported as it is, once make_zip() and rosa exist."""
    return {
        "Reference": reference,
        "Name": "Blue house",
        "Owner": "rosa@example.com",
        "Street": f"{reference.rpartition('-')[2]} Olive Street",
        "ZIP code": "06511",
        "Type": "House",
        **overrides,
    }


def without(row: dict[str, str], *columns: str) -> dict[str, str]:
    return {column: cell for column, cell in row.items() if column not in columns}


def every_byte(*tables: str) -> dict[str, list[str]]:
    """These tables, each row as PostgreSQL writes it."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY id")
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def as_csv(*rows: dict[str, str]) -> bytes:
    """These rows as a file; a column that a row lacks is blank in it."""
    header = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def uploaded(
    person: Any,
    *rows: dict[str, str],
    columns: dict[str, str] | None = None,
    constants: dict[str, str] | None = None,
    resource: ImportResource | None = None,
) -> ImportBatch:
    """A file that was uploaded and mapped: of properties, or of another resource."""
    resource = resource or PropertyResource()
    batch = steps.upload(resource, person, "homes.csv", as_csv(*rows))
    decided = mapping.decide(resource, batch.header, columns or {}, constants or {})
    steps.map_columns(batch, resource, decided)
    return batch


def previewed(person: Any, *rows: dict[str, str], **how: Any) -> ImportBatch:
    """A file whose preview can be looked at."""
    batch = uploaded(person, *rows, **how)
    steps.preview(batch, how.get("resource") or PropertyResource(), person)
    return batch


def imported(person: Any, *rows: dict[str, str], **how: Any) -> ImportBatch:
    """A file that was previewed and committed."""
    batch = previewed(person, *rows, **how)
    steps.commit(batch, how.get("resource") or PropertyResource(), person)
    return batch


def staged(batch: ImportBatch) -> dict[int, StagedRow]:
    """The verdicts by line of the file."""
    return {row.line: row for row in StagedRow.objects.filter(batch=batch)}


def actions(batch: ImportBatch) -> list[str]:
    """What becomes of the rows, in the order of the file."""
    return [row.action for _, row in sorted(staged(batch).items())]


def codes(batch: ImportBatch, line: int = 2) -> set[str]:
    """The problems of one row."""
    return {problem["code"] for problem in staged(batch)[line].problems}


def sentence(batch: ImportBatch, code: str, line: int = 2) -> str:
    """What is said about one problem of a row."""
    found = [p["sentence"] for p in staged(batch)[line].problems if p["code"] == code]
    assert found, staged(batch)[line].problems
    return str(found[0])
