"""A checkout folder per test, whose servers end with the test."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.database.place import SYSTEM_HOME, place_for, short_hash
from opsconsole.database.server import EmbeddedServer
from tests.database.processes import kill, processes_in

QUICK = ("--no-sync", "--wal-segsize=1")  # less to write and to copy


@pytest.fixture
def checkout() -> Iterator[Path]:
    """An empty folder that every user may enter, as a checkout often is."""
    folder = make_checkout()
    yield folder
    remove(folder)


@pytest.fixture
def server(checkout: Path) -> EmbeddedServer:
    """The embedded server of the checkout, not started; its initdb does not wait for the disk."""
    return EmbeddedServer(place_for(checkout), initdb_options=QUICK)


@pytest.fixture
def running_server(server: EmbeddedServer, fresh_data: Path) -> EmbeddedServer:
    """The embedded server of the checkout, started on a copy of fresh data."""
    subprocess.run(["cp", "-a", fresh_data, server.place.data], check=True)
    server.ensure_running()
    return server


@pytest.fixture(scope="session")
def fresh_data() -> Iterator[Path]:
    """A data folder that was made and stopped once: copying it is quicker than initdb."""
    folder = make_checkout()
    server = EmbeddedServer(place_for(folder), initdb_options=QUICK)
    server.ensure_running()
    server.stop()
    yield server.place.data
    remove(folder)


@pytest.fixture
def only_root() -> None:
    """Skip what only root can try."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")


def make_checkout() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="opsconsole-checkout-")).resolve()
    folder.chmod(0o755)
    return folder


def remove(folder: Path) -> None:
    """End every process below the folder and below its home under /var/lib, and remove both."""
    home = SYSTEM_HOME / short_hash(folder)
    for place in (folder, home):
        while pids := processes_in(place):
            for pid in pids:
                kill(pid)
        shutil.rmtree(place, ignore_errors=True)
