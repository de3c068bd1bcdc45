"""Settings of PostgreSQL that hold for one transaction, or for a part of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, transaction

logger = logging.getLogger(__name__)

# Pages ask many small questions. Compiling one to machine code takes up to a second, and saves
# less. Set here and not for the session: behind a pooler that is the next client's as well.
WITHOUT_JIT = {"jit": "off"}
# Every login may alter its own settings. In this database alone: it may serve others as well.
JIT_IS_CHOSEN = """
    SELECT FROM pg_db_role_setting, unnest(setconfig) AS one
    WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = session_user) AND one LIKE 'jit=%'
    AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
CHOOSE_JIT = """
    DO $$ BEGIN
        EXECUTE format(
            'ALTER ROLE %I IN DATABASE %I SET jit = off', session_user, current_database()
        );
    END $$
"""


@contextmanager
def with_settings(values: Mapping[str, str]) -> Iterator[None]:
    """Run a block, all or nothing, under these settings; around it they are as before.

    JIT is off from here to the end of the transaction. On an error the transaction or savepoint
    rolls back, and takes the settings with it.
    """
    around = is_nested()
    with transaction.atomic():
        found = put_settings(values and {**WITHOUT_JIT, **values})
        before = {name: found[name] for name in values}
        yield
        if around and before != values and not connection.needs_rollback:
            put_settings(before)


def switch_jit_off(**kwargs: Any) -> None:
    """Have the sessions of this login begin without JIT, in this database (after every migrate).

    For what a process asks outside of `with_settings`: whose session this is, which task is next.
    A value that somebody chose for this login in this database stays.
    """
    if kwargs.get("using", "default") != "default":
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(JIT_IS_CHOSEN)
            if cursor.fetchone() is None:
                cursor.execute(CHOOSE_JIT)
    except DatabaseError as error:
        logger.warning("JIT stays as the server has it for this login: %s", error)


def is_nested() -> bool:
    """Whether a transaction goes on here; the end of the outermost forgets all settings."""
    return bool(connection.in_atomic_block)


def settings_now(names: Iterable[str]) -> dict[str, str]:
    """What these settings are now, empty where they were never set."""
    names = list(names)
    if not names:
        return {}
    with connection.cursor() as cursor:
        asked = ", ".join("coalesce(current_setting(%s, true), '')" for _ in names)
        cursor.execute(f"SELECT {asked}", names)
        return dict(zip(names, cursor.fetchone(), strict=True))


def put_settings(values: Mapping[str, str]) -> dict[str, str]:
    """Set them until the transaction, or the savepoint that is rolled back, ends.

    Returns what they were, empty where they were never set: read in a sub-select of its own, so
    that they are read before they are set.
    """
    if not values:
        return {}
    names = list(values)
    were = ", ".join(f"coalesce(current_setting(%s, true), '') AS s{i}" for i in range(len(names)))
    columns = ", ".join(f"s{i}" for i in range(len(names)))
    puts = ", ".join("set_config(%s, %s, true)" for _ in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}, {puts} FROM (SELECT {were} OFFSET 0) AS were",  # noqa: S608, names and values are parameters
            [*(part for pair in values.items() for part in pair), *names],
        )
        return dict(zip(names, cursor.fetchone(), strict=False))
