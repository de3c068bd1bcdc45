"""The database package as a Django app: it brings the `db` command and no model."""

from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    """Makes `manage.py db` known."""

    name = "opsconsole.database"
    label = "database"
    verbose_name = "Database"

    def ready(self) -> None:
        """Register the check that a deployment names its server."""
        from opsconsole.database import checks  # noqa: F401  (importing registers it)
