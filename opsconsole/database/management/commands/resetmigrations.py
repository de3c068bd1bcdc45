"""`manage.py resetmigrations`: one fresh initial migration for each app, in development."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from opsconsole.database.development import recreate_database, refuse_outside_development

BY_HAND = b"# Written by hand: kept by resetmigrations."
GENERATED = ["staffing", "imports", "bookings"]  # in the order their tables depend on another
OWN = ["database", *GENERATED]


class Command(BaseCommand):
    """Rebuilds the generated migrations and the database; those written by hand stay.

    For the time before the first release: afterwards deployed databases depend on the files.
    """

    help = "Rebuild the generated migrations and the embedded database. Development only."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_outside_development()
        before = {path: path.read_bytes() for path in migration_files()}
        for path in before:
            path.unlink()
        try:
            for label in GENERATED:
                # A fresh process for each: this one has the old migrations loaded.
                manage("makemigrations", label, "--skip-checks", "--verbosity", "0")
        except subprocess.CalledProcessError as error:
            for path in migration_files():
                path.unlink()
            write(before)
            raise CommandError("makemigrations failed, see above; nothing has changed.") from error
        write({path: content for path, content in before.items() if is_by_hand(content)})
        recreate_database()
        manage("migrate", "--verbosity", "0")
        self.stdout.write("Migrations and database are rebuilt. `make seed` fills in the demo.")


def migration_files() -> list[Path]:
    """The migrations of the project's own apps."""
    folders = [Path(apps.get_app_config(label).path) / "migrations" for label in OWN]
    return [path for folder in folders for path in sorted(folder.glob("[0-9]*.py"))]


def is_by_hand(content: bytes) -> bool:
    """Whether a person wrote the migration: its first line says so."""
    return content.startswith(BY_HAND)


def write(files: dict[Path, bytes]) -> None:
    """Put the files (back) where they belong."""
    for path, content in files.items():
        path.write_bytes(content)


def manage(*arguments: str) -> None:
    """Run a command of the console in a process of its own."""
    command = [sys.executable, str(settings.CHECKOUT / "manage.py"), *arguments]
    subprocess.run(command, check=True)  # noqa: S603  (our own commands alone)
