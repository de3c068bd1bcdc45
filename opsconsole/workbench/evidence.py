"""Changes as evidence: a file of what a filter finds, and a digest by which it can be checked."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

from opsconsole.access.lock import stream
from opsconsole.exports.download import note
from opsconsole.exports.models import Export
from opsconsole.imports.formulas import guarded
from opsconsole.imports.outgoing import BYTE_ORDER_MARK
from opsconsole.workbench.asking import Asked
from opsconsole.workbench.finding import Cursor, find
from opsconsole.workbench.kinds import kinds_for
from opsconsole.workbench.telling import Told, tell_all

KIND = "changes"
PERMISSION = "workbench.export_planreview"
AT_ONCE = 500  # changes that are found and told together
COLUMNS = (
    "Change",
    "When, there",
    "Time zone",
    "Who",
    "What happened",
    "Kind of record",
    "Record",
    "What changed",
    "Reason",
    "Where from",
    "Flags",
    "Request",
)

type Piece = tuple[str, int]  # a part of the file, and the changes in it


def evidence(export: Export, asked: Asked, person: Any) -> Iterator[bytes]:
    """The file of an export that is in the log, which is told its digest once it is complete.

    It runs after the request, in a transaction of its own: the person is looked up anew, and the
    changes are those that they may read then, by both locks.
    """

    def pieces(now: Any) -> Iterator[Piece]:
        if not now.has_perm(PERMISSION):
            return
        yield BYTE_ORDER_MARK + _lines([COLUMNS]), 0
        kinds = [kind for kind in kinds_for(now) if kind in asked.kinds]
        cursor: Cursor | None = Cursor()
        while cursor is not None:
            page = find(replace(asked, kinds=tuple(kinds)), now, cursor, AT_ONCE)
            yield _lines(map(_cells, tell_all(page.versions, now))), len(page.versions)
            cursor = page.older

    digest, written, status = hashlib.sha256(), 0, Export.Status.BROKEN_OFF
    is_allowed = False
    try:
        with closing(stream(person, pieces)) as leaving:  # type: ignore[type-var]
            for text, count in leaving:
                piece = text.encode()
                digest.update(piece)
                is_allowed, written = True, written + count
                yield piece
        if is_allowed:
            status = Export.Status.FINISHED
    finally:
        is_whole = status == Export.Status.FINISHED
        note(export, status, written, digest.hexdigest() if is_whole else "")


def _cells(told: Told) -> tuple[str, ...]:
    version = told.version
    return (
        f"{told.kind.slug} {told.number}",
        told.when.isoformat(),
        str(told.when.tzinfo),
        told.who,
        told.verb,
        told.kind.one,
        told.record,
        "\n".join(f"{each.label}: {each.old or '?'} → {each.new}" for each in told.changes)
        if told.verb == "changed"
        else "\n".join(f"{each.label}: {each.old or each.new}" for each in told.changes),
        told.reason,
        told.source,
        ", ".join(flag.label for flag in told.flags),
        str(version.request_id or ""),
    )


def _lines(rows: Iterable[Iterable[str]]) -> str:
    """Lines of RFC 4180, their cells kept from being taken for formulas."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(map(guarded, row) for row in rows)
    return text.getvalue()
