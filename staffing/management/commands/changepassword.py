"""`manage.py changepassword`: Django's own, in the history as a command's."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import changepassword

from opsconsole.access.acting import Source, acting


class Command(changepassword.Command):
    """Sets a password from the server, for somebody who can't get in any other way."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        """As Django does it."""
        with acting(source=Source.COMMAND):
            return super().handle(*args, **options)
