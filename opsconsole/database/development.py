"""What only a developer's own machine may do to its database."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection


def refuse_outside_development() -> None:
    """Refuse where the database might be somebody's: DATABASE_URL set, or DEBUG off."""
    if "DATABASE_URL" in os.environ:
        raise CommandError(
            "DATABASE_URL is set, and this would wipe that database. "
            "It only works on the embedded one: unset DATABASE_URL."
        )
    if not settings.DEBUG:
        raise CommandError("DEBUG is off, and this would wipe the database. Set DEBUG=1 first.")


def recreate_database() -> None:
    """Drop the console's database, whoever is connected to it, and make it anew, empty."""
    drop_database()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {_name()}")


def drop_database() -> None:
    """Drop the console's database, whoever is connected to it."""
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {_name()} WITH (FORCE)")


def _name() -> str:
    quoted: str = connection.ops.quote_name(connection.settings_dict["NAME"])
    return quoted
