"""Django's connection: it starts the server, and fails in one sentence."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from opsconsole.database.server import EmbeddedServer
from tests.database.processes import postmasters, run, run_console

PRELUDE = """
import sys
from tests.database.console import configure
configure(sys.argv[1])
from django.db import connection, OperationalError
from opsconsole.database.errors import DatabaseUnavailable
"""
CONNECT_TWICE_WITH_A_CRASH_BETWEEN = """
from pathlib import Path
from tests.database.processes import kill, postmasters
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE visits AS SELECT 42 AS number")
for pid in postmasters(Path(sys.argv[1])):
    kill(pid)
connection.close()
with connection.cursor() as cursor:
    cursor.execute("SELECT number FROM visits")
    print(cursor.fetchone()[0])
print(connection.settings_dict["HOST"])
"""
CONNECT_TO_A_SERVER_THAT_IS_TOO_OLD = """
from opsconsole.database.backend import base
base.OLDEST_VERSION = (99,)
try:
    connection.cursor()
except DatabaseUnavailable as error:
    print(error)
print(connection.connection)
"""
CATCH_AS_DJANGO_DOES = """
try:
    connection.ensure_connection()
except OperationalError as error:
    print(type(error).__name__)
"""


def test_the_first_connection_starts_the_server(checkout: Path) -> None:
    status, said = run_console(checkout, "migrate")

    assert status == 0, said
    assert len(postmasters(checkout)) == 1


def test_a_server_that_died_in_between_is_started_again(running_server: EmbeddedServer) -> None:
    checkout = running_server.place.home.parent

    attempt = run(PRELUDE + CONNECT_TWICE_WITH_A_CRASH_BETWEEN, str(checkout))

    assert attempt.stdout.split() == ["42", str(running_server.place.socket_folder)], attempt.stderr


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://ana:secret@127.0.0.1:1/ops", "database ops on 127.0.0.1:1 as ana"),
        ("postgres://ana:secret@nowhere.invalid/ops", "correct the host in DATABASE_URL"),
        ("postgres://ana:secret@%2Fnowhere/ops", "database ops on /nowhere as ana"),
        ("postgres://ana:secret@127.0.0.1:1/ops?nonsense=1", "correct the options"),
    ],
)
def test_an_unreachable_server_is_one_sentence(checkout: Path, url: str, expected: str) -> None:
    status, said = run_console(checkout, "migrate", DATABASE_URL=url)

    assert status == 1
    assert said.startswith("Cannot connect to database ops on ")
    assert expected in said
    assert "\n" not in said
    assert "secret" not in said


def test_a_missing_database_is_named_with_the_remedy(running_server: EmbeddedServer) -> None:
    url = running_server.url.replace("/opsconsole", "/nothing")

    status, said = run_console(Path("unused"), "migrate", DATABASE_URL=url)

    assert status == 1
    assert '(database "nothing" does not exist): create what is missing' in said


def test_an_embedded_server_that_cannot_start_is_one_sentence(checkout: Path) -> None:
    (checkout / "var" / "postgres-17").mkdir(parents=True)
    (checkout / "var" / "postgres-17" / "PG_VERSION").write_text("17")

    status, said = run_console(checkout, "migrate")

    assert status == 1
    assert "holds data of PostgreSQL 17" in said
    assert "\n" not in said


def test_a_server_that_is_too_old_is_refused_and_left(running_server: EmbeddedServer) -> None:
    checkout = running_server.place.home.parent

    attempt = run(PRELUDE + CONNECT_TO_A_SERVER_THAT_IS_TOO_OLD, str(checkout))

    sentence, connection = attempt.stdout.splitlines()
    assert "is PostgreSQL 18" in sentence
    assert "needs 99 or newer" in sentence
    assert connection == "None"


def test_djangos_own_handlers_see_an_operational_error(checkout: Path) -> None:
    attempt = run(
        PRELUDE + CATCH_AS_DJANGO_DOES, str(checkout), DATABASE_URL="postgres://ana@127.0.0.1:1/ops"
    )

    assert attempt.stdout == "DatabaseUnavailable\n", attempt.stderr


def test_a_silent_host_is_given_up_soon(checkout: Path) -> None:
    # 192.0.2.1 is reserved for documentation: nothing answers there
    began = time.monotonic()

    status, said = run_console(
        checkout, "migrate", DATABASE_URL="postgres://ana@192.0.2.1/ops?connect_timeout=2"
    )

    assert status == 1
    assert said.startswith("Cannot connect to database ops on 192.0.2.1 as ana")
    assert time.monotonic() - began < 10


@pytest.mark.django_db
def test_queries_are_kept_only_where_somebody_asks_for_them(settings: Any) -> None:
    settings.DEBUG = True

    assert not connection.queries_logged
    with CaptureQueriesContext(connection) as queries, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert len(queries) == 1
