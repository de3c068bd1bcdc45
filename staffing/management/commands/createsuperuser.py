"""`manage.py createsuperuser`: Django's own, in the history as a command's."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser

from opsconsole.access.acting import Source, acting


class Command(createsuperuser.Command):
    """Makes an engineer. Nobody acts here whom the console knows: often it is the first person."""

    def handle(self, *args: Any, **options: Any) -> None:
        """As Django does it."""
        with acting(source=Source.COMMAND):
            super().handle(*args, **options)
