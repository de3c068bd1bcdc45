"""The file, piece by piece as it leaves the console, and what the log says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.db import connection
from django.utils import timezone

from opsconsole.access.local import put_settings
from opsconsole.access.lock import stream, unlocked
from opsconsole.access.registry import visible
from opsconsole.exports.asking import Asked
from opsconsole.exports.models import Export
from opsconsole.exports.statement import Statement
from opsconsole.imports.outgoing import header_of
from opsconsole.imports.resource import ImportResource

PIECE = 2000  # rows
ALL_ROWS = {"cursor_tuple_fraction": "1"}  # all rows are wanted, not the first few soon
# Under row-level security PostgreSQL takes any scope for a handful of rows, and would look up the
# owner of each by itself. What it sorts and joins stays in its memory up to a few hundred thousand.
MANY, OF_MANY = 1000, {"enable_nestloop": "off", "work_mem": "64MB"}

type Piece = tuple[str, int]  # a part of the file, and the records in it


def download(
    export: Export, resource: ImportResource, fields: list[str], asked: Asked, person: Any
) -> Iterator[str]:
    """The file of an export that is in the log, which is told how it ended, or that it broke off.

    It runs after the request, in a transaction of its own: the person is looked up anew, and the
    rows are narrowed to what they may see then, by both locks.
    """

    def pieces(now: Any) -> Iterator[Piece]:
        if now.has_perm(resource.export_permission):
            put_settings({**ALL_ROWS, **(OF_MANY if asked.count >= MANY else {})})
            yield header_of(resource, fields), 0
            yield from _lines(Statement(resource, fields, visible(asked.rows, now), now))

    written, is_allowed, status = 0, False, Export.Status.BROKEN_OFF
    try:
        with closing(stream(person, pieces)) as leaving:  # type: ignore[type-var]
            for piece, count in leaving:
                is_allowed = True
                written += count  # what is handed over may arrive, even if that is the last of it
                yield piece
        if is_allowed:
            status = Export.Status.FINISHED
    finally:
        note(export, status, written)


def _lines(statement: Statement) -> Iterator[Piece]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(*statement.sql())
        while found := cursor.fetchmany(PIECE):
            yield "".join(f"{line}\r\n" for (line,) in found), len(found)


def note(export: Export, status: Export.Status, rows: int, digest: str = "") -> None:
    """Complete the log in a transaction of its own: that of the file may have been broken off.

    Past the policies, for whoever exported may have been deactivated meanwhile.
    """
    with unlocked():
        Export._base_manager.filter(pk=export.pk).update(
            status=status, rows=rows, digest=digest, ended_at=timezone.now()
        )
