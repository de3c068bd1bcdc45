"""The admin, with the console's own site in place of Django's."""

from django.contrib.admin.apps import AdminConfig


class ConsoleAdminConfig(AdminConfig):
    """Makes `admin.site`, where every admin registers, the console's site."""

    default_site = "opsconsole.site.ConsoleSite"
