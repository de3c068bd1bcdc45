"""What is missing on a machine is said in one sentence, without a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def the_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr.strip()


def test_a_wrong_python_is_named_with_the_remedy(tmp_path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\necho 3.11\n")
    old.chmod(0o755)

    sentence = the_sentence(run("bin/setup", PYTHON=str(old)))

    assert sentence.startswith(f"OpsConsole needs Python 3.13, and {old} here is 3.11.")
    assert "make PYTHON=" in sentence
    assert len(sentence.splitlines()) == 1


def test_a_python_that_is_none_is_told_so():
    sentence = the_sentence(run("bin/setup", PYTHON="/no/such/python"))

    assert "is not a Python at all" in sentence


@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="needs the environment of make")
def test_a_port_in_use_is_named_with_the_remedy():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        sentence = the_sentence(run("bin/run", PORT=port))

    assert sentence.startswith(f"Port {port} can't be used")
    assert "make run PORT=8001" in sentence
    assert len(sentence.splitlines()) == 1


@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="needs the environment of make")
@pytest.mark.parametrize("port", ["abc", "0", "70000"])
def test_a_port_that_is_none_is_told_so(port):
    assert "is no port" in the_sentence(run("bin/run", PORT=port))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgres://nora:secret@127.0.0.1:9/homes", "Cannot connect to database homes"),
        ("mysql://nora:secret@127.0.0.1/homes", "does not name a PostgreSQL server"),
    ],
)
def test_a_database_that_does_not_answer_is_named_without_its_password(url, says):
    sentence = the_sentence(run(sys.executable, "manage.py", "migrate", DATABASE_URL=url))

    assert says in sentence
    assert "DATABASE_URL" in sentence
    assert "secret" not in sentence
    assert len(sentence.splitlines()) == 1


def test_without_a_secret_key_the_console_does_not_start():
    sentence = the_sentence(run(sys.executable, "manage.py", "check", DEBUG="0", SECRET_KEY=""))

    assert sentence.startswith("SECRET_KEY is not set.")
