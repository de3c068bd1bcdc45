"""The DATABASES setting: the server that DATABASE_URL names, or else the embedded one."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

BACKEND = "opsconsole.database.backend"
DATABASE_NAME = "opsconsole"
SUPERUSER = "postgres"
PORT = 5432
SCHEMES = ("postgres", "postgresql", "psql", "pgsql")
EXPECTED = "expected something like postgres://user:password@host:5432/opsconsole"

COMMON: dict[str, Any] = {
    "ENGINE": BACKEND,
    "CONN_MAX_AGE": 60,  # seconds
    "CONN_HEALTH_CHECKS": True,  # a server that was restarted costs nobody a failed page
    "DISABLE_SERVER_SIDE_CURSORS": False,  # exports stream through named cursors
}


def databases(environ: Mapping[str, str], checkout: Path) -> dict[str, dict[str, Any]]:
    """The DATABASES setting for this environment; an empty DATABASE_URL counts as none."""
    url = environ.get("DATABASE_URL", "").strip()
    chosen = _named_by(url) if url else _embedded(checkout)
    return {"default": {**COMMON, **chosen}}


def _embedded(checkout: Path) -> dict[str, Any]:
    # HOST is filled in when the first connection is made: only then is the socket's folder known.
    return {
        "NAME": DATABASE_NAME,
        "USER": SUPERUSER,
        "PORT": str(PORT),
        "EMBEDDED": str(checkout),
    }


def _named_by(url: str) -> dict[str, Any]:
    """The server of DATABASE_URL. No message repeats the URL, which holds the password."""
    scheme = url.partition(":")[0].lower()
    if scheme not in SCHEMES:
        raise ImproperlyConfigured(f"DATABASE_URL does not name a PostgreSQL server: {EXPECTED}.")
    try:
        parsed: dict[str, Any] = Env.db_url_config(url, engine=BACKEND)
        host = _socket_folder(url) or parsed["HOST"]
    except (ValueError, TypeError, KeyError):
        raise ImproperlyConfigured(
            f"DATABASE_URL cannot be read: {EXPECTED}, with every special character of the "
            "password percent-encoded (@ is %40, / is %2F)."
        ) from None
    if not parsed["NAME"]:
        raise ImproperlyConfigured(f"DATABASE_URL names no database: {EXPECTED}.")
    return {**parsed, **_host_and_options(host, parsed.get("OPTIONS", {}))}


def _host_and_options(host: str, given: dict[str, Any]) -> dict[str, Any]:
    """The host, also when it was given as `?host=`, and a limit on the wait for an answer."""
    options = {"connect_timeout": 10, **given}  # seconds
    asked = options.pop("host", "")
    return {"HOST": host or asked, "OPTIONS": options}


def _socket_folder(url: str) -> str:
    """The folder in a percent-encoded host; the URL parser alone would lower its case."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    if not host.upper().startswith("%2F"):
        return ""
    return unquote(re.sub(r":\d+$", "", host))
