"""Lock 2 as it stands in the database: put there after every migrate, and looked at.

Roles belong to the cluster, policies and grants to the database. Nothing is touched that stands
already, so that a deployment without a change takes no lock on any table.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import ProgrammingError, connection, transaction

from opsconsole.access.lock import STAFF
from opsconsole.access.policies import ROLES, Policy, grants, policies, tables
from opsconsole.database.errors import DatabaseProblem

logger = logging.getLogger(__name__)
_seen_standing = False

# What a policy really says, whatever its comment claims.
LIVE = (
    "md5(concat_ws('|', pol.polcmd, pol.polpermissive, pol.polroles::regrole[]::text, "
    "pg_get_expr(pol.polqual, pol.polrelid), pg_get_expr(pol.polwithcheck, pol.polrelid)))"
)


def holes() -> list[str]:
    """What is missing from lock 2, or stands there against the registry, a sentence each."""
    missing = [f"There is no database role {role}." for role in ROLES if role not in _roles()]
    return missing or [*_roles_too_strong(), *_wrong_policies(), *_wrong_grants()]


def put_up(**kwargs: Any) -> None:
    """Make the database as the registry says (after every migrate)."""
    if kwargs.get("using", "default") != "default" or not _tables_are_there():
        return
    if holes():
        with transaction.atomic():
            _make_roles()
            _put_policies()
            _put_grants()


def stands() -> bool:
    """Whether lock 2 stands; looked at until it does, once for each process."""
    global _seen_standing
    if not _seen_standing:
        found = holes()
        for hole in found:
            logger.critical("Lock 2: %s", hole)
        _seen_standing = not found
    return _seen_standing


def _tables_are_there() -> bool:
    wanted = {*tables(), *(table for _, table, _ in grants())}
    there = {name for (name,) in _rows("SELECT relname FROM pg_class WHERE relkind IN ('r', 'v')")}
    return wanted <= there


# What is there


def _roles() -> set[str]:
    found = _rows("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
    return {name for (name,) in found}


def _roles_too_strong() -> list[str]:
    found = _rows(
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole, "
        f"pg_has_role(session_user, oid, '{_becoming()}'), current_user FROM pg_roles "
        "WHERE rolname = ANY(%s)",
        [list(ROLES)],
    )
    return [
        *(
            f"The database role {role} may pass its policies."
            for role, strong, *_ in found
            if strong
        ),
        *(
            f"The database user {user} may not become {role}: grant it that role."
            for role, _, may_become, user in found
            if not may_become
        ),
    ]


def _becoming() -> str:
    """The name of the right to SET ROLE, which PostgreSQL 16 set apart from membership."""
    return "SET" if connection.pg_version >= 160000 else "MEMBER"  # type: ignore[attr-defined]


def _standing() -> dict[tuple[str, str], str]:
    """Table and name of each policy, and the mark it should have if nobody altered it."""
    return {
        (table, name): mark if live == was_live else "altered"
        for table, name, mark, was_live, live in _rows(
            "SELECT c.relname, pol.polname, split_part(d.description, ':', 1), "
            f"split_part(d.description, ':', 2), {LIVE} "
            "FROM pg_policy pol JOIN pg_class c ON c.oid = pol.polrelid "
            "LEFT JOIN pg_description d ON d.objoid = pol.oid "
            "AND d.classoid = 'pg_policy'::regclass "
            "WHERE c.relnamespace = 'public'::regnamespace"
        )
    }


def _open_tables() -> set[str]:
    """Scoped tables on which row-level security is switched off."""
    return {
        name
        for (name,) in _rows(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND NOT relrowsecurity "
            "AND relnamespace = 'public'::regnamespace",
            [tables()],
        )
    }


def _wrong_policies() -> list[str]:
    standing, wanted = _standing(), {(p.table, p.name): p.mark for p in policies()}
    return [
        *(f"Row-level security is off on {table}." for table in sorted(_open_tables())),
        *(
            f"The policy {name} on {table} is {'not there' if mark is None else 'another'}."
            for (table, name), expected in sorted(wanted.items())
            if (mark := standing.get((table, name))) != expected
        ),
        *(
            f"The policy {name} on {table} is not of the console's making."
            for table, name in sorted({*standing} - {*wanted})
        ),
    ]


def _given() -> set[tuple[str, str, str]]:
    return set(
        _rows(
            "SELECT a.grantee::regrole::text, c.relname, a.privilege_type FROM pg_class c, "
            "aclexplode(c.relacl) a WHERE a.grantee = ANY(%s::regrole[]) "
            "AND c.relnamespace = 'public'::regnamespace "
            "UNION ALL SELECT a.grantee::regrole::text, c.relname, "
            "a.privilege_type || ' (' || att.attname || ')' FROM pg_attribute att "
            "JOIN pg_class c ON c.oid = att.attrelid, aclexplode(att.attacl) a "
            "WHERE a.grantee = ANY(%s::regrole[]) AND c.relnamespace = 'public'::regnamespace",
            [list(ROLES), list(ROLES)],
        )
    )


def _wrong_grants() -> list[str]:
    given, wanted = _given(), grants()
    return [
        *(f"{role} lacks {right} on {table}." for role, table, right in sorted(wanted - given)),
        *(f"{role} has {right} on {table}." for role, table, right in sorted(given - wanted)),
    ]


# Putting it up


def _make_roles() -> None:
    """The roles, if the cluster has them not, and the right of this user to become them."""
    try:
        _create_and_grant()
    except ProgrammingError as error:
        roles = " and ".join(ROLES)
        raise DatabaseProblem(
            f"The database user that migrates may not create the roles {roles} or become them. "
            "Give it CREATEROLE, or let an administrator of the server run, for each of the two: "
            f"CREATE ROLE {STAFF} NOLOGIN; GRANT {STAFF} TO that user;"
        ) from error


def _create_and_grant() -> None:
    for role in ROLES:
        _run(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
            f"CREATE ROLE {role} NOLOGIN; END IF; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    for role in ROLES:
        _run(
            f"DO $$ BEGIN IF NOT pg_has_role(current_user, '{role}', '{_becoming()}') THEN "
            f"EXECUTE format('GRANT {role} TO %I', current_user); END IF; END $$"
        )


def _put_policies() -> None:
    standing, wanted = _standing(), policies()
    marks = {(policy.table, policy.name): policy.mark for policy in wanted}
    for (table, name), mark in standing.items():
        if marks.get((table, name)) != mark:
            _run(f'DROP POLICY "{name}" ON "{table}"')
    for policy in wanted:
        if standing.get((policy.table, policy.name)) != policy.mark:
            _create(policy)
    for table in _open_tables():
        _run(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')


def _create(policy: Policy) -> None:
    _run(policy.sql)
    [(live,)] = _rows(
        f"SELECT {LIVE} FROM pg_policy pol WHERE pol.polname = %s AND pol.polrelid = %s::regclass",
        [policy.name, f'"{policy.table}"'],
    )
    _run(f"COMMENT ON POLICY {policy.name} ON \"{policy.table}\" IS '{policy.mark}:{live}'")


def _put_grants() -> None:
    given, wanted = _given(), grants()
    for role, table, right in given - wanted:
        _run(f'REVOKE {right} ON "{table}" FROM {role}')
    for role, table, right in wanted - given:
        _run(f'GRANT {right} ON "{table}" TO {role}')


def _rows(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
