"""Nobody changes, deletes or empties history: neither requests' roles nor the tables' owner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pgtrigger
import pytest
from django.db import ProgrammingError, connection, transaction

from bookings.models import Property
from opsconsole.access.policies import ROLES
from opsconsole.history import sealing
from opsconsole.history.guard import RECORD
from opsconsole.history.models import Seal
from tests.factories import make_manager, make_property

pytestmark = pytest.mark.django_db

HISTORY = "bookings_historicalproperty"
TAMPERINGS = {
    "update": f"UPDATE {HISTORY} SET name = 'Other'",
    "update of nothing": f"UPDATE {HISTORY} SET name = 'Other' WHERE false",
    "delete": f"DELETE FROM {HISTORY}",
    "truncate": f"TRUNCATE {HISTORY}",
}


@pytest.fixture(params=TAMPERINGS)
def tampering(request: pytest.FixtureRequest) -> str:
    return TAMPERINGS[request.param]


@pytest.fixture
def home() -> Iterator[Property]:
    home = make_property()
    run("SET CONSTRAINTS ALL IMMEDIATE")  # or TRUNCATE would wait for what is checked at the end
    yield home
    assert home.history.count() == 1


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_owner_of_the_tables_is_refused(home: Property, tampering: str) -> None:
    with pytest.raises(ProgrammingError, match="append-only"):
        run(tampering)


@pytest.mark.parametrize("table", sealing.tables())
def test_every_history_table_is_guarded(table: str) -> None:
    for sql in (f"DELETE FROM {table}", f"TRUNCATE {table}", f"UPDATE {table} SET source = ''"):
        with pytest.raises(ProgrammingError, match="append-only"):
            run(sql)


def test_no_setting_switches_the_guards_off(home: Property, tampering: str) -> None:
    guards = [f"bookings.HistoricalProperty:{guard.name}" for guard in guards_of_homes()]

    with pgtrigger.ignore(*guards), pytest.raises(ProgrammingError, match="append-only"):
        run(tampering)


def guards_of_homes() -> list[pgtrigger.Trigger]:
    return list(Property.history.model._meta.triggers)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "sql",
    [
        *TAMPERINGS.values(),
        f"INSERT INTO {HISTORY} SELECT * FROM {HISTORY}",
        f"ALTER TABLE {HISTORY} DISABLE TRIGGER ALL",
        f"DROP TABLE {HISTORY}",
        "ALTER TABLE bookings_property DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "UPDATE history_seal SET hash = ''",
        "DELETE FROM history_sealedpart",
        "SELECT pg_catalog.setval('bookings_historicalproperty_history_id_seq', 1)",
    ],
)
def test_no_role_that_serves_requests_can(home: Property, role: str, sql: str) -> None:
    refused = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(sql)


def test_a_record_of_another_transaction_opens_nothing(home: Property) -> None:
    link = sealing.begin(Seal.Kind.ERASURE, make_manager(), "They asked for it")
    Seal.objects.filter(pk=link.pk).update(made_at=link.made_at - timedelta(microseconds=1))

    with pytest.raises(ProgrammingError, match="append-only"):
        run(f"SET LOCAL {RECORD} = '{link.pk}'; DELETE FROM {HISTORY}")


def test_neither_a_seal_nor_an_invented_record_opens_the_history(home: Property) -> None:
    link = sealing.begin(Seal.Kind.SEAL)

    with pytest.raises(ProgrammingError, match="append-only"):
        run(f"SET LOCAL {RECORD} = '{link.pk}'; DELETE FROM {HISTORY}")
    with pytest.raises(ProgrammingError, match="append-only"):
        run(f"SET LOCAL {RECORD} = '999999'; DELETE FROM {HISTORY}")
