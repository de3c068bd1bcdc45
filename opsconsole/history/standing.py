"""The history as it stands in the database: whether its columns and triggers are there and on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection

ON = ("O", "A")  # a trigger that runs in an ordinary session, or always


def tracked() -> list[Any]:
    """The models whose history is kept."""
    return [
        model
        for model in apps.get_models()
        if hasattr(model._meta, "simple_history_manager_attribute")
    ]


def gaps() -> list[str]:
    """What is missing, altered or switched off, a sentence each."""
    return [gap for model in tracked() for gap in [*_columns(model), *_triggers(model)]]


def _columns(model: Any) -> Iterator[str]:
    history = model.history.model._meta
    with connection.cursor() as cursor:
        found = {
            column.name for column in connection.introspection.get_table_description(
                cursor, history.db_table
            )
        }  # fmt: skip
    for field in history.concrete_fields:
        if field.column not in found:
            yield f"The column {field.column} is missing from {history.db_table}."


def _triggers(model: Any) -> Iterator[str]:
    """Those that write versions, and those that keep them as they were written."""
    for owner in (model, model.history.model):
        standing = _standing(owner._meta.db_table)
        for trigger in owner._meta.triggers:
            name = trigger.get_pgid(owner)
            enabled, body = standing.get(name, (None, ""))
            where = f"The trigger {name} on {owner._meta.db_table}"
            if enabled is None:
                yield f"{where} is missing."
            elif enabled not in ON:
                yield f"{where} is switched off."
            elif body != _body(str(trigger.compile(owner).install_sql)):
                yield f"{where} is another one than the console's."


def _standing(table: str) -> dict[str, tuple[str, str]]:
    """The triggers of a table: whether each is on, and what it does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname, t.tgenabled, p.prosrc FROM pg_trigger t "
            "JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE t.tgrelid = %s::regclass AND NOT t.tgisinternal",
            [f'"{table}"'],
        )
        return {name: (enabled, _tidied(body)) for name, enabled, body in cursor.fetchall()}


def _body(sql: str) -> str:
    """What the function of a trigger does, out of the SQL that makes the two."""
    return _tidied(sql.split("RETURNS TRIGGER AS $$")[1].split("$$")[0])


def _tidied(sql: str) -> str:
    return " ".join(sql.split())
