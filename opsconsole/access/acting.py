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

from opsconsole.access.local import settings_now, with_settings

ACTOR, REASON, SOURCE = "console.actor", "console.reason", "console.source"
RESTORE = "restore:"  # begins the source of what restores an earlier version


class Source(StrEnum):
    """Where a write came from, as the history names it."""

    CONSOLE = "console"
    IMPORT = "import"
    COMMAND = "command"
    TASK = "task"
    REFERENCE = "reference"  # facts that nobody in the company decides: of ZIP codes


def as_actor(
    person: Any = None,
    *,
    source: Source,
    reason: str = "",
    request_id: uuid.UUID | None = None,
    batch: int | None = None,
) -> dict[str, str]:
    """The settings that record writes as this person's."""
    return {
        ACTOR: str(getattr(person, "pk", None) or ""),
        REASON: reason,
        SOURCE: source.value,
        "console.request": str(request_id or uuid.uuid4()),
        "console.batch": str(batch or ""),
    }


@contextmanager
def acting(person: Any = None, **more: Any) -> Iterator[None]:
    """Run a block as one transaction whose writes are recorded as this person's.

    `source` says from where, `reason` why; `request_id` ties together the writes of one request
    or command (a new one by default); `batch` is the id of an import. Nested use changes the
    settings for the inner block only.
    """
    with with_settings(as_actor(person, **more)):
        yield


@contextmanager
def because(reason: str = "", *, by: Any = None) -> Iterator[None]:
    """Give the writes of the block a reason (and a person), keeping from where they come.

    All or nothing, like `acting`. What is left out stays as it is around the block.
    """
    changed = {ACTOR: str(getattr(by, "pk", None) or ""), REASON: reason}
    with with_settings({name: value for name, value in changed.items() if value}):
        yield


def reason_given() -> str:
    """Why whoever acts writes, as the history will have it; empty where nobody said."""
    return settings_now([REASON])[REASON]


@contextmanager
def restoring(version: Any) -> Iterator[None]:
    """Record the writes of the block, all or nothing, as restoring this version of a record.

    What hangs from the record and follows it is recorded so as well, hence the model's name.
    """
    model = version.instance_type._meta.label_lower
    with with_settings({SOURCE: f"{RESTORE}{model}:{version.history_id}"}):
        yield
