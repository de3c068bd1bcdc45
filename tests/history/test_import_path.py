"""An import that moves a home moves its plans, and the versions of both name who imported."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from tests.factories import make_booking, make_manager, make_plan, make_property, make_zip

pytestmark = pytest.mark.django_db


def imported(tmp_path, capsys, person, home, text: str) -> dict:
    file = tmp_path / "homes.csv"
    file.write_text(text)
    same = ["--set", f"owner={home.owner.email}", "--set", f"property_type={home.property_type}"]
    call_command("import_properties", str(file), "--as", person.email, *same, "--json", "--commit")
    return json.loads(capsys.readouterr().out)


def test_a_plan_moved_by_an_import_has_its_version(tmp_path, capsys):
    mona = make_manager()
    make_zip("02116")
    home = make_property("06511", external_ref="H-1")
    plan = make_plan(home, status="approved", hosting_allowed=True)
    booking = make_booking(plan)

    report = imported(tmp_path, capsys, mona, home, "Reference,ZIP code\nH-1,02116\n")

    assert report["update"] == 1
    for record in (home, plan, booking):
        record.refresh_from_db()
        version = record.history.order_by("-history_id").first()
        assert record.zip_code.code == "02116"
        assert "zip_code" in version.changed_fields
        assert (version.history_user, version.source) == (mona, "import")
        assert version.batch_id == report["import"]


def test_an_import_that_changes_nothing_adds_no_version(tmp_path, capsys):
    mona = make_manager()
    home = make_property("06511", external_ref="H-1", name="Elm House")
    text = "Reference,Name,ZIP code\nH-1,Elm House,06511\n"

    report = imported(tmp_path, capsys, mona, home, text)

    assert (report["unchanged"], report["update"]) == (1, 0)
    assert home.history.count() == 1
