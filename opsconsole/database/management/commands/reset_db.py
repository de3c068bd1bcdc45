"""`manage.py reset_db`: an empty database with all tables, in development."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from opsconsole.database.development import recreate_database, refuse_outside_development


class Command(BaseCommand):
    """Wipes the embedded database. Refused wherever the data could be somebody's."""

    help = "Drop the embedded database, make it anew and migrate it. Development only."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_outside_development()
        recreate_database()
        call_command("migrate", verbosity=0)
        self.stdout.write("The database is empty and migrated. `make seed` fills in the demo.")
