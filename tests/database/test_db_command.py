"""`manage.py db`: what an operator asks of the server by hand."""

from pathlib import Path

from opsconsole.database.server import EmbeddedServer
from tests.database.processes import run_console


def checkout_of(server: EmbeddedServer) -> Path:
    return server.place.home.parent


def test_status_tells_whether_it_runs_and_does_not_start_it(server: EmbeddedServer) -> None:
    status, said = run_console(checkout_of(server), "db", "status")

    assert status == 1
    assert "is not running" in said
    assert not server.answers()


def test_status_names_the_user_and_the_folders(running_server: EmbeddedServer) -> None:
    status, said = run_console(checkout_of(running_server), "db", "status")

    assert status == 0
    assert f"is running as {running_server.place.account.name}" in said
    assert str(running_server.place.data) in said


def test_stop_stops_it_once(running_server: EmbeddedServer) -> None:
    first = run_console(checkout_of(running_server), "db", "stop")
    second = run_console(checkout_of(running_server), "db", "stop")

    assert first[0] == second[0] == 0
    assert "has stopped" in first[1]
    assert "was not running" in second[1]
    assert not running_server.answers()


def test_url_is_the_address_psql_takes(server: EmbeddedServer) -> None:
    assert run_console(checkout_of(server), "db", "url") == (0, server.url)


def test_psql_starts_the_server_and_passes_its_arguments(server: EmbeddedServer) -> None:
    status, said = run_console(
        checkout_of(server), "db", "psql", "--", "-Atc", "SELECT current_database()"
    )

    assert (status, said) == (0, "opsconsole")
    assert server.answers()


def test_a_named_server_is_spoken_about_and_not_stopped(running_server: EmbeddedServer) -> None:
    url = running_server.url
    unused = Path("unused")

    status = run_console(unused, "db", "status", DATABASE_URL=url)
    shown = run_console(unused, "db", "url", DATABASE_URL=url)
    stop = run_console(unused, "db", "stop", DATABASE_URL=url)
    psql = run_console(unused, "db", "psql", "--", "-Atc", "SELECT 1", DATABASE_URL=url)

    assert status[0] == 0
    assert "PostgreSQL 18" in status[1]
    assert shown == (0, url)
    assert stop[0] == 1
    assert "DATABASE_URL names the server" in stop[1]
    assert psql == (0, "1")
    assert running_server.answers()


def test_status_of_an_unreachable_server_is_one_sentence() -> None:
    status, said = run_console(
        Path("unused"), "db", "status", DATABASE_URL="postgres://ana:secret@127.0.0.1:1/ops"
    )

    assert status == 1
    assert "Cannot connect to database ops on 127.0.0.1:1 as ana" in said
    assert "Traceback" not in said
