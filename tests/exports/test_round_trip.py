"""What goes out comes in again, and nothing is changed by it."""

from __future__ import annotations

import csv
import datetime
import io
import re
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from bookings.resources import PropertyResource
from opsconsole.imports.formulas import guarded, guarded_sql, unguarded
from staffing.models import User
from tests.exports.files import COLUMNS, content_of, exported, imported_again, rows_of
from tests.factories import make_property, make_rerenter

SIGNS = "=+-@\t\r'"
texts = st.text(st.one_of(st.sampled_from(SIGNS), st.characters(exclude_characters="\0")))


@given(texts)
def test_the_guard_comes_off_again_whatever_the_cell_holds(cell):
    assert unguarded(guarded(cell)) == cell


@given(texts)
def test_no_guarded_cell_is_a_formula(cell):
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.django_db
def test_the_database_guards_as_python_does():
    signs = [*SIGNS, "\n", "", " ", "a", "\\", "%", '"']
    cells = [a + b + c + d for a in signs for b in signs for c in signs for d in ("", "1.5", "é")]

    with connection.cursor() as cursor:
        sql = f"SELECT {guarded_sql('cell')} FROM unnest(%s) WITH ORDINALITY AS t(cell, at)"
        cursor.execute(f"{sql} ORDER BY at", [cells])
        by_the_database = [cell for (cell,) in cursor.fetchall()]

    assert by_the_database == [guarded(cell) for cell in cells]


NASTY = [
    {"name": "=1+1", "latitude": Decimal("-41.5"), "longitude": Decimal("-71.06")},
    {"name": "'=1+1", "external_ref": "-71.06"},
    {"name": "''@home", "external_ref": "'-5"},
    {"name": 'The "Old" Mill, by the river; %s {x}', "street": "", "lifecycle": "draft"},
    {"amenities": 'Pool\nGarden, with "gnomes"\r\n=SUM(A1)', "unit": "4B"},
    {"amenities": "-\tx", "unit": "-4"},
    {"check_in_from": datetime.time(15, 30, 20), "check_out_until": datetime.time(0)},
    {"check_in_from": datetime.time(10), "check_out_until": datetime.time(23, 0, 0, 500)},
    {"nightly_rate": Decimal("1275.10"), "bathrooms": Decimal("1.5"), "bedrooms": 0},
    {"is_default": True, "property_type": "serviced_apartment", "lifecycle": "paused"},
    {"property_type": "other", "lifecycle": "archived", "city": "St. Mary’s, North"},
    {"name": "Two  spaces ", "external_ref": "R  1", "city": "Fort  Point", "unit": " 4  B"},
    {"unit": "(clear)", "amenities": '{TV,"Cable TV"}'},
    {"street": "12 Main St, Apt 4", "unit": ""},
    {"street": "12 Main St, Apt 5", "unit": "6"},
    {"street": "14  Main St #2, Boston, MA 02116", "unit": "", "city": "Boston"},
    {"street": "Boston", "city": "Boston"},
    {"name": "Ünïcode 🏡 %", "city": "東京"},
]


def test_every_value_comes_back_as_it_is(mona, client):
    for fields in NASTY:
        make_property("02116", owner=make_rerenter(), **fields)
    make_property("06511", owner=make_rerenter(email="+a=b@example.com"))

    batch = imported_again(mona, content_of(client))

    assert len(batch.mapping) == len(COLUMNS)
    assert (batch.rows, batch.unchanged) == (len(NASTY) + 1, len(NASTY) + 1)


def test_the_header_is_the_columns_titles_in_the_order_of_the_import(client):
    make_property()

    first = content_of(client).decode("utf-8-sig").splitlines()[0]

    fields = PropertyResource().stored
    assert next(csv.reader([first])) == [column.title for column in fields.values()]


def test_the_file_is_as_rfc_4180_and_spreadsheets_want_it(client):
    make_property(name='A "quoted", name')
    make_property(amenities="Pool\nGarden")

    content = content_of(client)

    assert content.startswith(b"\xef\xbb\xbfReference,")
    assert b'"A ""quoted"", name"' in content
    assert content.endswith(b"\r\n")
    assert not re.search(rb"[^\r]\n", content.replace(b"Pool\nGarden", b""))
    assert len(list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))) == 3


def test_values_are_written_for_people(client):
    make_property(
        "06511",
        name="-Dash",
        owner=make_rerenter(email="rosa@example.com"),
        longitude=Decimal("-72.92810"),
        property_type="guest_suite",
        check_in_from=datetime.time(15, 0, 30),
        check_out_until=datetime.time(11),
        nightly_rate=None,
    )

    [row] = exported(client)

    assert row["Name"] == "'-Dash"
    assert row["Owner's email"] == "rosa@example.com"
    assert row["ZIP code"] == "06511"
    assert row["Longitude"] == "-72.92810"
    assert row["Type"] == "Guest suite"
    assert row["Owner's default"] == "no"
    assert (row["Check-in from"], row["Check-out until"]) == ("15:00:30", "11:00")
    assert (row["Nightly rate"], row["Unit"]) == ("", "")


def test_a_row_whose_owner_is_hidden_stays_and_tells_nothing(mona, client, locks):
    """An owner who became an engineer, whom nobody else sees."""
    hidden, seen = make_property(name="A"), make_property(name="B")
    User.objects.filter(pk=hidden.owner_id).update(
        is_superuser=True, user_type="manager", is_staff=True
    )

    for query in ("", "?o=2", "?o=-2"):  # by owner too
        content = content_of(client, query)
        owners = {row["Reference"]: row["Owner's email"] for row in rows_of(content)}
        assert owners == {hidden.external_ref: "", seen.external_ref: seen.owner.email}
    assert imported_again(mona, content).unchanged == 2
