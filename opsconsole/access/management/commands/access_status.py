"""`manage.py access_status`: lock 2 as it stands in the database."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from opsconsole.access import registry
from opsconsole.access.policies import ROLES, grants, policies
from opsconsole.access.standing import holes


class Command(BaseCommand):
    """Shows roles, scoped tables and policies; fails where something is missing or altered."""

    help = "Show the roles, policies and grants that hold requests to their ZIP codes."
    requires_system_checks: Any = []  # it tells what the check would refuse

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the status; exit 1 with a sentence for each hole."""
        found = holes()
        self.stdout.write(json.dumps(_status(found), indent=2) if options["json"] else _text(found))
        if found:
            raise CommandError(f"Holes in lock 2: {len(found)}. `manage.py migrate` mends them.")


def _status(found: list[str]) -> dict[str, Any]:
    return {
        "database_user": _database_user(),
        "roles": list(ROLES),
        "scoped": {model._meta.label: _tables_of(model) for model, _ in registry.entries()},
        "policies": [
            {"table": policy.table, "name": policy.name, "role": policy.role, "for": policy.command}
            for policy in policies()
        ],
        "grants": sorted(map(list, grants())),
        "holes": found,
    }


def _tables_of(model: Any) -> list[str]:
    history = [model.history.model._meta.db_table] if hasattr(model, "history") else []
    return [model._meta.db_table, *history]


def _text(found: list[str]) -> str:
    status = _status(found)
    lines = [f"Database user {status['database_user']}; roles {', '.join(ROLES)}.", ""]
    for policy in policies():
        lines.append(f"{policy.table:32} {policy.name:28} {policy.role:15} {policy.command}")
    for role in ROLES:
        of_role = [f"{right} on {table}" for who, table, right in sorted(grants()) if who == role]
        lines += ["", f"{role} may {'; '.join(of_role)}."]
    return "\n".join([*lines, "", *(found or ["Lock 2 stands: nothing is missing or altered."])])


def _database_user() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        return str(cursor.fetchone()[0])
