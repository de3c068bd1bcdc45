"""The history package as a Django app."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """Has no tables of its own: each tracked model brings its history table."""

    name = "opsconsole.history"
    label = "history"
    verbose_name = "History"
