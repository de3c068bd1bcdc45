"""A pytest plugin (`-p tests.throwaway_server`): one throwaway server for the whole run.

It puts the server's address into DATABASE_URL before Django reads its settings. The workers of
pytest-xdist inherit the variable and so share the server. A DATABASE_URL of one's own is used.
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from opsconsole.database.errors import EmbeddedServerError

CHECKOUT = Path(__file__).resolve().parent.parent
PATIENCE = 10  # seconds for the supervisor to clean up


class ThrowawayServer:
    """A server that ends with this process, however that ends."""

    def __init__(self) -> None:
        self._supervisor = subprocess.Popen(
            [sys.executable, "-m", "tests.throwaway_supervisor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            start_new_session=True,  # Ctrl-C ends the tests first, and the server by that
        )
        self.url = self._first_answer()

    def stop(self) -> None:
        """Let go of the supervisor and wait until it has removed everything."""
        self._supervisor.communicate(timeout=PATIENCE)

    def _first_answer(self) -> str:
        assert self._supervisor.stdout is not None
        answer = json.loads(self._supervisor.stdout.readline() or "{}")
        if "url" not in answer:
            self.stop()
            raise EmbeddedServerError(answer.get("problem", "The throwaway server did not start."))
        return str(answer["url"])


# A wrapper runs before every plain hook, and pytest-django's own would read the settings.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Start the server, unless there is one or only help is asked for."""
    asked = early_config.known_args_namespace
    if not (os.environ.get("DATABASE_URL") or asked.help or asked.version):
        _serve(early_config)
    return (yield)


def _serve(config: pytest.Config) -> None:
    try:
        server = ThrowawayServer()
    except EmbeddedServerError as error:
        raise pytest.UsageError(str(error)) from error
    os.environ["DATABASE_URL"] = server.url
    config.add_cleanup(server.stop)
    config.add_cleanup(_forget_address)


def _forget_address() -> None:
    os.environ.pop("DATABASE_URL", None)
