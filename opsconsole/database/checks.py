"""System checks of the database."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@register(Tags.security, deploy=True)
def check_server_is_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """database.E001: a deployment names its server; the embedded one is for laptops and tests."""
    if "EMBEDDED" not in connection.settings_dict:
        return []
    return [
        Error(
            "DATABASE_URL is not set, so the console would keep its data in the checkout.",
            hint="Set DATABASE_URL to a PostgreSQL server, 15 or newer.",
            id="database.E001",
        )
    ]


@register(Tags.database, deploy=True)  # not before a migrate, which is what mends it
def check_migrations_are_applied(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """database.E002: this code was written for a database that is further on."""
    if not databases:
        return []
    try:
        missing = unapplied_migrations()
    except DatabaseError as error:
        return [Error(f"The migrations could not be looked at: {error}", id="database.E002")]
    if not missing:
        return []
    said = f"{len(missing)} migrations are missing from the database, {missing[0]} among them."
    return [Error(said, hint="Run `manage.py migrate`.", id="database.E002")]


def unapplied_migrations() -> list[str]:
    """The migrations of this code that the database has not seen."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(
        f"{app}.{name}"
        for (app, name), migration in known_migrations().items()
        if (app, name) not in applied
        and not (migration.replaces and all(replaced in applied for replaced in migration.replaces))
    )


@cache
def known_migrations() -> dict[tuple[str, str], Migration]:
    """The migrations of this code, read from the disk once for each process."""
    nodes: dict[tuple[str, str], Migration] = MigrationLoader(None).graph.nodes
    return nodes
