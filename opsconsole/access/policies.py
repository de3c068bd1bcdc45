"""What must stand in the database for lock 2: roles, policies and grants, from the registry.

`opsconsole/access/standing.py` puts it there after every migrate and tells what is missing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from opsconsole.access import registry
from opsconsole.access.lock import OFFICE, STAFF
from opsconsole.access.registry import Registered
from opsconsole.access.scopes import BATCH, ENGINEER, ONESELF, PERSON

ROLES = (STAFF, OFFICE)
READ, WRITE = frozenset({"SELECT"}), frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})

# What the permissions of people's roles (staffing/roles.py) take in the database.
PRIVILEGES = {
    "view": {"SELECT"},
    "add": {"INSERT"},
    "change": {"UPDATE"},
    "delete": {"DELETE"},
    "import": {"INSERT", "UPDATE"},
    "undo": {"UPDATE", "DELETE"},
    "restore": {"UPDATE"},
    "review": {"INSERT"},
}
# Tables without rows of the company's that every request may need: signing in, permissions, jobs.
OPEN = {
    "sessions.Session": WRITE,
    "axes.AccessAttempt": WRITE,
    "axes.AccessAttemptExpiration": WRITE,
    "axes.AccessLog": WRITE,
    "axes.AccessFailureLog": WRITE,
    "contenttypes.ContentType": READ,
    "auth.Permission": READ,
    "auth.Group": READ,
    "auth.Group_permissions": READ,
    "django_tasks_database.DBTaskResult": frozenset({"SELECT", "INSERT"}),
}

_permissions: dict[str, set[str]] = defaultdict(set)


def may(role: str, permissions: Iterable[str]) -> None:
    """People of these permissions make their requests as this database role."""
    _permissions[role] |= set(permissions)


def is_offered(permission: str) -> bool:
    """Whether any role has it. What none has, the database refuses to engineers as well."""
    return any(permission in permissions for permissions in _permissions.values())


@dataclass(frozen=True)
class Policy:
    """A row-level policy: which rows of a table a role may read, and leave behind."""

    table: str
    name: str
    role: str
    command: str
    rows: str
    is_limit: bool = False  # narrows what the other policies open

    @property
    def sql(self) -> str:
        """The statement that creates it. What is written must lie inside as well."""
        check = "" if self.command in ("SELECT", "DELETE") else f" WITH CHECK ({self.rows})"
        kind = " AS RESTRICTIVE" if self.is_limit else ""
        return (
            f'CREATE POLICY {self.name} ON "{self.table}"{kind} FOR {self.command} '
            f"TO {self.role} USING ({self.rows}){check}"
        )

    @property
    def mark(self) -> str:
        """What tells this definition from another."""
        return hashlib.sha256(self.sql.encode()).hexdigest()[:16]


def policies() -> list[Policy]:
    """Every policy that must stand, for each scoped table and its history."""
    return [
        policy
        for model, entry in registry.entries()
        if model._meta.managed
        for policy in [*_of_table(model, entry), *_of_history(model, entry)]
    ]


def tables() -> list[str]:
    """The tables that must be under row-level security, whatever policies they have."""
    scoped = [model for model, _ in registry.entries() if model._meta.managed]
    histories = [model.history.model for model in scoped if hasattr(model, "history")]
    return sorted(model._meta.db_table for model in [*scoped, *histories])


def _of_table(model: type[models.Model], entry: Registered) -> Iterator[Policy]:
    table, row = model._meta.db_table, f'"{model._meta.db_table}"'
    unseen = _engineers(row, entry)
    inside = f"({entry.scope.policy(model, row)}){unseen}"
    if entry.private:
        yield from _of_private(model, entry, f"{inside} AND {ONESELF}")
        return
    if entry.own_columns:
        own = f'{row}."{model._meta.pk.column}" = {PERSON}'
        yield Policy(table, "staff_see_their_rows", STAFF, "SELECT", inside)
        yield Policy(table, "staff_change_themselves", STAFF, "UPDATE", own)
    elif _privileges(model, entry, STAFF):  # without a policy, no row
        yield Policy(table, "staff_keep_to_their_rows", STAFF, _use(model, entry, STAFF), inside)
    use = _use(model, entry, OFFICE)
    yield Policy(table, "office_sees_every_zip_code", OFFICE, use, f"true{unseen}")
    for role in ROLES if entry.undone_by else ():
        if "DELETE" in _privileges(model, entry, role):
            gone = _deletable(row, entry)
            yield Policy(table, f"{role}_deletes_by_undo", role, "DELETE", gone, is_limit=True)


def _of_private(model: type[models.Model], entry: Registered, own: str) -> Iterator[Policy]:
    """For their person alone; what is shared all read, and the office alone writes."""
    table, shared = model._meta.db_table, f'"{model._meta.db_table}"."{entry.shared}"'
    staffs, offices = own, own
    if entry.shared:
        staffs, offices = f"{own} AND NOT {shared}", f"({own}) OR {shared}"
        everybodys = f"{shared} AND {PERSON} IS NOT NULL"
        yield Policy(table, "staff_read_what_is_shared", STAFF, "SELECT", everybodys)
    yield Policy(table, "staff_keep_to_their_rows", STAFF, _use(model, entry, STAFF), staffs)
    yield Policy(table, "office_keeps_to_its_rows", OFFICE, _use(model, entry, OFFICE), offices)


def _deletable(row: str, entry: Registered) -> str:
    """The rows that the undo of an import may delete, and those that anybody may call off."""
    undone = f'{row}."{entry.undone_by}" = {BATCH}'
    if entry.called_off_while is None:
        return undone
    return f"({undone} OR {BATCH} IS NULL) AND {entry.called_off_while(row)}"


def _use(model: type[models.Model], entry: Registered, role: str) -> str:
    """What a policy is for: reading alone, where the role may not write."""
    return "ALL" if _privileges(model, entry, role) - READ else "SELECT"


def _of_history(model: type[models.Model], entry: Registered) -> Iterator[Policy]:
    """Versions that were in scope then, of a record that is in scope now."""
    if not hasattr(model, "history"):
        return
    history = model.history.model
    table, row = history._meta.db_table, f'"{history._meta.db_table}"'
    pk: Any = model._meta.pk
    now = (
        f'EXISTS (SELECT FROM "{model._meta.db_table}" now '
        f'WHERE now."{pk.column}" = {row}."{pk.column}")'
    )
    then = f"({entry.scope.version_policy(model, row)}) AND {now}"
    unseen = _engineers(row, entry)
    yield Policy(table, "staff_read_their_versions", STAFF, "SELECT", f"{then}{unseen}")
    yield Policy(table, "office_reads_every_version", OFFICE, "SELECT", f"true{unseen}")


def _engineers(row: str, entry: Registered) -> str:
    return f' AND (NOT {row}."{entry.engineers}" OR {ENGINEER})' if entry.engineers else ""


def grants() -> set[tuple[str, str, str]]:
    """Every privilege that the roles must have, and no other: (role, table, privilege)."""
    found: set[tuple[str, str, str]] = set()
    for label, privileges in OPEN.items():
        table = apps.get_model(label)._meta.db_table
        found |= {(role, table, privilege) for role in ROLES for privilege in privileges}
    for model, entry in registry.entries():
        for role in ROLES:
            found |= {(role, *given) for given in _granted(model, entry, role)}
    return found


def _granted(model: type[models.Model], entry: Registered, role: str) -> Iterator[tuple[str, str]]:
    table, privileges = model._meta.db_table, _privileges(model, entry, role)
    if entry.unread:
        privileges = privileges - READ
        columns = [field.column for field in model._meta.concrete_fields]
        yield from ((table, f"SELECT ({name})") for name in columns if name not in entry.unread)
    yield from ((table, privilege) for privilege in privileges)
    if "UPDATE" not in privileges:
        yield from ((table, f"UPDATE ({column})") for column in entry.own_columns)
    if _privileges(model, entry, role) & READ and hasattr(model, "history"):
        yield model.history.model._meta.db_table, "SELECT"


def _privileges(model: type[models.Model], entry: Registered, role: str) -> set[str]:
    if entry.by_any_role or not model._meta.managed:
        write = WRITE - {"DELETE"} if entry.is_log else WRITE
        return {*(write if entry.by_any_role else READ)}
    label, name = model._meta.app_label, model._meta.model_name
    return {
        privilege
        for verb, privileges in PRIVILEGES.items()
        if f"{label}.{verb}_{name}" in _permissions[role]
        for privilege in privileges
    }
