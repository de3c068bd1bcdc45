"""The facts about ZIP codes: all of them, put right, and the company's own flag left alone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from staffing.models import ZipCode
from staffing.zip_facts import load_zip_codes

IN_THE_PACKAGE = 42_789


@pytest.fixture(scope="module")
def first_load(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    """How many ZIP codes the first load wrote; they are there for the whole module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_zip_codes()
        transaction.set_rollback(True)


@pytest.fixture
def loaded(first_load: int, db: None) -> int:
    """The ZIP codes in the database; what a test changes is undone."""
    return first_load


def test_loads_every_zip_code(loaded: int) -> None:
    assert loaded == ZipCode.objects.count() == IN_THE_PACKAGE


def test_a_second_load_writes_nothing(loaded: int) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        written = load_zip_codes()

    assert written == 0
    assert [query["sql"].split()[0] for query in queries] == ["SELECT"]


def test_corrects_facts_and_leaves_the_flag(loaded: int) -> None:
    ZipCode.objects.filter(code="06511").update(city="Elsewhere", is_served=True)
    ZipCode.objects.filter(code="06512").delete()

    written = load_zip_codes()
    zip_code = ZipCode.objects.get(code="06511")

    assert written == 2
    assert (zip_code.city, zip_code.is_served) == ("New Haven", True)
    assert not ZipCode.objects.get(code="06512").is_served


def test_every_time_zone_is_one(loaded: int) -> None:
    clocks = set(ZipCode.objects.values_list("timezone", flat=True))

    assert clocks <= zoneinfo.available_timezones()


@pytest.mark.parametrize(
    ("code", "clock", "kind"),
    [
        ("06511", "America/New_York", "standard"),
        ("99634", "America/Anchorage", "po_box"),  # the package names its town as a time zone
        ("09001", "UTC", "military"),  # moves about, and has none
    ],
)
def test_the_packages_gaps_are_filled(loaded: int, code: str, clock: str, kind: str) -> None:
    zip_code = ZipCode.objects.get(code=code)

    assert (zip_code.timezone, zip_code.kind) == (clock, kind)


def test_coordinates_are_exact(loaded: int) -> None:
    assert ZipCode.objects.get(code="06511").latitude == Decimal("41.31840")


def test_the_command_says_how_many(loaded: int) -> None:
    out = StringIO()

    call_command("load_zip_codes", stdout=out)

    assert out.getvalue() == "0 ZIP codes were new or corrected.\n"
