"""The triggers stand on every tracked model, as the design says they must."""

from __future__ import annotations

import pgtrigger
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

from bookings.models import AccessSecret, AwayPlan, Booking, ChecklistItem, Property, Task
from opsconsole.history.triggers import HistoryTrigger
from staffing.models import User, ZipAssignment, ZipCode
from tests.factories import make_property

TRACKED = [
    AccessSecret,
    AwayPlan,
    Booking,
    ChecklistItem,
    Property,
    Task,
    User,
    ZipAssignment,
    ZipCode,
]


def test_every_model_with_a_history_has_its_three_triggers():
    tracked = [
        model
        for model in apps.get_models()
        if getattr(model._meta, "simple_history_manager_attribute", None)
    ]

    assert set(tracked) == set(TRACKED)
    for model in tracked:
        kinds = {t.kind for t in model._meta.triggers if isinstance(t, HistoryTrigger)}
        assert kinds == {"insert", "update", "delete"}


@pytest.mark.django_db
@pytest.mark.parametrize("model", TRACKED)
def test_no_table_with_a_history_is_emptied_at_once(model):
    with (
        pytest.raises(ProgrammingError, match="TRUNCATE leaves no versions: delete the rows of"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


@pytest.mark.django_db
def test_no_setting_switches_the_triggers_off():
    pk = make_property().pk
    triggers = [f"{model._meta.label}:{t.name}" for model in TRACKED for t in model._meta.triggers]

    with pgtrigger.ignore(*triggers):
        Property.objects.filter(pk=pk).delete()

    assert Property.history.filter(id=pk).count() == 2


@pytest.mark.parametrize("model", TRACKED)
def test_the_update_trigger_hashes_instead_of_looping(model):
    [update] = [t for t in model._meta.triggers if t.name == "history_update"]

    assert "FULL JOIN" in update.get_func(model)


@pytest.mark.django_db
@pytest.mark.parametrize("model", TRACKED)
def test_trigger_functions_run_as_their_owner_with_a_fixed_search_path(model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.prosecdef, p.proconfig FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE t.tgrelid = %s::regclass AND p.prosrc LIKE '%%INSERT INTO%%'",
            [model._meta.db_table],
        )
        functions = cursor.fetchall()

    assert len(functions) == 3
    for runs_as_owner, settings in functions:
        assert runs_as_owner
        assert settings == ["search_path=public, pg_temp"]


def test_versions_keep_actors_even_when_people_leave():
    from django.db.models import PROTECT

    for model in TRACKED:
        actor = model.history.model._meta.get_field("history_user")
        assert actor.remote_field.on_delete is PROTECT
