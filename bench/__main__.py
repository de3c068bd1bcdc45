"""`python -m bench [NAME]…`: rows with their goals; exit 1 on a missed one.

On a server that lives as long as the run, or on that of DATABASE_URL: in a database beside the one
that it names, made for the run and dropped after it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.throwaway_server import ThrowawayServer

NAMES = {
    "history": "bench.history",
    "scope": "bench.scope",
    "import": "bench.imports",
    "export": "bench.exports",
    "pages": "bench.pages",
    "jit": "bench.jit",
}


def main(names: list[str]) -> int:
    """Run the named measurements (all by default) and print their rows."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no bench {', '.join(unknown)}: there are {', '.join(NAMES)}.")
        return 2
    with _server() as url:
        os.environ |= {
            "DATABASE_URL": beside(url),
            "DEBUG": "1",
            "DJANGO_SETTINGS_MODULE": "bench.settings",
        }
        from bench.runner import run

        return run({name: NAMES[name] for name in names or NAMES})


@contextmanager
def _server() -> Iterator[str]:
    if url := os.environ.get("DATABASE_URL", "").strip():
        yield url
        return
    server = ThrowawayServer()
    try:
        yield server.url
    finally:
        server.stop()


def beside(url: str) -> str:
    """The address of the measurements' own database, on the server of this one."""
    named = urlsplit(url)
    return named._replace(path=f"/bench_{named.path.strip('/')}").geturl()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
