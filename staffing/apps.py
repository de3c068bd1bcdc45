"""The staffing app."""

from django.apps import AppConfig


class StaffingConfig(AppConfig):
    """People, roles, ZIP codes, assignments."""

    name = "staffing"
    verbose_name = "People and ZIP codes"
