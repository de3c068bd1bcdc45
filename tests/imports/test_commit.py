"""A preview is a contract: it is written as it was shown, or not at all."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.imports import classifying, keeping, report, steps
from opsconsole.imports.mapping import Mapping
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Drifted
from opsconsole.imports.reading import Chosen
from staffing.models import User, ZipCode
from tests.factories import make_property
from tests.imports.files import as_csv, home, imported, previewed, staged, without

pytestmark = pytest.mark.django_db


def refused(batch: ImportBatch, person: Any) -> list[tuple[int | None, str]]:
    with pytest.raises(Drifted) as drifted:
        steps.commit(batch, PropertyResource(), person)
    batch.refresh_from_db()
    assert batch.status == "previewed"
    return drifted.value.lines


def test_a_preview_writes_nothing(mona: User) -> None:
    previewed(mona, home())

    assert not Property.objects.exists()


def test_a_commit_writes_rows_history_and_who_did_it(mona: User) -> None:
    make_property(external_ref="H-2", name="Old name", street="2 Olive Street")

    batch = imported(mona, home("H-1"), home("H-2"), home("H-3", Type=""))

    made, changed = Property.objects.order_by("external_ref")
    assert (made.import_batch, changed.import_batch) == (batch, None)
    assert changed.name == "Blue house"
    assert (batch.status, batch.committed_by) == ("committed", mona)
    for home_, kind in ((made, "+"), (changed, "~")):
        version = home_.history.latest("history_id")
        assert (version.history_type, version.history_user) == (kind, mona)
        assert (version.source, version.batch_id) == ("import", batch.pk)


def test_the_same_file_again_changes_nothing_and_writes_no_history(mona: User) -> None:
    rows = [home(f"H-{n}", price="$75.00", baths="1.5", lat="41.31") for n in range(1, 6)]
    imported(mona, *rows)
    versions = Property.history.count()  # type: ignore[attr-defined]

    batch = imported(mona, *rows)

    assert (batch.unchanged, batch.create, batch.update) == (5, 0, 0)
    assert Property.history.count() == versions  # type: ignore[attr-defined]


def test_a_record_that_changed_since_is_listed_and_nothing_written(mona: User) -> None:
    imported(mona, home("H-1"))
    batch = previewed(mona, home("H-1", Name="Red house"), home("H-2"))
    Property.objects.update(name="Green house")

    lines = refused(batch, mona)

    assert lines == [(2, "Name is Green house meanwhile.")]
    assert [home_.name for home_ in Property.objects.all()] == ["Green house"]


def test_a_key_that_was_taken_since(mona: User) -> None:
    batch = previewed(mona, home("H-1"))
    make_property(external_ref="H-1", street="9 Elm Street")

    [(line, what)] = refused(batch, mona)

    assert line == 2
    assert what.startswith("was new, is now changed")


def test_an_address_that_was_taken_since(mona: User) -> None:
    batch = previewed(mona, home("H-1"))
    make_property(external_ref="H-9", street="1 Olive St")

    [(line, what)] = refused(batch, mona)

    assert line == 2
    assert what == "was new, is now rejected: “H-9” has this address (street, unit and ZIP code)."


def test_a_permission_lost_since(mona: User) -> None:
    batch = previewed(mona, home())
    User.objects.filter(pk=mona.pk).update(user_type="auditor")

    assert refused(batch, mona) == [(None, "You may no longer import properties.")]


def test_a_zip_code_lost_since(mona: User) -> None:
    batch = previewed(mona, home())
    ZipCode.objects.filter(code="06511").update(code="06599")

    [(line, what)] = refused(batch, mona)

    assert (line, "No ZIP code 06511 is known here." in what) == (2, True)


def test_a_batch_is_committed_once(mona: User) -> None:
    batch = imported(mona, home())

    with pytest.raises(Drifted) as drifted:
        steps.commit(batch, PropertyResource(), mona)

    assert drifted.value.lines == [(None, "This import is imported.")]
    assert Property.objects.count() == 1


@pytest.mark.parametrize(
    "step",
    [
        lambda batch, person: steps.read_otherwise(batch, PropertyResource(), Chosen(1)),
        lambda batch, person: steps.map_columns(
            batch, PropertyResource(), Mapping(batch.mapping, batch.constants)
        ),
        lambda batch, person: steps.preview(batch, PropertyResource(), person),
        lambda batch, person: steps.commit(batch, PropertyResource(), person),
    ],
    ids=["header row", "mapping", "preview", "commit"],
)
def test_no_step_goes_back_behind_a_commit(mona: User, step: Callable[..., Any]) -> None:
    batch = previewed(mona, home())
    loaded_before = ImportBatch.objects.get(pk=batch.pk)
    steps.commit(batch, PropertyResource(), mona)

    with pytest.raises(Drifted) as drifted:
        step(loaded_before, mona)

    assert drifted.value.lines == [(None, "This import is imported.")]
    batch.refresh_from_db()
    assert (batch.status, batch.committed_by) == ("committed", mona)


def test_what_the_database_refuses_comes_as_a_sentence(
    mona: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = previewed(mona, home("H-1"))
    monkeypatch.setattr(classifying.Classifier, "_clash_on", lambda *args: None)
    make_property(external_ref="H-9", street="1 Olive St")

    lines = refused(batch, mona)

    assert lines == [(None, "Another property has this address (street, unit and ZIP code).")]


def test_counts_that_the_database_contradicts_write_nothing(
    mona: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = previewed(mona, home("H-1"), home("H-2"))
    ImportBatch.objects.filter(pk=batch.pk).update(create=3)
    batch.refresh_from_db()

    lines = refused(batch, mona)

    assert lines == [(None, "2 would be new and 0 changed, not as in the preview.")]
    assert not Property.objects.exists()


def test_imports_of_a_kind_queue_up(mona: User) -> None:
    batch = imported(mona, home())

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone()[0] >= 1
    assert batch.create == 1


def test_rejects_come_as_the_file_had_them_with_line_and_errors(mona: User) -> None:
    batch = previewed(mona, home("H-1", Name="=cmd()", Type=""), home("H-2"), home("H-3", Type=""))

    header, *rows = report.rejects_csv(batch, steps.table_of(batch))

    assert header == "Reference,Name,Owner,Street,ZIP code,Type,line,errors\r\n"
    assert rows == [
        "H-1,'=cmd(),rosa@example.com,1 Olive Street,06511,,2,"
        '"Type: Type is blank, and a new property needs it."\r\n',
        "H-3,Blue house,rosa@example.com,3 Olive Street,06511,,4,"
        '"Type: Type is blank, and a new property needs it."\r\n',
    ]


def test_no_cell_of_the_rejects_is_a_formula(mona: User) -> None:
    row = without(home("H-1", Name="@x"), "Type") | {"=Kind": ""}
    batch = previewed(mona, row, columns={"=Kind": "property_type"})

    header, reject = report.rejects_csv(batch, steps.table_of(batch))

    cells = [cell for line in csv.reader([header, reject]) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert {"'=Kind", "'@x"} < set(cells)


def test_corrected_rejects_map_themselves_and_lose_the_guard(mona: User) -> None:
    batch = previewed(mona, home("H-1", Name="-quiet", Type=""))
    content = "".join(report.rejects_csv(batch, steps.table_of(batch))).replace(
        ",06511,,", ",06511,House,"
    )

    again = steps.upload(PropertyResource(), mona, "rejects.csv", content.encode())
    steps.preview(again, PropertyResource(), mona)

    assert staged(again)[2].action == "create"
    steps.commit(again, PropertyResource(), mona)
    assert Property.objects.get(external_ref="H-1").name == "-quiet"


def test_the_file_is_kept_as_it_came(mona: User) -> None:
    batch = previewed(mona, home())

    batch.refresh_from_db()

    assert keeping.kept(batch).read() == as_csv(home())
    assert len(batch.sha256) == 64
