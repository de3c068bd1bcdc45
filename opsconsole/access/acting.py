"""Who acts, why, from where: the transaction-local settings that the history triggers read.

Whoever writes opens `acting(...)`: the middleware for a request, commands and jobs for
themselves. A write outside of it is recorded as the database user's own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

SETTINGS = ("console.actor", "console.reason", "console.source", "console.request", "console.batch")


class Source(StrEnum):
    """Where a write came from, as the history names it."""

    CONSOLE = "console"
    IMPORT = "import"
    COMMAND = "command"
    TASK = "task"


@contextmanager
def acting(
    person: Any = None,
    *,
    source: Source,
    reason: str = "",
    request_id: uuid.UUID | None = None,
    batch: int | None = None,
) -> Iterator[None]:
    """Run a block as one transaction whose writes are recorded as this person's.

    `request_id` ties together the writes of one request or command (a new one by default);
    `batch` is the id of an import. Nested use changes the settings for the inner block only.
    """
    values = (
        str(getattr(person, "pk", None) or ""),
        reason,
        source.value,
        str(request_id or uuid.uuid4()),
        str(batch or ""),
    )
    with transaction.atomic(), _settings(values, _current() if _is_nested() else None):
        yield


@contextmanager
def because(reason: str = "", *, by: Any = None) -> Iterator[None]:
    """Give the writes of the block a reason (and a person), keeping from where they come.

    All or nothing, like `acting`. What is left out stays as it is around the block.
    """
    with transaction.atomic():
        around = _current()
        actor, reason_around, *rest = around
        who = str(getattr(by, "pk", None) or actor)
        values = (who, reason or reason_around, *rest)
        with _settings(values, around if _is_nested() else None):
            yield


@contextmanager
def _settings(values: tuple[str, ...], before: tuple[str, ...] | None) -> Iterator[None]:
    # A rolled back transaction or savepoint takes its settings with it.
    _set(values)
    yield
    if before is not None and not connection.needs_rollback:
        _set(before)


def _is_nested() -> bool:
    """Whether a transaction goes on around this one; the end of the outermost forgets all."""
    return len(connection.savepoint_ids) > 0


def _current() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join("coalesce(current_setting(%s, true), '')" for _ in SETTINGS),
            SETTINGS,
        )
        return cursor.fetchone()


def _set(values: tuple[str, ...]) -> None:
    # On an error the savepoint or transaction rolls back, and these settings with it.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join("set_config(%s, %s, true)" for _ in SETTINGS),
            [part for pair in zip(SETTINGS, values, strict=True) for part in pair],
        )
