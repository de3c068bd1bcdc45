"""The tests' server: shared by all workers, and gone with its parent however that goes."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg2
import pytest

from tests.database.processes import (
    CHECKOUT,
    clean_environment,
    kill,
    postmasters,
    spawn,
    wait_until,
)

PARENT = """
import os, sys
from tests.throwaway_server import ThrowawayServer
print(ThrowawayServer().url, flush=True)
"""
WAIT = "sys.stdin.read()"
FORK_A_CHILD_THAT_KEEPS_THE_PIPE = """
if os.fork() == 0:
    os.execvp("sleep", ["sleep", "30"])
"""

SHARED = """
import os, psycopg2, pytest

@pytest.mark.parametrize("number", range(4))
def test_one_server(number):
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    cursor = connection.cursor()
    cursor.execute("SELECT current_setting('fsync'), rolsuper FROM pg_roles WHERE rolname = user")
    assert cursor.fetchone() == ("off", True)
    with open("urls", "a") as urls:
        urls.write(os.environ["DATABASE_URL"] + "\\n")
    connection.close()
"""
OWN = """
import os

def test_own_server():
    assert os.environ["DATABASE_URL"] == "postgres://ana@db.example/ops"
"""


def home_of(url: str) -> Path:
    host = urlsplit(url).netloc.rpartition("@")[2].rpartition(":")[0]
    return Path(unquote(host)).parent


def run_pytest(folder: Path, test: str, *options: str, **environment: str) -> str:
    (folder / "test_it.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir", str(folder)]
    plugins = ["-p", "tests.throwaway_server", "-p", "no:django", "-p", "no:cacheprovider"]
    finished = subprocess.run(
        [*command, *plugins, *options, "test_it.py"],
        capture_output=True,
        text=True,
        cwd=folder,
        env=clean_environment() | {"PYTHONPATH": str(CHECKOUT)} | environment,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.mark.parametrize("extra", ["", FORK_A_CHILD_THAT_KEEPS_THE_PIPE])
def test_it_is_gone_after_a_kill_of_its_parent(extra: str) -> None:
    parent = spawn(PARENT + extra + WAIT, stdin=subprocess.PIPE, env=clean_environment())
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    psycopg2.connect(url).close()
    (postmaster,) = postmasters(home_of(url))

    kill(parent.pid)

    wait_until(lambda: not home_of(url).exists(), patience=10)
    wait_until(lambda: not postmasters(home_of(url)), patience=10)
    assert postmaster not in postmasters(Path("/"))
    with suppress(ProcessLookupError):
        os.killpg(parent.pid, signal.SIGKILL)  # the child that kept the pipe
    parent.communicate()


def test_all_workers_share_it_and_it_ends_with_the_run(tmp_path: Path) -> None:
    said = run_pytest(tmp_path, SHARED, "-n", "2")

    (url,) = set((tmp_path / "urls").read_text().split())
    assert "4 passed" in said
    assert not home_of(url).exists()


def test_a_server_of_ones_own_is_used(tmp_path: Path) -> None:
    said = run_pytest(tmp_path, OWN, DATABASE_URL="postgres://ana@db.example/ops")

    assert "1 passed" in said
