"""A Django with nothing but the database app: give it a checkout and a management command."""

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import execute_from_command_line

from opsconsole.database.configuration import databases
from opsconsole.database.errors import DatabaseProblem


def configure(checkout: str) -> None:
    """Set Django up for the embedded server of this checkout, or for DATABASE_URL."""
    settings.configure(
        DATABASES=databases(os.environ, Path(checkout)),
        INSTALLED_APPS=["opsconsole.database"],
        MIGRATION_MODULES={"database": None},  # they name the apps, which are not here
        USE_TZ=True,
    )
    django.setup()


if __name__ == "__main__":
    configure(sys.argv[1])
    try:
        execute_from_command_line(["manage.py", *sys.argv[2:]])
    except DatabaseProblem as problem:  # as manage.py does
        sys.exit(str(problem))
