"""Why a connection failed, in one sentence: which server, what it said, what to do."""

import re
from collections.abc import Mapping
from typing import Any

CHECK_ADDRESS = "check that the server runs and that DATABASE_URL names it"
REMEDIES = (
    ("password", "check the user and the password in DATABASE_URL"),
    ("authentication failed", "check the user and the password in DATABASE_URL"),
    ("no pg_hba.conf entry", "let the server's pg_hba.conf admit this user from here"),
    ("does not exist", "create what is missing on the server, or correct DATABASE_URL"),
    ("too many", "raise max_connections of the server, or run fewer processes"),
    ("remaining connection slots", "raise max_connections of the server, or run fewer processes"),
    ("could not translate host name", "correct the host in DATABASE_URL"),
    ("invalid", "correct the options in DATABASE_URL"),
)


def explain(message: str, settings: Mapping[str, Any]) -> str:
    """One sentence about a failed connection; it never holds the password."""
    reason = _reason(message)
    if password := settings.get("PASSWORD"):
        reason = reason.replace(str(password), "…")
    return f"Cannot connect to {server_name(settings)} ({reason}): {_remedy(reason, settings)}."


def explain_version(
    found: tuple[int, ...], oldest: tuple[int, ...], settings: Mapping[str, Any]
) -> str:
    """One sentence about a server that is too old."""
    return (
        f"The server of {server_name(settings)} is PostgreSQL {'.'.join(map(str, found))}, and the "
        f"console needs {oldest[0]} or newer: upgrade it, or name another one in DATABASE_URL."
    )


def server_name(settings: Mapping[str, Any]) -> str:
    """The database, the user and the server, as an operator would name them."""
    host = settings.get("HOST") or "the local socket"
    port = settings.get("PORT")
    address = f"{host}:{port}" if port else str(host)
    name = settings.get("NAME") or "postgres"
    user = settings.get("USER")
    return f"database {name} on {address}" + (f" as {user}" if user else "")


def _reason(message: str) -> str:
    """What libpq or the server said last, without the address and hints around it."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = [line for line in lines if "failed: " in line or "FATAL" in line] or lines[:1]
    said = re.sub(r"^.*? failed: ", "", telling[-1]) if telling else "no reason given"
    return re.sub(r"^(FATAL|ERROR):\s+", "", said).rstrip(".: ")


def _remedy(reason: str, settings: Mapping[str, Any]) -> str:
    if settings.get("EMBEDDED"):
        return "see `manage.py db status` for the server and its log"
    for phrase, remedy in REMEDIES:
        if phrase in reason:
            return remedy
    return CHECK_ADDRESS
