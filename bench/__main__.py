"""`python -m bench [NAME]…`: rows with their goals; exit 1 on a missed one."""

from __future__ import annotations

import os
import sys

from opsconsole.database.testing import ThrowawayServer

NAMES = {
    "history": "bench.history",
    "scope": "bench.scope",
    "import": "bench.imports",
    "export": "bench.exports",
    "pages": "bench.pages",
}


def main(names: list[str]) -> int:
    """Run the named measurements (all by default) and print their rows."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no bench {', '.join(unknown)}: there are {', '.join(NAMES)}.")
        return 2
    server = ThrowawayServer()
    os.environ |= {
        "DATABASE_URL": server.url,
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "bench.settings",
    }
    try:
        from bench.runner import run

        return run({name: NAMES[name] for name in names or NAMES})
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
