"""Settings of PostgreSQL that hold for one transaction, or for a part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def with_settings(values: Mapping[str, str]) -> Iterator[None]:
    """Run a block, all or nothing, under these settings; around it they are as before.

    On an error the transaction or savepoint rolls back, and takes the settings with it.
    """
    around = is_nested()
    with transaction.atomic():
        before = put_settings(values)
        yield
        if around and before != values and not connection.needs_rollback:
            put_settings(before)


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
