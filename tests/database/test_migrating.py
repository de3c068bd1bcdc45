"""Migrating makes models anew once for all indexes, and for each operation that looks at them."""

from __future__ import annotations

import pytest
from django.db import connection, models
from django.db.migrations import Migration
from django.db.migrations.operations import AddIndex, AlterField, CreateModel, RemoveIndex
from django.db.migrations.state import ProjectState

from opsconsole.database.migrating import Executor

pytestmark = pytest.mark.django_db

THING = CreateModel(
    "Thing", [("id", models.BigAutoField(primary_key=True)), ("size", models.IntegerField())]
)
INDEXES = [
    AddIndex("thing", models.Index(fields=["size"], name=name)) for name in ("one", "two", "three")
]


@pytest.fixture
def made_anew(monkeypatch):
    """Each time that models were made anew, and which."""
    seen, reload = [], ProjectState._reload
    monkeypatch.setattr(
        ProjectState, "_reload", lambda state, those: seen.append(those) or reload(state, those)
    )
    return seen


def applied(*operations, to=None):
    """The state after a migration of these operations, whose models were made before it."""
    state = to or ProjectState()
    assert state.apps is not None
    migration = Migration("some", "things")
    migration.operations = list(operations)
    after = Executor(connection).apply_migration(state, migration)
    assert migration.operations == list(operations)
    return after


def indexes_of_the_table():
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "things_thing")
    return {name for name, what in found.items() if what["index"]} & {"one", "two", "three"}


def indexes_of_the_model(state):
    return {index.name for index in state.apps.get_model("things", "thing")._meta.indexes}


def test_indexes_are_put_on_the_table_and_the_model_is_made_anew_once(made_anew):
    with_thing = applied(THING)
    made_anew.clear()

    state = applied(*INDEXES, RemoveIndex("thing", "two"), to=with_thing)

    assert indexes_of_the_table() == indexes_of_the_model(state) == {"one", "three"}
    assert made_anew == [{("things", "thing")}]


def test_what_looks_at_the_indexes_of_a_model_finds_them(monkeypatch):
    found, forwards = [], AlterField.database_forwards

    def looked_at(operation, app_label, editor, before, after):
        found.append(indexes_of_the_model(before))
        forwards(operation, app_label, editor, before, after)

    monkeypatch.setattr(AlterField, "database_forwards", looked_at)

    applied(THING, INDEXES[0], AlterField("thing", "size", models.BigIntegerField()), INDEXES[1])

    assert found == [{"one"}]
    assert indexes_of_the_table() == {"one", "two"}
