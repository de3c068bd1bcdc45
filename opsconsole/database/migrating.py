"""Migrating without making models anew for what is on tables alone.

Django makes a model anew, and all that relate to it, after each operation of a migration. On an
empty database two thirds of the time went into that for indexes, constraints and triggers, which
are put on a table without a look at the others.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.operations import (
    AddField,
    AlterModelManagers,
    AlterModelOptions,
    CreateModel,
    RunSQL,
)
from django.db.migrations.operations.models import IndexOperation  # pgtrigger's are such, too
from django.db.migrations.state import ProjectState

# What does not ask a model for the indexes and constraints of its Meta.
ASKS_NO_META = (
    AddField, AlterModelManagers, AlterModelOptions, CreateModel, IndexOperation, RunSQL,
)  # fmt: skip


class OnTableAlone:
    """An operation after which no model is made anew."""

    def __init__(self, operation: IndexOperation) -> None:
        self._operation = operation

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operation, name)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """A state whose models are not made yet has none to make anew."""
        made = state.__dict__.pop("apps", None)
        self._operation.state_forwards(app_label, state)
        if made is not None:
            state.__dict__["apps"] = made


class Executor(MigrationExecutor):
    """Applies a migration, and makes the models of its indexes anew once, at its end."""

    def apply_migration(
        self,
        state: ProjectState,
        migration: Migration,
        fake: bool = False,
        fake_initial: bool = False,
    ) -> ProjectState:
        operations = list(migration.operations)
        if not all(isinstance(operation, ASKS_NO_META) for operation in operations):
            return super().apply_migration(state, migration, fake, fake_initial)
        on_tables = [each for each in operations if isinstance(each, IndexOperation)]
        wrapped: list[Any] = [OnTableAlone(op) if op in on_tables else op for op in operations]
        try:
            vars(migration)["operations"] = wrapped
            state = super().apply_migration(state, migration, fake, fake_initial)
        finally:
            vars(migration)["operations"] = operations
        changed = {(migration.app_label, each.model_name_lower) for each in on_tables}
        state.reload_models(list(changed))
        return state
