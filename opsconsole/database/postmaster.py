"""The files in which PostgreSQL notes its process id, and what can be believed of them."""

import os
import subprocess
from pathlib import Path

from opsconsole.database.cluster import replace_file
from opsconsole.database.configuration import PORT
from opsconsole.database.place import Place

IMPOSSIBLE_PID = 2_147_483_647  # no system counts this far, so no process can have it
NAME = "postmaster.pid"
SOCKET_LOCK = f".s.PGSQL.{PORT}.lock"


def noted_pid(place: Place) -> int | None:
    """The process id in the file, None if there is none."""
    first_line = _read(place.data / NAME).partition("\n")[0].strip()
    return int(first_line) if first_line.isdigit() else None


def running_pid(place: Place) -> int | None:
    """The noted process id, if that process works in our data folder.

    It may not answer yet, or no longer: this is a reason to wait, never a proof of life.
    """
    pid = noted_pid(place)
    return pid if pid is not None and _works_in(pid, place.data) else None


def disown(place: Place) -> None:
    """Put an impossible process id into the stale files, beside the data and beside the socket.

    PostgreSQL would refuse to start while any process has the noted id. The files themselves stay:
    the other lines name the shared memory, by which PostgreSQL notices a forgotten backend.
    """
    for path in (place.data / NAME, place.socket_folder / SOCKET_LOCK):
        text = _read(path)
        if text:
            rest = text.partition("\n")[2]
            replace_file(path, f"{IMPOSSIBLE_PID}\n{rest}", place.account)
        else:
            path.unlink(missing_ok=True)  # left empty by a power cut, it has nothing to tell


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return ""
    with os.fdopen(descriptor) as file:
        return file.read()


def _works_in(pid: int, data: Path) -> bool:
    """Whether the process is a server of this data folder."""
    if Path("/proc/self/cwd").exists():
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == data.resolve()
        except OSError:
            return False
    command = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True
    )
    return str(data) in command.stdout
