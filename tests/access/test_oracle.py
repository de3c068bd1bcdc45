"""The second opinion on who may see what: the console agrees with it, and it can disagree."""

from __future__ import annotations

import os

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import Q

from bookings.models import Property
from bookings.oracle import endpoints
from bookings.oracle.run import UnknownEndpoints, run
from opsconsole.access.scopes import ByZipCode
from tests.factories import make_property

pytestmark = pytest.mark.django_db

SEEDS = {"both": 11, "app": 12, "db": 13}


@pytest.mark.parametrize("lock", SEEDS)
def test_with_both_locks_and_with_each_alone_the_console_answers_as_the_model_says(lock):
    tally = run(360, seed=SEEDS[lock], locks=lock, per_world=90)

    assert tally.findings == []
    assert tally.probes == 360
    assert tally.shown > 20  # or nothing would have been denied wrongly
    assert tally.effects > 5


def found(lock: str, about: str, kind: str = "") -> bool:
    """Whether one of a few worlds shows a wrong answer; what is in one depends on the hour."""
    return any(
        finding.kind.startswith(kind)
        for seed in range(20, 50)
        for finding in run(40, seed=seed, locks=lock, per_world=40, about=about).findings
    )


@pytest.mark.parametrize("kind", ["leak", "foreign write"])
def test_without_locks_it_reports_leaks_and_foreign_writes(kind):
    assert found("none", "bookings_", kind)


WEAKENED = [
    ("ALTER TABLE bookings_booking DISABLE ROW LEVEL SECURITY", "bookings_booking"),
    (
        "ALTER POLICY staff_keep_to_their_rows ON bookings_property USING (true)",
        "bookings_property_change",
    ),
    (
        "ALTER POLICY staff_read_their_versions ON bookings_historicalproperty USING (true)",
        "bookings_property_history",
    ),
    ("DROP POLICY staff_keep_to_their_rows ON bookings_awayplan", "bookings_awayplan"),
]


@pytest.mark.parametrize(("statement", "about"), WEAKENED)
def test_one_policy_missing_is_found_where_lock_2_stands_alone(statement, about):
    with connection.cursor() as cursor:
        cursor.execute(statement)

    assert found("db", about)


def test_the_scope_of_lock_1_missing_is_found_where_it_stands_alone(monkeypatch):
    monkeypatch.setattr(ByZipCode, "rows_for", lambda scope, model, person: Q())

    assert found("app", "bookings_", "leak")


def test_nothing_is_left_behind():
    home = make_property()

    run(20, seed=2, per_world=20)

    assert list(Property.objects.values_list("pk", flat=True)) == [home.pk]


def test_a_world_is_the_same_each_time():
    first, again = (run(1, seed=3, locks="none", only=2, per_world=20) for _ in range(2))

    assert [(f.probe, f.kind, f.person) for f in first.findings] == [
        (f.probe, f.kind, f.person) for f in again.findings
    ]
    assert first.findings


def test_a_page_without_a_rule_stops_it(monkeypatch):
    monkeypatch.delitem(endpoints.OF_THEIR_OWN, "search")

    with pytest.raises(UnknownEndpoints, match="search"):
        run(1, seed=1)


def test_the_command_tells_what_it_found(monkeypatch, settings, capsys):
    settings.DEBUG = True
    monkeypatch.delitem(os.environ, "DATABASE_URL")

    with pytest.raises(CommandError, match="wrong answers"):
        call_command("access_oracle", probes=20, seed=1, lock="none")

    assert (
        "again: manage.py access_oracle --seed 1 --lock none --world 0" in capsys.readouterr().out
    )


def test_the_command_refuses_outside_development(monkeypatch, settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=1"):
        call_command("access_oracle")

    settings.DEBUG = True
    monkeypatch.setitem(os.environ, "DATABASE_URL", "postgres://somewhere/else")
    with pytest.raises(CommandError, match="DATABASE_URL"):
        call_command("access_oracle")
