"""Where the time of a run went: a table at its end (a pytest plugin)."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from typing import Any

import pytest

SHOWN = 20  # files
PHASES = ("setup", "call", "teardown")


class Durations:
    """Seconds of each file and phase, over all workers."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.files: dict[str, Counter[str]] = defaultdict(Counter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one phase of one test."""
        counts = self.files[report.nodeid.partition("::")[0]]
        counts[report.when] += report.duration
        counts["tests"] += report.when == "call"

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        """Print the files that took most, all of them together, and what no test took."""
        if len(self.files) < SHOWN:
            return
        every: Counter[str] = sum(self.files.values(), Counter())
        workers = config.getoption("numprocesses", None) or 1
        waited = workers * (time.monotonic() - self.began) - _seconds(every)
        terminalreporter.section("where the time went (seconds)")
        terminalreporter.write_line("   all  setup   call  after  tests  file")
        for name, counts in sorted(self.files.items(), key=lambda of: -_seconds(of[1]))[:SHOWN]:
            terminalreporter.write_line(_line(counts, name))
        terminalreporter.write_line(_line(every, "everything"))
        terminalreporter.write_line(f"{waited:6.1f}  in no test, of {workers} workers together")


def _seconds(counts: Counter[str]) -> float:
    return sum(counts[phase] for phase in PHASES)


def _line(counts: Counter[str], name: str) -> str:
    phases = "".join(f"{counts[phase]:7.1f}" for phase in PHASES)
    return f"{_seconds(counts):6.1f}{phases}{counts['tests']:7}  {name}"


def pytest_configure(config: pytest.Config) -> None:
    """Only where the reports of all workers come together."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Durations())
