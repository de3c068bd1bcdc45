"""Sealing: the versions written since the last time, hashed into the chain.

A version's digest is PostgreSQL's sha256() of its row as JSON, without nulls, so that a column that
is added later changes none. The id is left out of it and stands beside it: versions that change
places are told from versions that change.
"""

# ruff: noqa: S608  (the SQL is put together from the models' own names)

from __future__ import annotations

import hashlib
import logging
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction

from opsconsole.database.housekeeping import MINUTE, every
from opsconsole.history.models import Seal, SealedPart
from opsconsole.history.standing import tracked

logger = logging.getLogger(__name__)

BEGINNING = "0" * 64  # stands for the hash before the first
DIGEST = 32  # bytes
PART = 10_000  # versions
# Shorter than deadlock_timeout: whoever writes is never the one that has to give way.
LOCK_TIMEOUT = "300ms"
TRIES = 20


class Busy(Exception):
    """Too much was being written: the next run seals what this one could not."""


def tables() -> list[str]:
    """The history tables, in the order in which they are locked."""
    return sorted(model.history.model._meta.db_table for model in tracked())


@every(10 * MINUTE)
def seal() -> Seal | None:
    """Seal what was written since the last seal; None where that is nothing.

    Raises Busy where the writers left no gap.
    """
    settled = _settled()
    with transaction.atomic():
        hold_the_chain()
        link = begin(Seal.Kind.SEAL)
        if not sum(_add(link, table, last) for table, last in settled.items()):
            transaction.set_rollback(True)
            return None
        finish(link)
    publish(link)
    return link


def hold_the_chain() -> None:
    """Let one process at a time add to the chain, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('history seal'))")
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")  # digests are of texts


def begin(kind: str, person: Any = None, reason: str = "") -> Seal:
    """A new link, to which parts are added before it is finished.

    Its time is that of the transaction, by which the guard knows it.
    """
    newest = Seal.objects.order_by("-pk").first()
    previous = newest.hash if newest else BEGINNING
    with connection.cursor() as cursor:
        cursor.execute("SELECT transaction_timestamp()")
        [now] = cursor.fetchone()
    return Seal.objects.create(
        kind=kind,
        made_at=now,
        made_by=person,
        reason=reason,
        previous=previous,
        hash=f"unfinished {previous}"[:64],
    )


def finish(link: Seal) -> None:
    """Hash the link with all its parts."""
    link.hash = hash_of(link)
    link.save(update_fields=["hash"])


def hash_of(link: Seal) -> str:
    """The hash that a link must have by what the database holds of it."""
    digest = hashlib.sha256()
    made_at = link.made_at.astimezone(UTC).isoformat()
    for text in (link.previous, link.kind, made_at, str(link.made_by_id or ""), link.reason):
        _feed(digest, text.encode())
    for part in SealedPart.objects.filter(seal=link).order_by("pk").iterator(chunk_size=20):
        for text in (part.table, *part.columns):
            _feed(digest, text.encode())
        _feed(digest, struct.pack(f">{len(part.ids)}q", *part.ids))
        _feed(digest, bytes(part.digests))
    return digest.hexdigest()


def _feed(digest: Any, content: bytes) -> None:
    """With its length, so that no two contents run into one."""
    digest.update(struct.pack(">q", len(content)) + content)


def _settled() -> dict[str, int]:
    """The newest version of each table up to which nothing can be added any more.

    A version's id is drawn by a transaction that holds the table for writing. With the tables
    locked against writers for a moment, none is on its way.
    """
    for attempt in range(TRIES):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                cursor.execute(f"LOCK TABLE {', '.join(tables())} IN SHARE MODE")
                return {table: _newest_of(table) for table in tables()}
        except OperationalError:
            time.sleep(0.05 * (attempt + 1))
    raise Busy("The history is being written to without a gap: try again later.")


def _newest_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT coalesce(max(history_id), 0) FROM "{table}"')
        return int(cursor.fetchone()[0])


def sealed_up_to(table: str) -> int:
    """The newest sealed version of a table, 0 where none is."""
    parts = SealedPart.objects.filter(table=table, seal__kind=Seal.Kind.SEAL)
    return parts.order_by("-last_id").values_list("last_id", flat=True).first() or 0


def _add(link: Seal, table: str, last: int) -> int:
    return add_parts(
        link, table, f"h.history_id > {sealed_up_to(table)} AND h.history_id <= {last}"
    )


def add_parts(
    link: Seal, table: str, which: str, params: Sequence[Any] = (), *, are_kept: bool = True
) -> int:
    """Add the versions `h` of a table, as they are now, to a link; how many parts that makes.

    Of those that are not kept, the ids alone.
    """
    columns = columns_of(table)
    digest = digest_of("h", columns, columns) if are_kept else "''::bytea"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO history_sealedpart
                (seal_id, "table", columns, first_id, last_id, ids, digests)
            SELECT %s, %s, %s, min(id), max(id), array_agg(id ORDER BY id),
                string_agg(digest, ''::bytea ORDER BY id)
            FROM (
                SELECT h.history_id AS id, {digest} AS digest,
                    (row_number() OVER (ORDER BY h.history_id) - 1) / {PART} AS part
                FROM "{table}" h WHERE {which}
            ) v GROUP BY part ORDER BY part
            """,
            [link.pk, table, columns, *params],
        )
    return int(cursor.rowcount)


def digest_of(row: str, columns: Iterable[str], sealed: Iterable[str]) -> str:
    """SQL of a version's digest, as it was when its table had the columns `sealed`."""
    added = ["history_id", *(column for column in columns if column not in {*sealed})]
    left_out = "ARRAY[" + ", ".join(f"'{column}'" for column in added) + "]"
    return f"sha256(convert_to((jsonb_strip_nulls(to_jsonb({row})) - {left_out})::text, 'UTF8'))"


def columns_of(table: str) -> list[str]:
    """The columns of a table, in its order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
            "AND NOT attisdropped ORDER BY attnum",
            [f'"{table}"'],
        )
        return [name for (name,) in cursor.fetchall()]


# The head, outside of the database


def publish(link: Seal) -> None:
    """Tell the newest hash to where the database's owner can't take it back: log and file."""
    line = f"{link.made_at.astimezone(UTC).isoformat()} {link.pk} {link.hash}"
    logger.info("History sealed: %s", line)
    if settings.HISTORY_HEADS:
        with Path(settings.HISTORY_HEADS).open("a", encoding="ascii") as file:
            file.write(line + "\n")


def published(path: Path) -> Iterator[tuple[datetime, int, str]]:
    """The heads in a file: when, the number of the link, its hash. ValueError names a bad line."""
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), start=1):
        try:
            at, link, found = line.split()
            yield datetime.fromisoformat(at), int(link), found
        except ValueError as error:
            raise ValueError(f"Line {number} of {path} is not a published head.") from error
