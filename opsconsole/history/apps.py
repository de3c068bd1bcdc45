"""The history package as a Django app."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """Each tracked model brings its history table; the seal over all of them is here."""

    name = "opsconsole.history"
    label = "history"
    verbose_name = "History"

    def ready(self) -> None:
        """Register the system checks, and tell the worker what to look after."""
        from opsconsole.history import checks, sealing  # noqa: F401
