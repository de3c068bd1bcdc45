"""The package of saved views as a Django app."""

from django.apps import AppConfig


class SavedViewsConfig(AppConfig):
    """What people keep of the addresses of lists."""

    name = "opsconsole.saved_views"
    label = "saved_views"
    verbose_name = "Saved views"
