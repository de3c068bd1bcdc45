"""`manage.py db status|stop|url|psql`: look after the console's database server."""

import os
import shutil
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connection, connections

from opsconsole.database.backend.base import DatabaseWrapper
from opsconsole.database.backend.explanation import server_name
from opsconsole.database.errors import DatabaseUnavailable, EmbeddedServerError
from opsconsole.database.server import EmbeddedServer
from opsconsole.database.wheel import installed_programs

NOT_RUNNING = 1  # exit status of `db status`, for scripts


class Command(BaseCommand):
    """Speaks about the embedded server, or about the one that DATABASE_URL names."""

    help = "Look after the database server: status, stop, url, psql."
    requires_system_checks = ()  # it has to work while nothing else does

    def add_arguments(self, parser: CommandParser) -> None:
        """One word says what to do."""
        parser.add_argument("what", choices=["status", "stop", "url", "psql"])
        parser.add_argument("arguments", nargs="*", help="for psql, after --")

    def handle(self, *args: Any, what: str, arguments: list[str], **options: Any) -> None:
        """Do what the word says."""
        if what == "psql":
            open_psql(arguments)
        answer = {"status": status, "stop": stop, "url": url}[what]
        try:
            self.stdout.write(answer())
        except (EmbeddedServerError, OSError) as error:
            raise CommandError(str(error)) from error


def status() -> str:
    """Whether the server answers, and where it is."""
    server = _embedded_server()
    if server is None:
        return _status_of_named_server()
    place = server.place
    where = f"its data is in {place.data}, its log in {place.log}."
    if not server.answers():
        raise CommandError(
            f"The embedded PostgreSQL is not running; {where}", returncode=NOT_RUNNING
        )
    return f"The embedded PostgreSQL is running as {place.account.name}; {where}"


def stop() -> str:
    """Stop the embedded server; a server of the operator's own is theirs to stop."""
    server = _embedded_server()
    if server is None:
        raise CommandError(
            "DATABASE_URL names the server, so the console does not stop it: use its own tools."
        )
    if server.stop():
        return "The embedded PostgreSQL has stopped; the next command that needs it starts it."
    return "The embedded PostgreSQL was not running."


def url() -> str:
    """The address in full, the password included: the shell is the operator's own."""
    server = _embedded_server()
    return os.environ["DATABASE_URL"].strip() if server is None else server.url


def open_psql(arguments: list[str]) -> None:
    """Become psql, of the wheel or of the system, connected as the console is."""
    program = installed_programs().path("psql")
    if not os.access(program, os.X_OK):
        program = shutil.which("psql") or ""
    if not program:
        raise CommandError("There is no psql here: install PostgreSQL's client programs.")
    connection.ensure_connection()  # starts the embedded server and fills in its host
    command, extra = connection.client.settings_to_cmd_args_env(connection.settings_dict, arguments)
    os.execve(program, list(command), {**os.environ, **(extra or {})})  # noqa: S606


def _embedded_server() -> EmbeddedServer | None:
    wrapper = connections[DEFAULT_DB_ALIAS]
    return wrapper.embedded_server if isinstance(wrapper, DatabaseWrapper) else None


def _status_of_named_server() -> str:
    try:
        connection.ensure_connection()
    except DatabaseUnavailable as error:
        raise CommandError(str(error), returncode=NOT_RUNNING) from error
    major, minor = connection.get_database_version()
    return f"PostgreSQL {major}.{minor} answers: {server_name(connection.settings_dict)}."
