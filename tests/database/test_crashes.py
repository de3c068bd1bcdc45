"""Nothing that was acknowledged is lost, whatever gets killed when."""

import os
import signal
import time
from pathlib import Path

import psycopg2

from opsconsole.database.server import EmbeddedServer, server_of
from tests.database.processes import START, kill, postmasters, spawn, wait_until

WRITE = """
import sys
import psycopg2
connection = psycopg2.connect(sys.argv[1])
for number in range(1_000_000):
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO visits (round, number) VALUES (%s, %s)", [sys.argv[2], number])
    print(number, flush=True)
"""


def execute(server: EmbeddedServer, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(server.url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_committed_rows_survive_a_kill_of_the_server(running_server: EmbeddedServer) -> None:
    execute(running_server, "CREATE TABLE visits AS SELECT 42 AS number")
    (postmaster,) = postmasters(running_server.place.home)

    kill(postmaster)
    running_server.ensure_running()

    assert execute(running_server, "SELECT number FROM visits") == [(42,)]


def test_acknowledged_commits_survive_kills_under_load(running_server: EmbeddedServer) -> None:
    execute(running_server, "CREATE TABLE visits (round text, number int)")
    acknowledged: set[tuple[object, ...]] = set()

    for attempt in range(6):
        running_server.ensure_running()
        acknowledged |= write_until_killed(running_server, str(attempt))
    running_server.ensure_running()

    assert len(acknowledged) > 100
    assert acknowledged <= set(execute(running_server, "SELECT round, number FROM visits"))


def write_until_killed(server: EmbeddedServer, name: str) -> set[tuple[object, ...]]:
    rounds = [f"{name}{writer}" for writer in "ab"]
    writers = [spawn(WRITE, server.url, round_, stderr=-3) for round_ in rounds]
    time.sleep(0.5)
    for pid in postmasters(server.place.home):
        kill(pid)
    said = [writer.communicate()[0].split("\n") for writer in writers]
    # the last line counts only if it ends: what follows the last line break is dropped
    return {(rounds[i], int(line)) for i in range(2) for line in said[i][:-1]}


def test_kills_during_initdb_leave_nothing_behind_that_hurts(checkout: Path) -> None:
    for attempt in range(6):
        starter = spawn(START, str(checkout))
        wait_until(lambda: list((checkout / "var").glob("*.part/*")) or data_of(checkout).exists())
        time.sleep(0.06 * attempt)
        if attempt % 2:
            os.killpg(starter.pid, signal.SIGKILL)  # initdb too
        else:
            kill(starter.pid)  # initdb lives on and still writes
        starter.communicate()

    server = server_of(checkout)
    server.ensure_running()

    assert execute(server, "SELECT 1") == [(1,)]
    assert len(postmasters(checkout)) == 1


def data_of(checkout: Path) -> Path:
    return checkout / "var" / "postgres-18"
