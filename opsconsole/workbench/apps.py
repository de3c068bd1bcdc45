"""The workbench as a Django app."""

from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    """Reviews are its own; the changes it shows are the histories of the other apps."""

    name = "opsconsole.workbench"
    label = "workbench"
    verbose_name = "Review of changes"
