"""How a rule is tried: in a forked child with Django loaded and a fresh copy of the database.

What the rule has decided while Django was loading can't be taken out, but all else can: the tests
are collected, and lock 2 is put up, after it is gone. The entries of `Removal.tests` are tried one
after another, each in a child of its own, until a test fails; which one it was stands in
missed_by.json, and is tried first the next time.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import re
import signal
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis  # noqa: F401  (a plugin of pytest would load it in each child)
import psycopg2
import pytest
from django.db import connection

from opsconsole.access import standing
from tests.proofs.removals.removal import Removal

AT_ONCE = 2
PATIENCE = 900  # seconds for the tests of one entry
TEMPLATE = "removals"
RECORD = Path(__file__).with_name("missed_by.json")
FORKS = multiprocessing.get_context("fork")
ARGUMENTS = [
    "-x", "-q", "-n", "0", "-p", "no:randomly", "-p", "no:cacheprovider",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",  # of what was imported before the fork
]  # fmt: skip


class Result(NamedTuple):
    """The first test that failed without a rule, if one did; or why the tests did not run."""

    rule: str
    seconds: float
    test: str | None
    problem: str = ""


class TestsDidNotRun(Exception):
    """A child that came to no result, with what it printed."""


def missed_by() -> dict[str, str]:
    """For each rule the test that failed without it when it was last taken out."""
    return dict(json.loads(RECORD.read_text()))


def record(rule: str, test: str) -> None:
    """Keep the test, to be tried first the next time."""
    kept = missed_by() | {rule: test}
    RECORD.write_text(json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def all_of(removals: list[Removal]) -> Iterator[Result]:
    """What came of each rule, as it becomes known."""
    if removals:
        _in_child(_make_template)
    gc.freeze()  # or each child copies the memory of all that is loaded
    waiting, running = deque(removals), dict[Connection, _Child]()
    try:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                child = _Child(_try, waiting.popleft())
                running[child.answer] = child
            for answered in wait([*running]):
                yield running.pop(answered).result()  # type: ignore[call-overload]
    finally:
        for child in running.values():
            child.process.terminate()


class _Child:
    """A fork of this process that does one thing and sends what came of it."""

    def __init__(self, do: Any, *args: Any) -> None:
        self.answer, theirs = FORKS.Pipe(duplex=False)
        self.output = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the child)
        self.process = FORKS.Process(target=self._run, args=(theirs, do, args))
        self.process.start()
        theirs.close()

    def _run(self, theirs: Connection, do: Any, args: tuple[Any, ...]) -> None:
        os.dup2(self.output.fileno(), 1)
        os.dup2(self.output.fileno(), 2)
        theirs.send(do(*args))

    def result(self) -> Any:
        """What it sent; raises what it printed if it died before that."""
        try:
            return self.answer.recv()
        except EOFError:
            self.output.seek(0)
            raise TestsDidNotRun(self.output.read()[-4000:].decode(errors="replace")) from None
        finally:
            self.process.join()
            self.output.close()


def _in_child(do: Any, *args: Any) -> Any:
    return _Child(do, *args).result()


def _make_template() -> None:
    from django.core.management import call_command

    with _another_database(TEMPLATE, "template0"):
        call_command("migrate", verbosity=0)


def _try(removal: Removal) -> Result:
    """The test that missed it last time, then entry by entry, until a test fails."""
    began, last = time.monotonic(), missed_by().get(removal.name)
    entries = [last, *removal.tests] if last else removal.tests
    failed = (_in_child(_first_failure, removal, entry) for entry in entries)
    test, problem = None, ""
    try:
        test = next(filter(None, failed), None)
    except TestsDidNotRun as broken:
        problem = str(broken)
    return Result(removal.name, time.monotonic() - began, test, problem)


def _first_failure(removal: Removal, entry: str) -> str | None:
    signal.alarm(PATIENCE)
    removal.take_out()
    seen = _Seen(removal.name)
    name = f"{TEMPLATE}_{os.getpid()}"
    try:
        with _another_database(name, TEMPLATE):
            if removal.statement:
                connection.cursor().execute(removal.statement)
            code = pytest.main([*ARGUMENTS, entry], plugins=[seen])
            assert connection.settings_dict["NAME"] == name, (
                "The tests made a database of their own."
            )
    finally:
        _on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    is_gone = "::" in entry and code == pytest.ExitCode.USAGE_ERROR  # a test of another day
    if code not in (0, 1) and not seen.failed and not is_gone:
        raise TestsDidNotRun(f"{entry} without {removal.name}: pytest ended with {code!r}.")
    return seen.failed


class _Seen:
    """A plugin of pytest: the database is there already, and the first failure is kept."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.failed: str | None = None

    # Around pytest-django's, which then still puts tests that empty the tables after the others.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Iterator[None]:
        """The tests first that share most of the rarest words with the rule."""
        words = {item.nodeid: _words(item.nodeid) for item in items}
        tests = Counter(word for test in words.values() for word in test)
        rule = _words(self.rule)
        items.sort(key=lambda i: -sum(1 / tests[word] for word in words[i.nodeid] & rule))
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> bool | None:
        """In place of pytest-django's own, which takes longer than most of the tests."""
        made_by = fixturedef.func.__module__
        if (fixturedef.argname, made_by) != ("django_db_setup", "pytest_django.fixtures"):
            return None
        with request.getfixturevalue("django_db_blocker").unblock():
            standing.put_up()
        fixturedef.cached_result = (None, fixturedef.cache_key(request), None)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the first test that fails."""
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that can't be read without the rule misses it too."""
        if report.failed:
            self.failed = self.failed or report.nodeid


def _words(text: str) -> set[str]:
    """Its words, in small letters; those of a name in camel case are one."""
    return set(re.findall(r"[a-z]{3,}", text.lower()))


@contextmanager
def _another_database(name: str, template: str) -> Iterator[None]:
    """A copy of a database, to which Django goes from then on."""
    _on_server(f"CREATE DATABASE {name} TEMPLATE {template}")
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()


def _on_server(statement: str) -> None:
    """One statement beside the databases, which need somebody who is in none of them."""
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(statement)
