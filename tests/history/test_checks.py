"""The system checks: a model or a field that the history forgets does not start."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, models

from bookings.models import AwayPlan, Property, RecordNote
from opsconsole.access import policies, registry
from opsconsole.access.scopes import OfficeOnly
from opsconsole.history import checks, standing, verifying
from opsconsole.history.models import Seal
from staffing.models import User

CHECKS = [
    checks.check_models_are_tracked,
    checks.check_untracked_models_are_there,
    checks.check_fields_are_tracked,
    checks.check_tracked_models_have_triggers,
]


def said(check: Any) -> list[str]:
    return [f"{message.id}: {message.msg}" for message in check(None)]


@pytest.mark.parametrize("check", CHECKS)
def test_the_console_as_it_is_forgets_nothing(check: Any) -> None:
    assert said(check) == []


def test_a_scoped_model_without_a_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._scopes, Seal, registry.Registered(OfficeOnly()))

    assert said(checks.check_models_are_tracked) == [
        "history.E001: history.Seal is scoped or can be changed, and has no history."
    ]


def test_a_model_that_a_role_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(policies._permissions, "some role", {"auth.change_group"})

    assert said(checks.check_models_are_tracked) == [
        "history.E001: auth.Group is scoped or can be changed, and has no history."
    ]


@pytest.mark.parametrize("reason", [None, ""])
def test_an_untracked_model_says_why(monkeypatch: pytest.MonkeyPatch, reason: str | None) -> None:
    monkeypatch.setitem(checks.UNTRACKED, "bookings.RecordNote", reason)

    assert said(checks.check_models_are_tracked) == [
        "history.E001: bookings.RecordNote is scoped or can be changed, and has no history."
    ]


@pytest.mark.parametrize("label", ["bookings.Property", "bookings.Gone", "auth.Group"])
def test_a_reason_that_is_out_of_date(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    monkeypatch.setitem(checks.UNTRACKED, label, "No longer")

    [sentence] = said(checks.check_untracked_models_are_there)
    assert sentence.startswith(f"history.E002: {label} is listed as untracked")


def test_a_field_that_no_version_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User.history.model, "left_out", {"password": "", "groups": "A reason"})

    assert said(checks.check_fields_are_tracked) == [
        "history.E003: staffing.User has the field password, which no version keeps.",
        "history.E003: staffing.User has the field last_login, which no version keeps.",
        "history.E003: staffing.User has the field user_permissions, which no version keeps.",
    ]


def test_a_field_that_its_model_got_later(monkeypatch: pytest.MonkeyPatch) -> None:
    parking = models.TextField(name="parking")
    parking.set_attributes_from_name("parking")
    fields = (*Property._meta.concrete_fields, parking)
    monkeypatch.setitem(Property._meta.__dict__, "concrete_fields", fields)

    assert said(checks.check_fields_are_tracked) == [
        "history.E003: bookings.Property has the field parking, which no version keeps."
    ]


def test_a_history_without_its_triggers(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [trigger for trigger in AwayPlan._meta.triggers if trigger.name != "history_update"]
    monkeypatch.setattr(AwayPlan._meta, "triggers", others)

    assert said(checks.check_tracked_models_have_triggers) == [
        "history.E004: bookings.AwayPlan has a history and no trigger for update."
    ]


def test_untracked_models_have_no_history() -> None:
    assert RecordNote not in standing.tracked()


# The database

UPDATE = next(t for t in Property._meta.triggers if t.name == "history_update").get_pgid(Property)
GUARD = next(
    t for t in Property.history.model._meta.triggers if t.name == "append_only_delete"
).get_pgid(Property.history.model)

MISHAPS = {
    f"ALTER TABLE bookings_property DISABLE TRIGGER {UPDATE}": (
        f"The trigger {UPDATE} on bookings_property is switched off."
    ),
    f"DROP TRIGGER {UPDATE} ON bookings_property": (
        f"The trigger {UPDATE} on bookings_property is missing."
    ),
    f"CREATE OR REPLACE FUNCTION {UPDATE}() RETURNS trigger LANGUAGE plpgsql "
    "AS $$ BEGIN RETURN NULL; END $$": (
        f"The trigger {UPDATE} on bookings_property is another one than the console's."
    ),
    f"ALTER TABLE bookings_historicalproperty DISABLE TRIGGER {GUARD}": (
        f"The trigger {GUARD} on bookings_historicalproperty is switched off."
    ),
    "ALTER TABLE bookings_historicalproperty RENAME COLUMN unit TO flat": (
        "The column unit is missing from bookings_historicalproperty."
    ),
}


@pytest.fixture(params=MISHAPS)
def mishap(request: pytest.FixtureRequest, db: None) -> str:
    with connection.cursor() as cursor:
        cursor.execute(request.param)
    return MISHAPS[request.param]


def test_what_is_wrong_in_the_database_is_told(mishap: str) -> None:
    assert said(with_the_database) == [f"history.E005: {mishap}"]


def test_verifying_tells_it_too(mishap: str) -> None:
    assert f"The database: {mishap}" in [str(finding) for finding in verifying.verify()]


@pytest.mark.django_db
def test_the_database_as_it_is_forgets_nothing() -> None:
    assert said(with_the_database) == []
    assert checks.check_history_stands(None) == []  # not asked about a database


def test_a_database_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> list[str]:
        raise DatabaseError("no route")

    monkeypatch.setattr(checks, "gaps", refuse)

    assert said(with_the_database) == ["history.E005: The history could not be looked at: no route"]


def with_the_database(app_configs: Any) -> Any:
    return checks.check_history_stands(app_configs, databases=["default"])
