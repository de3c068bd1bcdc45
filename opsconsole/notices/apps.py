"""The notices package as a Django app."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """What the console tells people when something of theirs ends."""

    name = "opsconsole.notices"
    label = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        """Tell the worker what to look after."""
        from opsconsole.notices import telling  # noqa: F401
