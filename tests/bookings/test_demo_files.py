"""`manage.py demo_files`: plain files of the demo company, which an empty console takes whole."""

from __future__ import annotations

import json
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bookings.demo.people import first_of, hire
from bookings.demo.rows import rows_of
from bookings.models import AwayPlan, Property
from staffing.models import ZipAssignment
from tests.factories import days, make_zip, today

COUNTS = {"people": 72, "zip-codes": 40, "properties": 300, "assignments": 63, "plans": 222}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written = tmp_path / "a company" / "files"
    call_command("demo_files", str(written), stdout=StringIO())
    return written


def imported(folder: Path, kind: str) -> Counter[str]:
    """What became of the rows of a file."""
    out = StringIO()
    file, manager = str(folder / f"{kind}.csv"), first_of("manager")
    call_command("import_records", kind, file, "--as", manager, "--commit", "--json", stdout=out)
    said = json.loads(out.getvalue())
    return +Counter({name: said[name] for name in ("create", "update", "unchanged", "reject")})


def test_there_is_a_file_of_each_kind(tmp_path: Path) -> None:
    out = StringIO()

    call_command("demo_files", str(tmp_path), stdout=out)

    lines = {path.stem: path.read_text().splitlines() for path in tmp_path.iterdir()}
    assert {name: len(found) - 1 for name, found in lines.items()} == COUNTS
    assert lines["people"][0] == "Name,Email,Phone,Role"
    assert lines["zip-codes"][1] == "06510,New Haven: Downtown and the Green"
    assert "63  " in out.getvalue()


@pytest.mark.django_db
def test_an_empty_console_takes_all_that_they_hold(folder: Path) -> None:
    people = hire(timezone.now())
    for row in rows_of("zip_codes_served"):
        make_zip(row["code"])

    for kind in ("properties", "assignments", "plans"):
        assert imported(folder, kind) == {"create": COUNTS[kind]}

    lifecycles = Counter(Property.objects.values_list("lifecycle", flat=True))
    assert lifecycles == Counter(row["lifecycle"] for row in rows_of("properties"))
    assert not ZipAssignment.objects.exclude(user__in=people.values()).exists()
    assert not ZipAssignment.objects.filter(ends_on__lte=today() - days(1)).exists()
    assert not AwayPlan.objects.exclude(status="draft", property__lifecycle="active").exists()
    assert not AwayPlan.objects.filter(ends_on__lte=today() - days(1)).exists()


def test_no_file_is_overwritten(folder: Path) -> None:
    (folder / "people.csv").unlink()
    (folder / "plans.csv").write_text("mine")

    with pytest.raises(CommandError, match=r"zip-codes\.csv is there already"):
        call_command("demo_files", str(folder))

    assert (folder / "plans.csv").read_text() == "mine"
    assert not (folder / "people.csv").exists()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("/dev/null/files", "can't be written: Not a directory"),
        ("/dev/null", "can't be written: File exists"),
        ("/proc/files", "can't be written: No such file or directory"),
        ("x" * 300, "can't be written: File name too long"),
        ("\udcff", "has characters that can't be read"),
        ("\0", "has characters that can't be read"),
    ],
)
def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(name: str, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("demo_files", name)
