"""A supervisor that keeps a throwaway server for exactly as long as its parent lives.

Run as `python -m tests.throwaway_supervisor` with a pipe as its input: it writes one line of
JSON with the server's address, and removes everything when the pipe ends. Nothing but the kernel
has to survive for that, so it holds when the parent is killed with -9.
"""

import json
import os
import select
import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import FrameType

from opsconsole.database.account import Account, account_for_new_data
from opsconsole.database.errors import EmbeddedServerError
from opsconsole.database.place import SHORT_FOLDERS, Place
from opsconsole.database.server import EmbeddedServer

# A crash may lose all of it, so nothing waits for the disk.
FAST_AND_LOOSE = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=200",
)
PARENT_CHECK = 1.0  # seconds


def main() -> None:
    """Serve until the parent is gone, or tell it why there is no server."""
    parent = os.getppid()
    signal.signal(signal.SIGTERM, _leave)
    try:
        _serve(parent)
    except EmbeddedServerError as error:
        _tell(problem=str(error))


def _serve(parent: int) -> None:
    account = account_for_new_data()
    home = make_home(account)
    place = Place(home, account)
    server = EmbeddedServer(place, settings=FAST_AND_LOOSE, initdb_options=("--no-sync",))
    try:
        account.take(home)
        server.ensure_running()
        _tell(url=server.url)
        _wait_for_end(parent)
    finally:
        with suppress(EmbeddedServerError, OSError):
            server.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)


def make_home(account: Account) -> Path:
    """A fresh folder that the account can reach, short enough for a socket in it."""
    home = Path(tempfile.mkdtemp(prefix="opsconsole-test-")).resolve()
    short = Place(home, account).socket_folder.parent == home
    if short and account.may_enter(home.parent):
        return home
    home.rmdir()
    return Path(tempfile.mkdtemp(prefix="opsconsole-test-", dir=SHORT_FOLDERS)).resolve()


def _tell(**answer: str) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _wait_for_end(parent: int) -> None:
    """Wait until the pipe ends, or until the parent is another one.

    A child that the parent forked may hold the pipe open after the parent's death.
    """
    while os.getppid() == parent:
        readable, _, _ = select.select([sys.stdin], [], [], PARENT_CHECK)
        if readable and not os.read(sys.stdin.fileno(), 1024):
            return


def _leave(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
