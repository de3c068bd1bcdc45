"""What an import of many properties costs, with history and both locks: beside COPY, import-export.

COPY writes the same rows and their versions, ready made, into the same indexed tables, as their
owner and without triggers: what no import can beat. import-export is measured with fewer rows and
counted up: stock, a step at a time, with the history that django-simple-history's signals write,
and tuned to write in bulk, which those signals do not see.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget
from tablib import Dataset

from bench.company import OWNERS, PEOPLE, ZIP_CODES, ZIPS, share_of
from bench.files import file_of, odd_file_of, people_file_of
from bench.memory import peak
from bench.models import StockHome
from bench.runner import Limit, Row
from bench.timing import side_by_side
from bookings.resources import PropertyResource
from opsconsole.access.lock import held_to
from opsconsole.imports import steps
from opsconsole.imports.listing import PAGE
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.resource import ImportResource
from staffing.models import User, ZipCode
from staffing.people_resources import PeopleResource
from tests.factories import make_manager

ROWS, STOCK_ROWS, BULK_ROWS = share_of(100_000), 500, 5_000
FEW = share_of(20_000)  # rows: memory must not grow from here to ROWS


def rows() -> Iterator[Row | Limit]:
    """New, unchanged and partly changed files, then the memory."""
    with connection.cursor() as cursor:
        cursor.execute(ZIP_CODES, {"zips": ZIPS})
        cursor.execute(PEOPLE, {"owners": OWNERS})
        cursor.execute("VACUUM ANALYZE")
    mona = make_manager()
    stock, bulk = _stock(Stock, STOCK_ROWS), _stock(Bulk, BULK_ROWS)
    yield from _new(mona, stock, bulk)
    yield from _again(mona, stock, bulk)
    yield from _people(mona)
    yield from _pages(mona)
    yield from _memory(mona)


def _new(mona: User, stock: tuple[float, ...], bulk: tuple[float, ...]) -> Iterator[Row]:
    file = file_of(ROWS)
    _import(mona, file)
    ready = _written()
    work = f"{ROWS:,} new, read to written"
    ours, copied = _in_turns(partial(_import, mona, file), partial(_copy, *ready))
    yield Row(work, ours, "COPY, ready made", copied, 2.0, True)

    _empty()
    batch, preview = _timed(lambda: _preview(mona, file))
    _, commit = _timed(partial(_commit, mona, batch))
    yield Row("  preview of them", preview, "import-export, dry run", stock[0], 75.0, False)
    yield Row("  commit of them", commit, "import-export, import", stock[1], 75.0, False)
    yield Row("  read to written", ours, "bulk import-export", bulk[1], 5.0, False)


def _again(mona: User, stock: tuple[float, ...], bulk: tuple[float, ...]) -> Iterator[Row | Limit]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE bookings_property")  # as autovacuum does in a minute
    versions = _count("bookings_historicalproperty")
    _, again = _timed(partial(_import, mona, file_of(ROWS)))
    yield Row(f"{ROWS:,} unchanged", again, "import-export, import", stock[2], 100.0, False)
    yield Row("  unchanged", again, "bulk import-export", bulk[2], 5.0, False)
    more = _count("bookings_historicalproperty") - versions
    yield Limit("  versions written by that", more, "rows", 0)
    _, changed = _timed(partial(_import, mona, file_of(ROWS, changed=10)))
    yield Row(
        f"{ROWS:,}, one in 10 changed", changed, "import-export, import", stock[2], 75.0, False
    )


def _people(mona: User) -> Iterator[Row | Limit]:
    """As many people as homes, in turns: people must cost no more."""
    homes, people = file_of(ROWS), people_file_of(ROWS)
    taken = [
        (
            _timed(partial(_import, mona, people, PeopleResource()))[1],
            _timed(partial(_import, mona, homes))[1],
        )
        for _ in range(3)
        if _empty() is None
    ]
    ours, theirs = (sorted(seconds)[1] for seconds in zip(*taken, strict=True))
    yield Row(f"{ROWS:,} new people, read to written", ours, "homes, the same", theirs, 1.0, True)
    versions = _count("staffing_historicaluser")
    again = _timed(partial(_import, mona, people, PeopleResource()))[1]
    homes_again = _timed(partial(_import, mona, homes))[1]
    yield Row(f"{ROWS:,} unchanged people", again, "homes, the same", homes_again, 1.0, True)
    more = _count("staffing_historicaluser") - versions
    yield Limit("  versions written by that", more, "rows", 0)


def _pages(mona: User) -> Iterator[Limit]:
    """The preview of a file in which each tab has thousands of rows: first, last and found ones."""
    batch = _preview(mona, odd_file_of(ROWS))
    client = Client(SERVER_NAME="localhost")
    client.force_login(mona, backend="staffing.backends.RoleBackend")
    address = reverse("admin:bookings_property_import_preview", args=[batch.pk])
    pages = {
        "rejected": "show=reject",
        "changed": "show=update",
        "unchanged": "show=unchanged",
        "unchanged, last": f"show=unchanged&page={batch.unchanged // PAGE}",
        "with warnings": "show=warnings",
        "with warnings, last": f"show=warnings&page={batch.warnings // PAGE}",
        "of one kind": "show=reject&kind=zip_code.not_a_zip_code",
        "found by key": "show=unchanged&q=I-9999",
        "nothing found": "show=unchanged&q=nothing",
    }
    for name, query in pages.items():
        seconds = sorted(_get(client, f"{address}?{query}") for _ in range(3))[1]
        yield Limit(f"  a page of its preview, {name}", seconds, "s", 0.3)


def _get(client: Client, address: str) -> float:
    """Seconds of one request; outside a transaction, as requests are."""
    started = time.perf_counter()
    response = client.get(address, secure=True)
    taken = time.perf_counter() - started
    if response.status_code != HTTPStatus.OK:
        raise RuntimeError(f"{address} answered {response.status_code}.")
    return taken


def _memory(mona: User) -> Iterator[Limit]:
    for count in (FEW, ROWS):
        _empty()
        megabytes = peak("bench.imports.import_by", mona.pk, count)
        yield Limit(f"memory over base, {count:,} new", megabytes, "MB", 15)


# The product


def import_by(pk: int, count: int) -> Callable[[], object]:
    """The import of a file on disk, for this person, in a process that has imported before."""
    mona = User.objects.get(pk=pk)
    _preview(mona, file_of(10))
    return partial(_import, mona, file_of(count))


def _import(
    mona: User, file: io.BufferedIOBase, resource: ImportResource | None = None
) -> ImportBatch:
    resource = resource or PropertyResource()
    with held_to(mona):
        batch = steps.upload(resource, mona, "file.csv", file)
        steps.import_at_once(batch, resource, mona)
    return batch


def _preview(mona: User, file: io.BufferedIOBase) -> ImportBatch:
    with held_to(mona):
        batch = _upload(mona, file)
        steps.preview(batch, PropertyResource(), mona)
    return batch


def _commit(mona: User, batch: ImportBatch) -> None:
    with held_to(mona):
        steps.commit(batch, PropertyResource(), mona)


def _upload(mona: User, file: Any) -> ImportBatch:
    return steps.upload(PropertyResource(), mona, "homes.csv", file)


# The limit


def _written() -> tuple[Any, ...]:
    """What an import wrote, as COPY takes it: homes and versions with their columns."""
    found = []
    for table in ("bookings_property", "bookings_historicalproperty"):
        columns, text = _columns(table), io.StringIO()
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY (SELECT {columns} FROM {table}) TO STDOUT", text)
        found.append((table, columns, text))
    return tuple(found)


def _columns(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND attidentity = ''",
            [table],
        )
        return str(cursor.fetchone()[0])


def _copy(*ready: tuple[str, str, io.StringIO]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bookings_property DISABLE TRIGGER USER")
        for table, columns, text in ready:
            text.seek(0)
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", text)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE bookings_property ENABLE TRIGGER USER")


# import-export


class Stock(ModelResource):
    """The same columns as import-export reads them."""

    owner = Field("owner", "Owner's email", ForeignKeyWidget(User, "email"))
    zip_code = Field("zip_code", "ZIP code", ForeignKeyWidget(ZipCode, "code"))

    class Meta:
        model = StockHome
        import_id_fields = ("external_ref",)
        skip_unchanged = True
        fields = (
            "external_ref", "name", "owner", "street", "unit", "city", "state", "zip_code",
            "latitude", "longitude", "property_type", "bedrooms", "bathrooms", "max_guests",
            "nightly_rate", "amenities", "lifecycle",
        )  # fmt: skip

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """What the console's homes get when they are saved."""
        instance.timezone = instance.zip_code.timezone


class Bulk(Stock):
    """Tuned: written in bulk, without reports, differences and history."""

    class Meta(Stock.Meta):
        use_bulk = True
        batch_size = 1_000
        skip_diff = True
        skip_html_diff = True


def _stock(resource: type[Stock], count: int) -> tuple[float, ...]:
    """Seconds for ROWS of a dry run, an import and an import again, counted up from fewer."""
    data = Dataset()
    data.csv = file_of(count).getvalue().decode()
    titles = {column.title: name for name, column in PropertyResource().stored.items()}
    own = {"Owner's email", "ZIP code"}
    data.headers = [title if title in own else titles[title] for title in data.headers]
    for at, name in enumerate(data.headers):
        if name in ("property_type", "lifecycle"):
            values = [value.lower().replace("minium", "") for value in data[name]]
            data._data = [
                _with(row, at, value) for row, value in zip(data._data, values, strict=True)
            ]
    taken = []
    for dry_run in (True, False, False):
        result, seconds = _timed(partial(resource().import_data, data, dry_run=dry_run))
        if result.has_errors() or result.has_validation_errors():
            raise RuntimeError(f"The peer failed: {result.row_errors()[:1]}")
        taken.append(seconds * ROWS / count)
    _empty()
    return tuple(taken)


def _with(row: Any, at: int, value: str) -> Any:
    row[at] = value
    return row


# Time


def _in_turns(ours: Callable[[], object], theirs: Callable[[], object]) -> list[float]:
    """Median of three each, into empty tables."""

    def emptied(work: Callable[[], object]) -> float:
        _empty()
        return _timed(work)[1]

    pairs = [(emptied(ours), emptied(theirs)) for _ in range(3)]
    return [sorted(taken)[1] for taken in zip(*pairs, strict=True)]


def _timed[Result](work: Callable[[], Result]) -> tuple[Result, float]:
    results: list[Result] = []
    [seconds] = side_by_side(lambda: results.append(work()), runs=1)
    return results[0], seconds


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("TRUNCATE bookings_property, bookings_historicalproperty CASCADE")
        cursor.execute("TRUNCATE imports_stagedrow, imports_uploadedpart")
        cursor.execute("TRUNCATE bench_stockhome, bench_historicalstockhome")
        cursor.execute("DELETE FROM staffing_user WHERE import_batch_id IS NOT NULL")
        cursor.execute("DELETE FROM staffing_historicaluser WHERE batch_id IS NOT NULL")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE bookings_property")
        cursor.execute("VACUUM ANALYZE staffing_user")


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
