"""`manage.py import_properties`."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bookings.models import Property
from opsconsole.imports.models import ImportBatch, StagedRow
from staffing.models import User
from tests.factories import make_staff
from tests.imports.files import as_csv, home, without

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "homes.csv"
    path.write_bytes(as_csv(home("H-1"), home("H-2"), home("H-3", **{"ZIP code": ""})))
    return path


def run(file: Path, person: User, *options: str) -> str:
    out = StringIO()
    call_command("import_properties", str(file), "--as", person.email, *options, stdout=out)
    return out.getvalue()


def run_json(file: Path, person: User, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(file, person, "--json", *options))
    return found


def test_a_dry_run_tells_all_and_keeps_nothing(mona: User, file: Path) -> None:
    counts = run_json(file, mona)

    assert counts.pop("seconds") >= 0
    assert counts == {
        "rows": 3,
        "blank": 0,
        "create": 2,
        "update": 0,
        "unchanged": 0,
        "reject": 1,
        "warnings": 0,
        "batch": None,
        "reasons": {"zip_code.blank": 1},
    }
    assert not Property.objects.exists()
    assert not ImportBatch.objects.exists()
    assert not StagedRow.objects.exists()


def test_with_commit_it_writes_and_names_the_batch(mona: User, file: Path) -> None:
    counts = run_json(file, mona, "--commit")
    again = run_json(file, mona, "--commit")

    batch = ImportBatch.objects.get(pk=counts["batch"])
    assert (batch.status, batch.uploaded_by, batch.file_name) == ("committed", mona, "homes.csv")
    assert Property.objects.filter(import_batch=batch).count() == 2
    assert (again["unchanged"], again["create"], again["reject"]) == (2, 0, 1)
    assert Property.history.count() == 2  # type: ignore[attr-defined]


def test_columns_and_values_can_be_said(mona: User, tmp_path: Path) -> None:
    file = tmp_path / "homes.csv"
    row = without(home(), "Reference", "Owner", "Type") | {"id = nr": "77"}
    file.write_bytes(b"a note\n" + as_csv(row))

    run(
        file,
        mona,
        *("--map", "id = nr=external_ref", "--map", "Name="),
        *("--set", "owner=rosa@example.com", "--set", "property_type=condo"),
        *("--header-row", "2", "--commit"),
    )

    made = Property.objects.get()
    assert (made.external_ref, made.name) == ("77", "1 Olive Street")
    assert made.property_type == "condo"


def test_the_summary_names_the_rejects(mona: User, file: Path) -> None:
    said = run(file, mona)

    assert "3 rows" in said
    assert "2 new, 0 changed, 0 unchanged, 1 rejected" in said
    assert "Line 4: ZIP code: ZIP code is blank" in said
    assert "Nothing was written" in said


def test_rejects_go_to_a_file(mona: User, file: Path, tmp_path: Path) -> None:
    run(file, mona, "--rejects", str(tmp_path / "rejects.csv"))

    lines = (tmp_path / "rejects.csv").read_text().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("H-3,")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--map", "Colour=name"], "The file has no column “Colour”"),
        (["--map", "Name=colour"], "There is no field colour"),
        (["--set", "colour=red"], "There is no field colour"),
        (["--set", "red"], "--set red lacks its two sides"),
        (["--header-row", "40"], "No row starts on line 40"),
        (["--rejects", "/"], "can't be written"),
        (["--rejects", "absent/rejects.csv"], "there is no folder absent"),
        (["--set", f"amenities={'x' * 501}"], "Amenities for every row has 501 characters"),
        (["--set", "name=\udcff"], "has characters that can't be read"),
        (["--map", "\udcff=name"], "has characters that can't be read"),
        (["--rejects", "\udcff.csv"], "has characters that can't be read"),
        (["--set", "name=\0"], "has characters that can't be read"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    mona: User, file: Path, options: list[str], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        run(file, mona, *options)


@pytest.mark.parametrize("link", [None, "symlink_to", "hardlink_to"])
@pytest.mark.parametrize("commit", [[], ["--commit"]])
def test_the_rejects_never_overwrite_the_file_itself(
    mona: User, file: Path, tmp_path: Path, link: str | None, commit: list[str]
) -> None:
    before, rejects = file.read_bytes(), tmp_path / "homes.csv"
    if link:
        rejects = tmp_path / "rejects.csv"
        getattr(rejects, link)(file)

    with pytest.raises(CommandError, match="would overwrite"):
        run(file, mona, "--rejects", str(rejects), *commit)

    assert file.read_bytes() == before
    assert not Property.objects.exists()


def test_a_number_of_many_digits_for_every_row_rejects_the_rows(mona: User, file: Path) -> None:
    counts = run_json(file, mona, "--set", f"bedrooms={'9' * 40}")

    assert counts["reasons"]["bedrooms.out_of_range"] == counts["rows"] == 3


def test_who_imports_must_exist_and_may_import(mona: User, file: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nobody here has the email"):
        call_command("import_properties", str(file), "--as", "x@example.com")
    with pytest.raises(CommandError, match="can't be read: write it in UTF-8"):
        call_command("import_properties", str(file), "--as", "\udcff@example.com")
    with pytest.raises(CommandError, match="can't be read: write it in UTF-8"):
        run(tmp_path / "\udcff.csv", mona)
    with pytest.raises(CommandError, match="may not import properties"):
        run(file, make_staff())
    with pytest.raises(CommandError, match="can't be read"):
        run(tmp_path / "absent.csv", mona)
