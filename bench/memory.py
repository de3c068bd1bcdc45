"""The most memory that something takes, in a process that has made nothing it could use again."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable

import django
import psutil
from django.utils.module_loading import import_string

MEGABYTE = 1024 * 1024


def peak(made_by: str, *args: object) -> float:
    """Megabytes over what the process had before: of the work that this function makes of args."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak_here, (made_by, args))


def _peak_here(made_by: str, args: tuple[object, ...]) -> float:
    django.setup()
    work: Callable[[], object] = import_string(made_by)(*args)
    process, done = psutil.Process(), threading.Event()
    before = most = process.memory_info().rss

    def watch() -> None:
        nonlocal most
        while not done.wait(0.001):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    done.set()
    watcher.join()
    return (most - before) / MEGABYTE
