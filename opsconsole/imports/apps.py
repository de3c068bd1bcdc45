"""The imports package as a Django app."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Import batches and the rows staged for their preview."""

    name = "opsconsole.imports"
    label = "imports"
    verbose_name = "Imports"

    def ready(self) -> None:
        """Tell the worker what to look after."""
        from opsconsole.imports import jobs, keeping  # noqa: F401
