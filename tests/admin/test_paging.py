"""Pages whose keys are found first hold what the plain query holds, and nothing else."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory

from bookings.models import AwayPlan, Property
from opsconsole.admin import paging
from tests.factories import days, make_manager, make_plan, make_property, make_staff, today

pytestmark = pytest.mark.django_db

MINE, THEIRS, PER_PAGE = ("06511", "06510"), "02116", 4


@pytest.fixture(params=["sorted", "read in order"])
def found(request, monkeypatch):
    """Every list both ways: as a short one, and as one so long that its index is read in order."""
    monkeypatch.setattr(paging, "LONG", 1 if request.param == "read in order" else 10_000)


@pytest.fixture
def homes(monkeypatch):
    """Thirteen homes of Ana's that share three names, among as many that are not hers."""
    for model in (Property, AwayPlan):
        monkeypatch.setattr(admin.site._registry[model], "list_per_page", PER_PAGE)
    for number in range(26):
        code = THEIRS if number % 2 else MINE[number // 2 % 2]
        lifecycle = "active" if number % 3 else "paused"
        home = make_property(code, name=f"Home {number // 2 % 3}", lifecycle=lifecycle)
        make_plan(home, starts_on=today() + days(number % 5))


def lists_of(person, model, query: str = "") -> list:
    """The list at every page of it, as the admin makes it before it is rendered."""
    page = admin.site._registry[model]

    def list_at(number: int):
        request = RequestFactory().get(f"/?{query}&p={number}")
        request.user = person
        return page.get_changelist_instance(request)

    first = list_at(1)
    return [first, *(list_at(number) for number in range(2, first.paginator.num_pages + 1))]


@pytest.mark.parametrize("role", ["staff", "manager"])
@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Property, ""),
        (Property, "o=1"),
        (Property, "o=-1"),
        (Property, "o=-6.2"),
        (Property, "lifecycle__exact=active"),
        (Property, "q=home"),
        (Property, "q=home&o=2&lifecycle__exact=active"),
        (AwayPlan, ""),
        (AwayPlan, "o=2"),
        (AwayPlan, "q=home&o=-1"),
    ],
)
def test_pages_are_the_slices_of_the_plain_query(found, homes, role, model, query):
    person = make_manager() if role == "manager" else make_staff(zips=MINE)

    lists = lists_of(person, model, query)

    shown = [[row.pk for row in changelist.result_list] for changelist in lists]
    plain = [row.pk for row in lists[0].queryset]
    assert len(shown) > 1
    assert shown == [plain[at : at + PER_PAGE] for at in range(0, len(plain), PER_PAGE)]


@pytest.mark.parametrize("model", [Property, AwayPlan])
def test_no_page_shows_a_row_outside_the_scope(found, homes, model):
    ana = make_staff(zips=MINE)

    rows = [row for page in lists_of(ana, model) for row in page.result_list]

    assert len(rows) == 13
    assert {row.zip_code.code for row in rows} == set(MINE)


class Watch:
    """Notes the queries that ask for the keys of a page, and whether PostgreSQL may sort then."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.sorting: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        if f"LIMIT {PER_PAGE}" in sql:
            self.keys.append(sql)
            self.sorting.append(shown("enable_sort"))
        return execute(sql, params, many, context)


def shown(setting: str) -> str:
    with connection.connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        return cursor.fetchone()[0]


def watch(client, path: str) -> Watch:
    watched = Watch()
    with connection.execute_wrapper(watched):
        assert client.get(path).status_code == 200
    return watched


def test_the_keys_are_asked_for_alone(found, homes, sign_in):
    [sql] = watch(sign_in(make_staff(zips=MINE)), "/bookings/property/").keys

    until = sql.index(f"LIMIT {PER_PAGE}")
    keys = sql[sql.rindex("SELECT", 0, until) : until]
    assert re.match(r'SELECT [\w".]+"id" AS "pk" FROM "bookings_property"[\w ]* WHERE', keys)
    assert "JOIN" not in keys


def test_a_long_scope_is_read_in_the_order_of_the_list(monkeypatch, homes, sign_in):
    monkeypatch.setattr(paging, "LONG", 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_property")  # other tests' rows may be in the estimate

    watched = watch(sign_in(make_staff(zips=MINE)), "/bookings/property/?o=1&p=1")

    assert watched.sorting == ["off"]
    assert shown("enable_sort") == "on"
    assert shown("max_parallel_workers_per_gather") != "0"


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("staff", "/bookings/property/?lifecycle__exact=active"),
        ("staff", "/bookings/property/?q=home"),
        ("manager", "/bookings/property/"),
    ],
)
def test_a_list_that_filters_limit_or_nothing_is_sorted(monkeypatch, homes, sign_in, role, path):
    monkeypatch.setattr(paging, "LONG", 1)
    person = make_manager() if role == "manager" else make_staff(zips=MINE)

    assert watch(sign_in(person), path).sorting == ["on"]


def test_a_short_scope_is_sorted(homes, sign_in):
    assert watch(sign_in(make_staff(zips=MINE)), "/bookings/property/").sorting == ["on"]


def test_a_page_far_into_a_list_is_sorted(monkeypatch, homes, sign_in):
    """Half of 26 homes are Ana's: the second page takes 16 of them in order, 13 sorted."""
    monkeypatch.setattr(paging, "LONG", 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_property")
    client = sign_in(make_staff(zips=MINE))

    first, second = (watch(client, f"/bookings/property/?p={page}") for page in (1, 2))

    assert first.sorting == ["off"]
    assert second.sorting == ["on"]
