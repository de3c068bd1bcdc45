"""`manage.py import_records`, its short form `import_properties`, and `undo_import`."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bookings.models import Property
from opsconsole.imports import command
from opsconsole.imports.models import ImportBatch, StagedRow, UploadedPart
from opsconsole.imports.resource import ImportResource, resources_by_slug
from staffing.models import User
from tests.factories import (
    days,
    make_auditor,
    make_manager,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)
from tests.imports.files import as_csv, every_byte, home, previewed, without

pytestmark = pytest.mark.django_db

FIRST, LAST = (today() + days(30)).isoformat(), (today() + days(40)).isoformat()
ROWS: dict[str, dict[str, str]] = {
    "people": {"Name": "Nia New", "Email": "nia@example.com", "Phone": "", "Role": "staff"},
    "zip-codes": {"ZIP code": "06510"},
    "assignments": {"Email": "ana@example.com", "ZIP code": "06511", "From": FIRST},
    "properties": home("H-1"),
    "plans": {"Property reference": "H-0", "Away from": FIRST, "Back on": LAST},
}
EXTRA = "Colour of the door"  # a column that no kind has


@pytest.fixture
def mona(mona: User) -> User:
    """A manager, and what the rows of all kinds refer to."""
    make_staff("Ana", email="ana@example.com")
    make_zip("06510", is_served=False)
    make_property(external_ref="H-0")
    return mona


@pytest.fixture(params=sorted(resources_by_slug()))
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind that the console has."""
    return str(request.param)


@pytest.fixture
def file(kind: str, tmp_path: Path) -> Path:
    """A file of that kind, with a column that is not imported."""
    path = tmp_path / "records.csv"
    path.write_bytes(as_csv({**ROWS[kind], EXTRA: "blue"}))
    return path


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    """Two homes, and one that is rejected."""
    path = tmp_path / "homes.csv"
    path.write_bytes(as_csv(home("H-1"), home("H-2"), home("H-3", **{"ZIP code": ""})))
    return path


def run(kind: str, file: Path | str, person: User, *options: str) -> str:
    out = StringIO()
    call_command("import_records", kind, str(file), "--as", person.email, *options, stdout=out)
    return out.getvalue()


def run_json(kind: str, file: Path | str, person: User, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(kind, file, person, "--json", *options))
    return found


def resource_of(kind: str) -> ImportResource:
    return resources_by_slug()[kind]()


def table_of(kind: str) -> str:
    return resource_of(kind).model._meta.db_table


# Of every kind


def test_every_kind_is_looked_at_here_under_a_name_of_its_own() -> None:
    slugs = [found.slug for found in set(map(type, map(resource_of, resources_by_slug())))]

    assert sorted(slugs) == sorted(resources_by_slug())
    assert set(slugs) <= set(ROWS)


def test_a_dry_run_tells_all_and_keeps_nothing(mona: User, kind: str, file: Path) -> None:
    before = every_byte(table_of(kind))

    said = run_json(kind, file, mona)

    mapping = said.pop("mapping")
    assert said.pop("seconds") >= 0
    assert said.pop("create") + said.pop("update") == 1
    assert said.pop("missing") == (2 if kind == "people" else 0)  # Ana and Sam are not in the file
    assert said == {
        "also_makes": 0,
        "kind": kind,
        "import": None,
        "rows": 1,
        "blank": 0,
        "unchanged": 0,
        "reject": 0,
        "warnings": 0,
        "reasons": {},
        "values": {},
        "unmapped": [EXTRA],
        "remembered": None,
    }
    assert list(mapping) == list(ROWS[kind])
    assert every_byte(table_of(kind)) == before
    assert not any(kept.objects.exists() for kept in (ImportBatch, StagedRow, UploadedPart))


def test_with_commit_it_writes_and_is_undone(mona: User, kind: str, file: Path) -> None:
    before = every_byte(table_of(kind))

    said = run_json(kind, file, mona, "--commit")

    batch = ImportBatch.objects.get(pk=said["import"])
    assert (batch.status, batch.uploaded_by) == ("committed", mona)
    assert (batch.resource, batch.file_name) == (resource_of(kind).kind, "records.csv")
    assert every_byte(table_of(kind)) != before
    out = StringIO()
    reason = ["--reason", "The wrong file"]
    call_command("undo_import", batch.pk, "--as", mona.email, *reason, "--json", stdout=out)
    assert json.loads(out.getvalue()) == {
        "kind": kind,
        "import": batch.pk,
        "deleted": said["create"],
        "restored": said["update"],
        "kept": 0,
        "named": [],
    }
    assert every_byte(table_of(kind)) == before
    batch.refresh_from_db()
    assert (batch.status, batch.undone_by, batch.undo_reason) == ("undone", mona, "The wrong file")


def test_a_second_time_it_changes_nothing(mona: User, kind: str, file: Path) -> None:
    run(kind, file, mona, "--commit")
    before = every_byte(table_of(kind))

    again = run_json(kind, file, mona, "--commit")

    assert (again["unchanged"], again["create"], again["update"]) == (1, 0, 0)
    assert every_byte(table_of(kind)) == before


@pytest.mark.parametrize("make", [make_staff, make_auditor])
def test_who_may_not_import_a_kind_on_its_pages_may_not_here(
    mona: User, kind: str, file: Path, make: Callable[[], User]
) -> None:
    with pytest.raises(CommandError, match=f"may not import {resource_of(kind).many}"):
        run(kind, file, make(), "--commit")

    assert not ImportBatch.objects.exists()


def test_who_may_not_undo_a_kind_on_its_page_may_not_here(
    mona: User, kind: str, file: Path
) -> None:
    number = run_json(kind, file, mona, "--commit")["import"]
    auditor, staff = make_auditor(), make_staff()
    before = every_byte(table_of(kind))

    with pytest.raises(CommandError, match=f"may not undo imports of {resource_of(kind).many}"):
        call_command("undo_import", number, "--as", auditor.email)
    with pytest.raises(CommandError, match=f"There is no import {number}"):
        call_command("undo_import", number, "--as", staff.email)

    assert every_byte(table_of(kind)) == before


# What is told


def test_what_was_kept_is_named(mona: User, homes: Path) -> None:
    number = run_json("properties", homes, mona, "--commit")["import"]
    Property.objects.filter(external_ref="H-2").update(bedrooms=7)
    out = StringIO()

    call_command("undo_import", number, "--as", mona.email, "--json", stdout=out)

    said = json.loads(out.getvalue())
    assert (said["deleted"], said["kept"]) == (1, 1)
    assert said["named"] == [{"record": "H-2", "why": "It was changed since the import."}]


def test_the_reasons_are_counted(mona: User, homes: Path) -> None:
    said = run_json("properties", homes, mona, "--set", f"bedrooms={'9' * 40}")

    assert said["reasons"] == {"bedrooms.out_of_range": 3, "zip_code.blank": 1}
    assert said["values"] == {"bedrooms": "9" * 40}


def test_the_summary_names_rejects_and_columns_that_are_not_imported(
    mona: User, homes: Path
) -> None:
    said = run("properties", homes, mona, "--map", "Name=")

    assert "3 rows" in said
    assert "2 new, 0 changed, 0 unchanged, 1 rejected" in said
    assert "Line 4: ZIP code: ZIP code is blank" in said
    assert "Not imported: “Name”." in said
    assert "Nothing was written" in said


def test_the_summary_says_how_it_is_undone(mona: User, homes: Path) -> None:
    said = run("properties", homes, mona, "--commit")

    assert f"undo_import {ImportBatch.objects.get().pk} undoes it" in said


def test_why_it_failed_is_json_too(mona: User, homes: Path) -> None:
    def said(*options: str) -> Any:
        out = StringIO()
        with pytest.raises(CommandError):
            call_command(*options, "--as", mona.email, "--json", stdout=out)
        return json.loads(out.getvalue())

    unknown = "There is no import 0."
    assert said("undo_import", "0") == {"import": 0, "error": unknown}
    assert said("import_records", "properties", str(homes), "--map", "X=name") == {
        "kind": "properties",
        "error": "The file has no column “X”. It has: Reference, Name, Owner, Street, ZIP code, "
        "Type.",
    }


# What can be said


def test_the_short_form_is_the_same_command(mona: User, homes: Path) -> None:
    out = StringIO()

    call_command(
        "import_properties", str(homes), "--as", mona.email, "--json", "--commit", stdout=out
    )

    said = json.loads(out.getvalue())
    assert (said["kind"], said["create"], said["reject"]) == ("properties", 2, 1)
    assert Property.objects.filter(import_batch=said["import"]).count() == 2


def test_columns_and_values_can_be_said(mona: User, tmp_path: Path) -> None:
    file = tmp_path / "homes.csv"
    row = without(home(), "Reference", "Owner", "Type") | {"id = nr": "77"}
    file.write_bytes(b"a note\n" + as_csv(row))

    run(
        "properties",
        file,
        mona,
        *("--map", "id = nr=external_ref", "--map", "Name="),
        *("--set", "owner=rosa@example.com", "--set", "property_type=condo"),
        *("--header-row", "2", "--commit"),
    )

    made = Property.objects.get(external_ref="77")
    assert (made.name, made.property_type) == ("1 Olive Street", "condo")


@pytest.mark.parametrize(("said", "mark"), [("tab", "\t"), ("pipe", "|"), (";", ";")])
def test_how_the_file_is_read_can_be_said(mona: User, tmp_path: Path, said: str, mark: str) -> None:
    file = tmp_path / "homes.csv"
    text = as_csv(home(Name="Café")).decode().replace(",", mark)
    file.write_bytes(text.encode("utf-16-le"))

    run("properties", file, mona, "--encoding", "utf-16-le", "--delimiter", said, "--commit")

    assert Property.objects.get(external_ref="H-1").name == "Café"


def test_rejects_go_to_a_file(mona: User, homes: Path, tmp_path: Path) -> None:
    run("properties", homes, mona, "--rejects", str(tmp_path / "rejects.csv"))

    lines = (tmp_path / "rejects.csv").read_text().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("H-3,")


def test_a_file_may_come_from_standard_input(
    mona: User, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(homes.read_bytes())))

    said = run_json("properties", "-", mona, "--commit")

    assert (said["create"], said["reject"]) == (2, 1)
    assert ImportBatch.objects.get().file_name == "standard input"


def test_a_file_may_come_from_a_pipe(mona: User, homes: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, homes.read_bytes())
    os.close(writing)

    said = run_json("properties", f"/dev/fd/{reading}", mona)

    os.close(reading)
    assert (said["create"], said["reject"]) == (2, 1)


# Mappings that are remembered

SAID = {"Nr": "external_ref", "Type": ""}
ALWAYS = {"property_type": "condo"}


def nr(number: str, **more: str) -> dict[str, str]:
    return {"Nr": number, **without(home(number), "Reference"), **more}


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """A file whose columns were mapped before, and would be mapped otherwise by their names."""
    path = tmp_path / "more.csv"
    path.write_bytes(as_csv(nr("H-2"), nr("H-3")))
    return path


def test_no_remembered_mapping_is_taken_unless_it_is_asked_for(mona: User, more: Path) -> None:
    previewed(mona, nr("H-1"), columns=SAID, constants=ALWAYS)

    by_names = run_json("properties", more, mona)
    remembered = run_json("properties", more, mona, "--remembered")

    assert (by_names["unmapped"], by_names["values"]) == (["Nr"], {})
    assert by_names["mapping"]["Type"] == "property_type"
    assert by_names["remembered"] is None
    assert (remembered["unmapped"], remembered["values"]) == (["Type"], ALWAYS)
    assert remembered["mapping"]["Nr"] == "external_ref"
    assert remembered["remembered"].startswith("Mapped as for homes.csv on ")


def test_nor_does_it_guide_the_first_guess(
    mona: User, more: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is decided: what a step between the two could go by."""
    previewed(mona, nr("H-1"), columns=SAID, constants=ALWAYS)
    guesses = []
    decide = command.mapping.decide

    def looked_at(*args: Any) -> Any:
        guesses.append(ImportBatch.objects.latest("pk").mapping)
        return decide(*args)

    monkeypatch.setattr(command.mapping, "decide", looked_at)
    run("properties", more, mona)

    assert [guess.get("Nr") for guess in guesses] == [None]


def test_nobody_gets_the_mapping_of_a_colleague(mona: User, more: Path) -> None:
    previewed(make_manager("Max"), nr("H-1"), columns=SAID, constants=ALWAYS)

    for said in (run_json("properties", more, mona), run("properties", more, mona, "--remembered")):
        assert "Mapped as for" not in str(said)


def test_what_is_remembered_is_said_and_what_is_told_wins(mona: User, more: Path) -> None:
    previewed(mona, nr("H-1"), columns=SAID, constants=ALWAYS)
    other = make_rerenter(email="other@example.com")

    said = run(
        "properties", more, mona, "--remembered", "--commit",
        "--map", "Type=property_type", "--map", "Owner=", "--set", f"owner={other.email}",
    )  # fmt: skip

    assert said.startswith("Mapped as for homes.csv on ")
    made = Property.objects.filter(external_ref__in=["H-2", "H-3"])
    assert {(home.property_type, home.owner) for home in made} == {("house", other)}


def test_where_nothing_is_remembered_that_is_said(mona: User, more: Path) -> None:
    assert run("properties", more, mona, "--remembered").startswith("Nothing else is remembered")
    assert not run("properties", more, mona).startswith("Nothing else is remembered")


# What can't be done


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--map", "Colour=name"], "The file has no column “Colour”"),
        (["--map", "Name=colour"], "There is no field colour"),
        (["--set", "colour=red"], "There is no field colour"),
        (["--set", "red"], "--set red lacks its two sides"),
        (["--header-row", "40"], "No row starts on line 40"),
        (["--header-row", f"-{'9' * 40}"], "No row starts on line"),
        (["--encoding", "utf-16-le"], "No line of this file looks like column names"),
        (["--encoding", "klingon"], "invalid choice: 'klingon'"),
        (["--delimiter", "x"], "choose comma, semicolon, tab, pipe"),
        (["--rejects", "/"], "can't be written"),
        (["--rejects", "absent/rejects.csv"], "there is no folder absent"),
        (["--rejects", f"{'x' * 300}/rejects.csv"], "can't be written|there is no folder"),
        (["--rejects", "x" * 300], "can't be written: File name too long"),
        (["--set", f"amenities={'x' * 501}"], "Amenities for every row has 501 characters"),
        (["--set", "name=\udcff"], "has characters that can't be read"),
        (["--map", "\udcff=name"], "has characters that can't be read"),
        (["--rejects", "\udcff.csv"], "has characters that can't be read"),
        (["--set", "name=\0"], "has characters that can't be read"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    mona: User, homes: Path, options: list[str], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        run("properties", homes, mona, *options)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("homes", "There is no kind of file “homes”. The kinds are: .*plans, properties"),
        ("away plans", "There is no kind of file “away plans”"),
        ("\udcff", "There is no kind of file"),
        ("\0", "There is no kind of file"),
    ],
)
def test_an_unknown_kind_names_the_known_ones(
    mona: User, homes: Path, kind: str, says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        run(kind, homes, mona)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("absent.csv", "absent.csv can't be read: No such file"),
        (".", "can't be read: Is a directory"),
        ("", "can't be read: Is a directory"),
        ("x" * 300, "can't be read: File name too long"),
        ("\udcff.csv", "has characters that can't be read"),
        ("\0", "has characters that can't be read"),
        ("/dev/zero", "larger than"),
        ("/dev/null", "This file is empty"),
        ("/proc/self/mem", "can't be read: Invalid argument"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(
    mona: User, file: str, says: str, settings: Any
) -> None:
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    with pytest.raises(CommandError, match=says):
        run("properties", file, mona)


@pytest.mark.parametrize("email", ["x@example.com", "rosa@example.com", "", "a" * 1000])
def test_who_imports_or_undoes_must_work_here(mona: User, homes: Path, email: str) -> None:
    for options in (["import_records", "properties", str(homes)], ["undo_import", "1"]):
        with pytest.raises(CommandError, match="No active colleague has the email"):
            call_command(*options, f"--as={email}")
        with pytest.raises(CommandError, match="can't be read: write it in UTF-8"):
            call_command(*options, f"--as={email}\udcff")
        with pytest.raises(CommandError, match="can't be read: write it in UTF-8"):
            call_command(*options, f"--as={email}\0")


@pytest.mark.parametrize(
    ("number", "options", "says"),
    [
        ("0", [], "There is no import 0"),
        ("-1", [], "There is no import -1"),
        ("9" * 30, [], "There is no import 9"),
        ("x", [], "invalid int value"),
        ("1", ["--reason", "x" * 501], "at most 500 characters; it has 501 now"),
        ("1", ["--reason", "\udcff"], "has characters that can't be read"),
    ],
)
def test_what_cannot_be_undone_is_told_in_a_sentence(
    mona: User, number: str, options: list[str], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("undo_import", number, "--as", mona.email, *options)


@pytest.mark.parametrize("link", [None, "symlink_to", "hardlink_to"])
@pytest.mark.parametrize("commit", [[], ["--commit"]])
def test_the_rejects_never_overwrite_the_file_itself(
    mona: User, homes: Path, tmp_path: Path, link: str | None, commit: list[str]
) -> None:
    before, rejects = homes.read_bytes(), tmp_path / "homes.csv"
    if link:
        rejects = tmp_path / "rejects.csv"
        getattr(rejects, link)(homes)

    with pytest.raises(CommandError, match="would overwrite"):
        run("properties", homes, mona, "--rejects", str(rejects), *commit)

    assert homes.read_bytes() == before
    assert not Property.objects.filter(external_ref="H-1").exists()
