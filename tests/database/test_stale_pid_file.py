"""A process id is never a proof of life: not a dead one, and not a living stranger's."""

import subprocess
from collections.abc import Iterator

import pytest

from opsconsole.database import postmaster
from opsconsole.database.server import EmbeddedServer
from tests.database.processes import is_alive, kill, postmasters


@pytest.fixture
def stranger() -> Iterator[int]:
    """The id of a living process that has nothing to do with the server."""
    process = subprocess.Popen(["sleep", "60"])
    yield process.pid
    process.kill()
    process.wait()


def crash(server: EmbeddedServer) -> str:
    """Kill the server; the answer is what its pid file still says."""
    (pid,) = postmasters(server.place.home)
    kill(pid)
    return pid_file_of(server)


def pid_file_of(server: EmbeddedServer) -> str:
    return (server.place.data / postmaster.NAME).read_text()


def note(server: EmbeddedServer, pid: int) -> None:
    rest = pid_file_of(server).partition("\n")[2]
    (server.place.data / postmaster.NAME).write_text(f"{pid}\n{rest}")


def test_a_dead_process_in_the_file_does_not_pass_for_the_server(
    running_server: EmbeddedServer,
) -> None:
    crash(running_server)

    answered = running_server.answers()
    running_server.ensure_running()

    assert not answered
    assert running_server.answers()


def test_a_strangers_process_in_the_file_is_neither_believed_nor_harmed(
    running_server: EmbeddedServer, stranger: int
) -> None:
    crash(running_server)
    note(running_server, stranger)

    stopped = running_server.stop()
    running_server.ensure_running()

    assert not stopped
    assert running_server.answers()
    assert is_alive(stranger)


def test_the_file_keeps_the_lines_by_which_forgotten_backends_are_found(
    running_server: EmbeddedServer,
) -> None:
    before = crash(running_server)

    postmaster.disown(running_server.place)

    after = pid_file_of(running_server)
    assert after.splitlines()[0] == str(postmaster.IMPOSSIBLE_PID)
    assert after.splitlines()[1:] == before.splitlines()[1:]


def test_an_empty_file_does_not_prevent_a_start(running_server: EmbeddedServer) -> None:
    crash(running_server)
    (running_server.place.data / postmaster.NAME).write_text("")

    running_server.ensure_running()

    assert running_server.answers()
