"""Secrets that are not imported don't go out with the rejects."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.imports import report, steps
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.redacting import looks_secret
from staffing.models import User
from tests.imports.files import as_csv, home, imported, previewed, staged

pytestmark = pytest.mark.django_db

PAGES = "/bookings/property/import/"
SECRETS = {"Gate code": "4711#", "wifiPassword": "hunter2"}


def bad(reference: str = "H-1", **overrides: str) -> dict[str, str]:
    return home(reference, **{"ZIP code": "0", **SECRETS, **overrides})


def rejects_of(batch: ImportBatch) -> list[dict[str, str]]:
    text = "".join(report.rejects_csv(batch, steps.table_of(batch)))
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def client(mona: User, sign_in: Callable[[Any], Client]) -> Client:
    return sign_in(mona)


@pytest.mark.parametrize(
    "column",
    [
        "password", "WiFi Password", "wifiPassword", "wi-fi key", "LOCKBOX", "Lock box code",
        "lock_code", "Gate code", "gatecode", "Door codes", "Door code 2", "Alarm", "alarm_pin",
        "Key code", "Keypad", "PIN", "pin2", "Passcode", "API token", "apiKey", "Client secret",
        "Access code", "Entry instructions", "PWD", "SSN",
    ],
)  # fmt: skip
def test_names_that_look_secret(column: str) -> None:
    assert looks_secret(column)


@pytest.mark.parametrize(
    "column",
    [
        "", "ZIP code", "Postal code", "State code", "Country code", "Key", "Code", "id", "Name",
        "Shipping", "Spinning wheel", "Access", "Security deposit", "house_rules", "Doors",
        "Building", "Pinned", "Tokenized", "Reference", "Lock", "Passengers", "Wifi",
    ],
)  # fmt: skip
def test_names_that_do_not(column: str) -> None:
    assert not looks_secret(column)


def test_no_field_of_a_file_looks_secret() -> None:
    fields = PropertyResource().fields.values()
    assert not [alias for column in fields for alias in column.aliases if looks_secret(alias)]


def test_rejects_are_without_them(mona: User) -> None:
    batch = previewed(mona, bad(), bad("H-2", wifiPassword=""))

    first, second = rejects_of(batch)

    assert (first["Gate code"], first["wifiPassword"]) == ("(left out)", "(left out)")
    assert (second["Gate code"], second["wifiPassword"]) == ("(left out)", "")
    assert (first["Name"], first["ZIP code"], first["line"]) == ("Blue house", "0", "2")


def test_what_is_imported_stays_in_the_rejects(mona: User) -> None:
    batch = previewed(mona, bad(), columns={"Gate code": "amenities"})

    [row] = rejects_of(batch)

    assert (row["Gate code"], row["wifiPassword"]) == ("4711#", "(left out)")


def test_cells_that_have_slid_along_are_left_out_too(mona: User) -> None:
    content = (
        b"Reference,Owner,Street,ZIP code,Type,Gate code,Note,Colour,Name\n"
        b"H-1,rosa@example.com,1 Elm St,06511,House,,4711,blue,Red house,very,much,more\n"
        b"H-2,rosa@example.com,2 Elm St,06511,,4712,ring twice,blue,Red house\n"
    )
    batch = steps.upload(PropertyResource(), mona, "homes.csv", content)
    steps.preview(batch, PropertyResource(), mona)

    slid, straight = rejects_of(batch)

    assert "4711" not in slid.values()
    assert (slid["Colour"], slid["Name"]) == ("(left out)", "Red house")
    assert (straight["Gate code"], straight["Note"]) == ("(left out)", "ring twice")


@pytest.mark.parametrize("placeholder", ["(left out)", " (Left Out) "])
def test_the_placeholder_is_never_written(mona: User, placeholder: str) -> None:
    imported(mona, home("H-1", Unit="4B"))
    columns = {"Code": "name", "Note": "amenities"}
    again = home("H-1", Unit=placeholder, Code=placeholder, Note=placeholder)
    new = home("H-2", Code=placeholder, Note=placeholder, Owner=placeholder)
    batch = imported(mona, again, new, home("H-3", Code=placeholder), columns=columns)

    assert [staged(batch)[line].action for line in (2, 3, 4)] == ["unchanged", "reject", "create"]
    first, third = Property.objects.order_by("external_ref")
    assert (first.name, first.unit, first.amenities) == ("Blue house", "4B", "")
    assert third.name == "3 Olive Street"


def test_the_pages_say_so(client: Client, mona: User) -> None:
    batch = previewed(mona, bad())

    preview = client.get(f"{PAGES}{batch.pk}/preview/").content.decode()
    steps.commit(batch, PropertyResource(), mona)
    done = client.get(f"{PAGES}{batch.pk}/report/").content.decode()

    for page in (preview, done):
        assert "“(left out)” stands in place of what is in “Gate code”, “wifiPassword”" in page
        assert "4711" not in page
    mapped = previewed(mona, bad("H-8"), columns={"Gate code": "amenities"})
    assert (
        "what is in “wifiPassword”:" in client.get(f"{PAGES}{mapped.pk}/preview/").content.decode()
    )
    without = previewed(mona, home("H-9", Lockbox="1"))
    assert "(left out)" not in client.get(f"{PAGES}{without.pk}/preview/").content.decode()


def test_the_mapping_shows_no_value_of_them(client: Client, mona: User) -> None:
    batch = previewed(mona, bad(), columns={"Gate code": "amenities"})

    page = client.get(f"{PAGES}{batch.pk}/mapping/").content.decode()

    assert "“Blue house”" in page
    assert "4711" not in page
    assert "hunter2" not in page
    assert page.count("Its values are not shown") == 1


def test_uploaded_again_they_write_nothing(client: Client, mona: User) -> None:
    batch = imported(mona, bad())
    response: Any = client.get(f"{PAGES}{batch.pk}/rejects/")
    fixed = b"".join(response.streaming_content).replace(b",0,", b",06511,")

    assert b"hunter2" not in fixed
    client.post(PAGES, {"file": SimpleUploadedFile("rejects.csv", fixed)})
    again = ImportBatch.objects.latest("pk")
    client.post(f"{PAGES}{again.pk}/preview/")
    client.post(f"{PAGES}{again.pk}/commit/")

    made = Property.objects.get()
    assert "(left out)" not in map(str, made.__dict__.values())


def test_the_command_says_so(mona: User, tmp_path: Path) -> None:
    file, rejects, out = tmp_path / "homes.csv", tmp_path / "rejects.csv", StringIO()
    file.write_bytes(as_csv(bad()))

    options = ["--as", mona.email, "--rejects", str(rejects)]
    call_command("import_properties", str(file), *options, stdout=out)

    assert "as secret: “Gate code”, “wifiPassword”." in out.getvalue()
    assert "hunter2" not in rejects.read_text()
