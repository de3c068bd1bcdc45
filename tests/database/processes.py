"""Starting, counting and killing the real processes of these tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 30  # seconds

START = """
import sys
from pathlib import Path
from opsconsole.database.server import server_of
server = server_of(Path(sys.argv[1]))
server.ensure_running()
print(server.url)
"""

AS_NOBODY = """
import os, pwd
import psycopg2, opsconsole.database.server
nobody = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
"""


def spawn(code: str, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
    """A python process of its own session that runs the code."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        start_new_session=True,
        **options,
    )


def run(code: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the code to its end, with its output and errors."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env=clean_environment() | environment,
        timeout=PATIENCE * 2,
    )


def run_console(checkout: Path, *command: str, **environment: str) -> tuple[int, str]:
    """Exit status and all output of a management command for this checkout."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.database.console", str(checkout), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=CHECKOUT,
        env=clean_environment() | environment,
        timeout=PATIENCE,
    )
    return process.returncode, process.stdout.strip()


def clean_environment() -> dict[str, str]:
    """This environment without the server of the running tests."""
    return {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}


def kill(pid: int) -> None:
    """Kill -9, and wait until the process is gone or but a zombie."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid))


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie nobody has collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def postmasters(folder: Path) -> list[int]:
    """The servers whose data is below the folder."""
    return [pid for pid in processes_in(folder) if b"\0-D\0" in command_of(pid)]


def processes_in(folder: Path) -> list[int]:
    """All processes that work below the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
    return found


def command_of(pid: int) -> bytes:
    """The command line of a process; a backend of PostgreSQL has rewritten its own."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def wait_until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait for something that other processes bring about."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
