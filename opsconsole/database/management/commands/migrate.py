"""`manage.py migrate`: Django's own, with a quicker executor."""

from django.core.management.commands import migrate

from opsconsole.database.migrating import Executor

migrate.MigrationExecutor = Executor  # type: ignore[attr-defined]  # Django has no setting for it


class Command(migrate.Command):
    """Django's."""
