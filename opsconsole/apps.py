"""The admin, with the console's own site in place of Django's."""

from django.contrib.admin.apps import AdminConfig


class ConsoleAdminConfig(AdminConfig):
    """Makes `admin.site`, where every admin registers, the console's site."""

    default_site = "opsconsole.site.ConsoleSite"

    def ready(self) -> None:
        """Find what registers, and register the check that static files were collected."""
        super().ready()
        from opsconsole import health  # noqa: F401  (importing registers it)
