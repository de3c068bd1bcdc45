"""The database package as a Django app: it brings the `db` command and no model."""

from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    """Makes `manage.py db` known."""

    name = "opsconsole.database"
    label = "database"
    verbose_name = "Database"
