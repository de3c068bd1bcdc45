"""The exports app."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Records of a list as a file to download, and the log of who did."""

    name = "opsconsole.exports"
    label = "exports"
    verbose_name = "Exports"
