#!/usr/bin/env python
"""Run a command of the console: `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    """Run the command line; a problem with the set-up ends it with one sentence."""
    if sys.version_info[:2] != (3, 13):
        sys.exit(
            f"The console runs on Python 3.13, and this is Python {sys.version.split()[0]}. "
            "Use the one in .venv (make run makes it): .venv/bin/python manage.py"
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from opsconsole.database.errors import DatabaseProblem

    try:
        execute_from_command_line(sys.argv)
    except (DatabaseProblem, ImproperlyConfigured) as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
