"""The access package as a Django app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Registers the lookups and the system checks of the scope."""

    name = "opsconsole.access"
    label = "access"
    verbose_name = "Access"

    def ready(self) -> None:
        from opsconsole.access import checks, lookups  # noqa: F401  (importing registers them)
