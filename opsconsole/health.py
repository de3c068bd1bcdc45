"""Health checks, answered before anything that could stand in their way: hosts, sign-in, SSL."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from threading import Timer
from time import monotonic
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.files.storage import storages
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.utils.module_loading import import_string

from opsconsole.access.local import with_settings
from opsconsole.access.standing import holes
from opsconsole.database.checks import known_migrations, unapplied_migrations

logger = logging.getLogger(__name__)

ALIVE, READY = "/health/alive", "/health/ready"
METHODS = ("GET", "HEAD")
LOOK_EVERY = 5.0  # seconds; a look takes some 30 ms, asking whether the database answers takes one
PATIENCE = 2.0  # seconds for a statement of the look; then it is given up
NAMED = 3  # of what is wrong, in the log


class HealthChecks:
    """`/health/alive`: the process answers. `/health/ready`: it can serve pages, else 503.

    The first middleware, because a probe calls by an address that is no host of the console.
    Whoever asks is told what is the matter in a few words; the log names it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.looked_at = float("-inf")
        self.found: dict[str, list[str]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path not in (ALIVE, READY):
            return self.get_response(request)
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        wrong = self._what_is_wrong() if request.path == READY else []
        said = "\n".join(wrong) or request.path.rpartition("/")[2]
        return HttpResponse(f"{said}\n", status=503 if wrong else 200, content_type="text/plain")

    def _what_is_wrong(self) -> list[str]:
        try:
            known_migrations()  # read from the disk once, which is not the database's time
            with _answered_in(PATIENCE + 1), connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                self._look_anew()
        except (OperationalError, InterfaceError):
            return ["no database"]
        except DatabaseError:
            logger.exception("The database could not be looked at.")
            return ["database error"]
        return list(self.found)

    def _look_anew(self) -> None:
        """Look again where the last look is old, and log what came or went since."""
        if monotonic() - self.looked_at < LOOK_EVERY:
            return
        with with_settings({"statement_timeout": f"{PATIENCE * 1000:.0f}"}):
            found = what_is_wrong()
        for state, what in found.items() if found != self.found else ():
            more = f" … and {len(what) - NAMED} more" if len(what) > NAMED else ""
            logger.critical("Not ready, %s: %s%s", state, " ".join(what[:NAMED]), more)
        if self.found and not found:
            logger.warning("Ready again.")
        self.found, self.looked_at = found, monotonic()


def what_is_wrong() -> dict[str, list[str]]:
    """The states in which pages can't be served, and what makes each of them."""
    looked = {
        "migrations missing": unapplied_migrations(),
        "lock 2 has a hole": holes(),
        "static files missing": static_problems(),
    }
    return {state: what for state, what in looked.items() if what}


@contextmanager
def _answered_in(seconds: float) -> Iterator[None]:
    """Break the connection off after so long: no time-out of a server that hangs would."""
    connection.ensure_connection()
    with closing(socket.socket(fileno=os.dup(connection.connection.fileno()))) as line:

        def break_off() -> None:
            with suppress(OSError):  # it is closed already
                line.shutdown(socket.SHUT_RDWR)

        timer = Timer(seconds, break_off)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


# Static files


def static_problems() -> list[str]:
    """Why no page finds its static files, where the settings look them up in a manifest."""
    if not issubclass(_static_storage(), ManifestFilesMixin):
        return []
    try:
        storage: Any = storages["staticfiles"]
        there = _manifest(storage)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        return [f"Their manifest can't be read: {error}."]
    if not there:
        return ["Their manifest is not there, or names none."]
    if not storage.hashed_files:  # it has read them once and for all
        return ["They were collected after this process had started: start it anew."]
    return []


def _static_storage() -> type:
    kind: type = import_string(settings.STORAGES["staticfiles"]["BACKEND"])
    return kind


def _manifest(storage: Any) -> dict[str, str]:
    """The manifest as it is on the disk now: each file, and under which name it is served."""
    return dict(storage.load_manifest()[0])


@register(Tags.staticfiles, deploy=True)
def check_static_files_are_collected(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """health.E001: pages name static files of which the manifest knows nothing."""
    problems = static_problems()
    if not problems and issubclass(_static_storage(), ManifestFilesMixin):
        collected = _manifest(storages["staticfiles"])
        new = {path for finder in get_finders() for path, _ in finder.list([])} - {*collected}
        problems = [f"{path} was not collected." for path in sorted(new)[:NAMED]]
    hint = "Run `manage.py collectstatic`."
    return [Error(f"Static files: {what}", hint=hint, id="health.E001") for what in problems]
