"""System checks of the database."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection


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
