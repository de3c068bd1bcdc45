"""What a download of many properties costs: beside COPY of the same columns, and import-export.

The product writes the file for somebody held to their ZIP codes, both locks in force, in the order
of the list, with the log kept. COPY runs as the owner of the tables, who is held to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import QuerySet
from django.test import RequestFactory
from import_export.resources import ModelResource

from bench.company import fill, share_of
from bench.memory import peak
from bench.runner import Limit, Row
from bench.timing import side_by_side
from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.exports.asking import Asked, asked_for
from opsconsole.exports.download import download
from opsconsole.exports.models import Export
from staffing.models import User
from tests.factories import make_staff

ROWS = share_of(100_000)
STOCK_ROWS = share_of(10_000)  # import-export takes a minute and a half for all of them
RESOURCE = PropertyResource()
COLUMNS = list(RESOURCE.fields)
PATHS = [str(column.attribute) for column in RESOURCE.fields.values()]


def rows() -> Iterator[Row | Limit]:
    """The memory, then the time."""
    fill()
    ana = _staff_with(ROWS)
    count = _asked_by(ana).count

    megabytes = peak("bench.exports.download_by", ana.pk)
    yield Limit(f"memory over base, export of {count:,}", megabytes, "MB", 15)

    ours, copied = side_by_side(download_by(ana.pk), _copy(ana), runs=7)
    yield Row(f"export of {count:,} scoped properties", ours, "COPY, unscoped", copied, 2.5, True)

    share = count / STOCK_ROWS
    some = Property.objects.visible_to(ana).order_by("name", "pk")[:STOCK_ROWS]
    for name, stock in (("plain", some), ("joined", some.select_related("owner", "zip_code"))):
        seconds = _stock(stock) * share
        peer = f"import-export, {name}"
        yield Row(f"  as many, peer from {STOCK_ROWS:,}", ours, peer, seconds, 10.0, False)


def download_by(pk: int) -> Callable[[], object]:
    """The download of everything that a person may see, with its log."""
    ana = User.objects.get(pk=pk)
    asked = _asked_by(ana)

    def work() -> None:
        export = Export.objects.create(kind="properties", exported_by=ana, columns=[])
        for _ in download(export, RESOURCE, COLUMNS, asked, ana):
            pass

    return work


def _asked_by(ana: User) -> Asked:
    """What the list shows, all of it."""
    request = RequestFactory().get("/")
    request.user = ana
    return asked_for(admin.site.get_model_admin(Property), request)


class Nowhere:
    """A file that keeps nothing."""

    def write(self, data: str) -> None:
        """Forget it."""


def _copy(ana: User) -> Callable[[], object]:
    columns = ", ".join(_column(path) for path in PATHS)
    query = (
        f"SELECT {columns} FROM bookings_property home"
        " JOIN staffing_user owner ON owner.id = home.owner_id"
        " JOIN staffing_zipcode zip_code ON zip_code.id = home.zip_code_id"
        " WHERE home.zip_code_id = ANY(ARRAY[{}]) ORDER BY home.name, home.id"
    ).format(", ".join(map(str, ana.zip_code_ids())))

    def copy() -> None:
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)", Nowhere())

    return copy


def _column(path: str) -> str:
    return path.replace("__", ".") if "__" in path else f"home.{path}"


class Stock(ModelResource):
    """The same columns as import-export writes them."""

    class Meta:
        model = Property
        fields = tuple(PATHS)


def _stock(queryset: QuerySet[Any]) -> float:
    [seconds] = side_by_side(lambda: Stock().export(queryset.all()).csv, runs=3)
    return seconds


ASSIGN = """
    INSERT INTO staffing_zipassignment (user_id, zip_code_id, permission_id, duty, starts_on, note)
    SELECT %s, zip_code_id, p.id, 'primary', current_date - 1, ''
    FROM (SELECT zip_code_id, sum(count(*)) OVER (ORDER BY count(*) DESC, zip_code_id) AS sum
        FROM bookings_property GROUP BY zip_code_id) dense, auth_permission p
    WHERE p.codename = 'operate_zipcode' AND dense.sum <= %s
"""


def _staff_with(properties: int) -> User:
    """Somebody who may export, with the densest ZIP codes up to so many properties."""
    ana = make_staff("Ana Export")
    rights = Permission.objects.get(codename="export_property")
    Group.objects.get(name="staff").permissions.add(rights)
    with connection.cursor() as cursor:
        cursor.execute(ASSIGN, [ana.pk, properties])
        cursor.execute("VACUUM ANALYZE staffing_zipassignment")
    return ana
