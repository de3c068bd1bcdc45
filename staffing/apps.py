"""The staffing app."""

from django.apps import AppConfig


class StaffingConfig(AppConfig):
    """People, roles, ZIP codes, assignments."""

    name = "staffing"
    verbose_name = "People and ZIP codes"

    def ready(self) -> None:
        """Tell lock 2 what the two kinds of requests may do."""
        from opsconsole.access import lock, policies
        from staffing.roles import ROLES

        policies.may(lock.STAFF, ROLES["staff"])
        policies.may(lock.OFFICE, [*ROLES["manager"], *ROLES["auditor"]])
