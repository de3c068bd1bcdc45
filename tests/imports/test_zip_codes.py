"""Files of served ZIP codes: codes, ranges, towns, counties; what the reference says; the undo."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction

from opsconsole.access.acting import Source, acting
from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused
from opsconsole.imports import report, steps, undoing
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Drifted
from staffing.models import ZipCode
from staffing.zip_resources import ZipCodeResource
from tests.factories import (
    make_auditor,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
)
from tests.imports.files import as_csv, codes, imported, previewed
from tests.imports.test_malformed import MARK, NASTY
from tests.scale import draws, size

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parents[2] / "fixtures"
NEW_HAVEN = ("06510", "06511", "06513", "06515", "06519")
BOXES = ("06520", "06521")
ELSEWHERE = {"06512": "East Haven", "06514": "Hamden"}


@pytest.fixture
def mona() -> Any:
    return make_manager()


@pytest.fixture
def reference() -> None:
    """New Haven and its neighbours, another New Haven, and towns of one name in two states."""
    for code in (*NEW_HAVEN, *ELSEWHERE):
        make_zip(code, is_served=False)
    for code in BOXES:
        make_zip(code, is_served=False, kind="po_box")
    make_zip("06540", is_served=False, kind="unique")
    for code in ("01101", "62701", "21201", "21204", "47362"):
        make_zip(code, is_served=False)
    ZipCode.objects.filter(code="21204").update(city="Towson")


def zips(mona: Any, *rows: dict[str, str], **how: Any) -> ImportBatch:
    return imported(mona, *rows, resource=ZipCodeResource(), **how)


def preview_of(mona: Any, *rows: dict[str, str], **how: Any) -> ImportBatch:
    return previewed(mona, *rows, resource=ZipCodeResource(), **how)


def served() -> list[str]:
    return list(ZipCode.objects.served().order_by("code").values_list("code", flat=True))


def said(batch: ImportBatch) -> str:
    """Every sentence about the rows of a batch."""
    rows = batch.staged.order_by("row")
    return "\n".join(problem["sentence"] for row in rows for problem in row.problems)


# What a row may say


@pytest.mark.parametrize(
    "text", ["06510", "6510", "06510-1234", "CT 06510", "06510.0", "065101234", "06510 New Haven"]
)
def test_a_code_is_read_as_people_write_it(reference: None, mona: Any, text: str) -> None:
    zips(mona, {"ZIP code": text})

    assert served() == ["06510"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("06510–06515", ["06510", "06511", "06512", "06513", "06514", "06515"]),
        ("06510-06512", ["06510", "06511", "06512"]),
        ("06510 — 06512", ["06510", "06511", "06512"]),
        ("06510 to 06512", ["06510", "06511", "06512"]),
        ("6510-6512", ["06510", "06511", "06512"]),
        ("06510, 06512; 06514", ["06510", "06512", "06514"]),
        ("06510-06511, 06519", ["06510", "06511", "06519"]),
        ("New Haven, CT", list(NEW_HAVEN)),
        ("NEW HAVEN CT", list(NEW_HAVEN)),
        ("new haven, connecticut", list(NEW_HAVEN)),
        ("New Haven County, CT", [*NEW_HAVEN[:2], "06512", "06513", "06514", "06515", "06519"]),
        ("Hamden, CT, 06510", ["06510", "06514"]),
        ("Hamden, CT 06510", ["06510"]),
        ("06519–06521", ["06519"]),
    ],
)
def test_ranges_lists_towns_and_counties(
    reference: None, mona: Any, text: str, expected: list[str]
) -> None:
    zips(mona, {"ZIP code": text})

    assert served() == sorted(expected)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"Town": "New Haven", "State": "CT"}, list(NEW_HAVEN)),
        ({"City": "New Haven", "State": "Connecticut"}, list(NEW_HAVEN)),
        ({"City": "Hamden, CT"}, ["06514"]),
        ({"County": "New Haven", "State": "CT", "City": "Hamden"}, ["06514"]),
        ({"County": "New Haven County", "State": "CT", "ZIP": "06511"}, ["06511"]),
        ({"County": "Baltimore County", "State": "MD"}, ["21204"]),
        ({"County": "Baltimore City", "State": "MD"}, ["21201"]),
        ({"ZIP": "Baltimore County, MD"}, ["21204"]),
    ],
)
def test_towns_and_counties_have_columns(
    reference: None, mona: Any, row: dict[str, str], expected: list[str]
) -> None:
    zips(mona, row)

    assert served() == expected


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ({"ZIP": "06599"}, "unknown", "No ZIP code 06599 is known here."),
        ({"ZIP": "0"}, "not_a_zip_code", "those have five digits"),
        ({"ZIP": "06519–06510"}, "not_a_range", "write 06510–06519"),
        ({"ZIP": "00501–99950"}, "not_a_range", "at most 1,000"),
        ({"ZIP": "06510–6519"}, "two_things", "could be one ZIP+4"),
        ({"ZIP": "06510 6519"}, "two_things", "could be one ZIP+4"),
        ({"ZIP": "06510-06512-06514"}, "not_a_range", "more than two ends"),
        ({"ZIP": "06530–06535"}, "none", "no ZIP code in which homes lie"),
        ({"ZIP": "06520–06521"}, "none", "2 for PO boxes (06520, 06521)"),
        ({"ZIP": "CT"}, "whole_state", "whole state"),
        ({"ZIP": "6510", "State": "MA"}, "too_short", "is not in MA: write all five"),
        ({"ZIP": "6510", "City": "Hamden"}, "too_short", "is not in Hamden"),
        ({"ZIP": "New Havn, CT"}, "unknown", "is New Haven meant?"),
        ({"ZIP": "New Haven, MA"}, "unknown", "there is one in CT"),
        ({"ZIP": "Springfield"}, "several_states", "IL, MA. Write which."),
        ({"ZIP": "?!"}, "not_a_place", "neither a ZIP code nor the name of a place"),
        ({"City": "Springfield"}, "several_states", "IL, MA"),
        (
            {"County": "Baltimore", "State": "MD"},
            "two_things",
            "Baltimore County or Baltimore city",
        ),
        ({"City": "Nowhere", "ZIP": ""}, "unknown", "No town “Nowhere” is known here."),
        ({"City": "Hamden", "State": "Connecticoot"}, "unknown", "is not a state"),
        ({"ZIP": "06510", "Served": "perhaps"}, "not_yes_or_no", "neither yes nor no"),
        ({"ZIP": "", "State": "CT"}, "blank", "each row needs one of them"),
    ],
)
def test_what_can_not_be_read_is_said(
    reference: None, mona: Any, row: dict[str, str], code: str, words: str
) -> None:
    batch = zips(mona, row)

    assert batch.reject == 1
    assert [found.rpartition(".")[2] for found in codes(batch)] == [code]
    assert words in said(batch)
    assert not served()
    assert not ZipCode.history.exists()


def test_one_word_that_can_not_be_read_rejects_its_row_alone(reference: None, mona: Any) -> None:
    batch = zips(mona, {"ZIP": "06510, 06599, 0"}, {"ZIP": "06511"})

    assert served() == ["06511"]
    assert (batch.rows, batch.reject) == (2, 1)
    assert said(batch).count("known here") == said(batch).count("five digits") == 1


def test_the_reference_says_what_it_found(reference: None, mona: Any) -> None:
    batch = preview_of(mona, {"ZIP": "06510–06540"})

    assert said(batch) == (
        "“06510–06540” is 7 ZIP codes: 06510, 06511, 06512, 06513, 06514, 06515, 06519. "
        "Left out: 2 for PO boxes (06520, 06521); 1 of one organisation each (06540)."
    )
    assert batch.warnings == 0


def test_an_explicit_code_is_taken_with_a_doubt(reference: None, mona: Any) -> None:
    batch = zips(mona, {"ZIP": "06520"}, {"ZIP": "06540"})

    assert served() == ["06520", "06540"]
    assert batch.warnings == 2
    assert "06520 is for PO boxes: do homes lie there?" in said(batch)


def test_lost_zeros_are_put_back_with_a_warning(reference: None, mona: Any) -> None:
    batch = zips(mona, {"ZIP": "6510", "State": "CT"}, {"ZIP": "6511"})

    assert served() == ["06510", "06511"]
    assert batch.reasons == {"code.padded": 2}


def test_a_place_beside_that_does_not_fit_is_a_warning(reference: None, mona: Any) -> None:
    batch = zips(mona, {"ZIP": "06510", "State": "MA"})

    assert served() == ["06510"]
    assert batch.reasons == {"code.elsewhere": 1}


# Served or not


def test_withdrawing_is_a_column(reference: None, mona: Any) -> None:
    ZipCode.objects.update(is_served=True)

    zips(mona, {"ZIP": "06510", "Served": "no"}, {"ZIP": "06511", "Served": ""})

    assert "06510" not in served()
    assert "06511" in served()


def test_a_blank_leaves_it_as_it_is(reference: None, mona: Any) -> None:
    batch = zips(mona, {"ZIP": "06510", "Served": "yes"}, {"ZIP": "06511", "Served": ""})

    assert served() == ["06510"]
    assert (batch.update, batch.unchanged) == (1, 1)


def test_who_withdraws_from_a_town_withdraws_its_boxes_too(reference: None, mona: Any) -> None:
    ZipCode.objects.filter(code__in=("06510", "06520")).update(is_served=True)

    batch = zips(mona, {"Town": "New Haven", "State": "CT", "Served": "no"})

    assert not served()
    assert batch.update == 2


def test_what_lies_where_service_is_withdrawn_is_told_first(mona: Any) -> None:
    make_plan(make_property("06511"), status="approved")
    make_zip("06510")

    batch = preview_of(mona, {"ZIP": "06510, 06511", "Served": "no"})

    assert batch.reasons == {"code.still_needed": 1}
    assert "06511 New Haven, CT still has 1 property and 1 open plan" in said(batch)
    assert staged_keys(batch, "warning") == ["06511"]


def staged_keys(batch: ImportBatch, level: str) -> list[str]:
    rows = batch.staged.filter(problems__contains=[{"level": level}])
    return list(rows.values_list("key", flat=True))


# Rows and records


def test_a_row_of_many_is_counted_as_one_row(reference: None, mona: Any) -> None:
    batch = zips(mona, {"ZIP": "New Haven, CT"}, {"ZIP": "06599"})

    assert (batch.rows, batch.update, batch.reject) == (2, 5, 1)
    assert report.sentence(batch).startswith("2 rows, 6 ZIP codes: 0 new, 5 changed")
    counts = report.figures(batch)
    assert (counts["rows"], counts["records"]) == (2, 6)
    plain = report.figures(zips(mona, {"ZIP": "06512"}))
    assert "records" not in plain


def test_the_same_code_twice_is_said(reference: None, mona: Any) -> None:
    batch = zips(mona, {"ZIP": "06510–06512"}, {"ZIP": "06511"}, {"ZIP": "06513, 06513"})

    assert served() == ["06510", "06511", "06512", "06513"]
    assert (batch.update, batch.unchanged, batch.reject) == (4, 1, 0)
    assert "The same as line 2, which stands for both." in said(batch)


def test_lines_that_contradict_each_other_are_both_rejected(reference: None, mona: Any) -> None:
    batch = zips(
        mona, {"ZIP": "06510–06512", "Served": "yes"}, {"ZIP": "06511", "Served": "no"}
    )  # fmt: skip

    assert served() == ["06510", "06512"]
    assert batch.reject == 2
    assert "This row and line 3 have the same ZIP code and differ" in said(batch)
    assert "This row and line 2 have the same ZIP code and differ" in said(batch)


def test_a_rejected_row_comes_back_once_as_it_was(reference: None, mona: Any) -> None:
    batch = zips(
        mona,
        {"ZIP": "06510–06512", "Served": "yes"},
        {"ZIP": "06510–06511", "Served": "no"},
        {"ZIP": "06513, 06599", "Served": "yes"},
    )

    text = "".join(report.rejects_csv(batch, steps.table_of(batch)))
    rows = list(csv.DictReader(io.StringIO(text)))

    assert [row["ZIP"] for row in rows] == ["06510–06512", "06510–06511", "06513, 06599"]
    assert [row["line"] for row in rows] == ["2", "3", "4"]
    assert rows[0]["errors"].count("This row and line 3") == 1


def test_again_changes_nothing_and_writes_no_history(reference: None, mona: Any) -> None:
    rows = ({"ZIP": "06510–06519"}, {"Town": "Hamden", "State": "CT"})
    zips(mona, *rows)
    before = ZipCode.history.count()

    batch = zips(mona, *rows)

    assert (batch.update, batch.unchanged, batch.reject) == (0, 8, 0)
    assert ZipCode.history.count() == before


def test_the_served_ones_of_the_fixtures_come_in_as_they_are(mona: Any) -> None:
    content = (FIXTURES / "zip_codes_served.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    for row in rows:
        make_zip(row["code"], is_served=False)

    batch = steps.upload(ZipCodeResource(), mona, "zip_codes_served.csv", content)
    steps.import_at_once(batch, ZipCodeResource(), mona)

    assert (batch.update, batch.reject, batch.warnings) == (40, 0, 0)
    assert served() == sorted(row["code"] for row in rows)


def test_a_file_names_so_many_and_no_more(
    reference: None, mona: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("staffing.zip_resources.MOST", 8)

    batch = zips(mona, *[{"ZIP": "New Haven, CT"}] * 3)

    assert (batch.reject, batch.update) == (2, 5)
    assert "more than 8 ZIP codes" in said(batch)


# What binds, and what is taken back


def test_what_changed_since_the_preview_is_told(reference: None, mona: Any) -> None:
    batch = preview_of(mona, {"ZIP": "06510–06512"})
    ZipCode.objects.filter(code="06511").update(is_served=True)

    with pytest.raises(Drifted) as drifted:
        steps.commit(batch, ZipCodeResource(), mona)

    assert drifted.value.lines == [(2, "was changed, is now unchanged.")]
    assert served() == ["06511"]


def test_the_undo_leaves_what_was(reference: None, mona: Any) -> None:
    ZipCode.objects.filter(code="06511").update(is_served=True)
    before = list(ZipCode.objects.order_by("pk").values())
    batch = zips(
        mona, {"ZIP": "06510", "Served": "yes"}, {"ZIP": "06511", "Served": "no"}
    )  # fmt: skip

    batch.undo_reason = "Wrong file"
    done = undoing.undo(batch, ZipCodeResource(), mona)

    assert (done.deleted, done.restored, done.kept) == (0, 2, 0)
    assert list(ZipCode.objects.order_by("pk").values()) == before
    newest = ZipCode.history.order_by("-history_id").first()
    assert newest.history_change_reason.endswith("Wrong file")


def test_the_undo_keeps_a_fact_that_was_corrected_since(reference: None, mona: Any) -> None:
    batch = zips(mona, {"ZIP": "06510"})
    with acting(source=Source.REFERENCE):
        ZipCode.objects.filter(code="06510").update(timezone="America/Chicago", city="Moved")

    undoing.undo(batch, ZipCodeResource(), mona)

    place = ZipCode.objects.get(code="06510")
    assert (place.is_served, place.timezone, place.city) == (False, "America/Chicago", "Moved")


def test_what_was_decided_again_since_is_kept(reference: None, mona: Any) -> None:
    batch = zips(mona, {"ZIP": "06510–06511"})
    ZipCode.objects.filter(code="06511").update(is_served=False)
    ZipCode.objects.filter(code="06511").update(is_served=True)

    done = undoing.undo(batch, ZipCodeResource(), mona)

    assert (done.restored, done.kept) == (1, 1)
    assert served() == ["06511"]


# Who may


def test_who_may_not_serve_may_not_import(reference: None) -> None:
    for person in (make_auditor(), make_staff(zips=("06511",))):
        batch = preview_of(person, {"ZIP": "06510"})
        with pytest.raises(Drifted):
            steps.commit(batch, ZipCodeResource(), person)
        assert "06510" not in served()


def test_the_office_writes_service_under_lock_2_and_makes_no_zip_code(
    reference: None, mona: Any
) -> None:
    batch = preview_of(mona, {"ZIP": "06510"})
    with held_to(mona):
        steps.commit(batch, ZipCodeResource(), mona)
    with (
        held_to(mona), pytest.raises(DatabaseError),
        transaction.atomic(), connection.cursor() as cursor,
    ):  # fmt: skip
        cursor.execute("INSERT INTO staffing_zipcode SELECT * FROM staffing_zipcode")

    assert served() == ["06510"]
    with held_to(mona):
        undoing.undo(batch, ZipCodeResource(), mona)
    assert not served()


def test_an_engineer_makes_none_either(reference: None) -> None:
    before = ZipCode.objects.count()

    batch = zips(make_manager(is_superuser=True), {"ZIP": "99999"})

    assert batch.reject == 1
    assert ZipCode.objects.count() == before


def test_what_went_since_it_was_read_is_rejected_and_not_made(
    reference: None, mona: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = {"code": "99998", "is_served": True}
    monkeypatch.setattr(ZipCodeResource, "spread", lambda self, row: [row.of_record(read, [])])

    batch = zips(mona, {"ZIP": "99998"})

    assert (batch.reject, codes(batch)) == (1, {"code.unknown"})
    assert not ZipCode.objects.filter(code="99998").exists()


def test_who_may_not_any_more_does_not_undo(reference: None, mona: Any) -> None:
    batch = zips(mona, {"ZIP": "06510"})

    with pytest.raises(Refused):
        undoing.undo(batch, ZipCodeResource(), make_auditor())
    assert served() == ["06510"]


# Whatever is sent


CELLS = [
    *NASTY, "06510", "6510", "06510–06519", "06510-6519", "New Haven, CT", "New Haven County",
    "06510,06511", "99999", "-06510", "06510–", "–06510–", "CT", "00000–99999", "06510 to",
    "St. Louis",
    "0" * 400, "06510-" * 60, "," * 60, "Washington", "06510\n06511", "06510;;06511", "٠٦٥١٠",
]  # fmt: skip


@pytest.mark.parametrize("number", range(size(1, 50)))
def test_each_file_gets_an_answer(reference: None, mona: Any, sign_in: Any, number: int) -> None:
    draw, client = draws(number), sign_in(mona)
    for _ in range(10):
        content = _some_file(draw)
        for _ in range(draw.choice([0, 0, 1, 5])):
            at = draw.randrange(len(content))
            content = content[:at] + draw.randbytes(1) + content[at + draw.randrange(2) :]
        go_through(client, content)

    assert set(ZipCode.history.values_list("history_type", flat=True)) <= {"+", "~"}


def _some_file(draw: Random) -> bytes:
    columns = draw.sample(["ZIP code", "Town", "County", "State", "Served", "Note"], 4)
    rows = [{column: draw.choice(CELLS) for column in columns} for _ in range(4)]
    rows += [{**row, "Served": draw.choice(["yes", "no", ""])} for row in rows]
    return as_csv(*rows)


def go_through(client: Any, content: bytes) -> None:
    """Upload, map, preview, commit, report and rejects, as far as the file lets one come."""
    pages = "/staffing/zipcode/import/"
    answers = [client.post(pages, {"file": SimpleUploadedFile("zips.csv", content)})]
    if answers[0].status_code == 302:
        batch = ImportBatch.objects.latest("pk")
        mapped = {f"column_{field}": column for column, field in batch.mapping.items()}
        answers += [
            client.post(answers[0]["Location"], mapped),
            client.get(f"{pages}{batch.pk}/preview/?show=reject"),
            client.post(f"{pages}{batch.pk}/commit/"),
            client.get(f"{pages}{batch.pk}/report/", follow=True),
            client.get(f"{pages}{batch.pk}/rejects/"),
        ]
    for answer in answers:
        assert answer.status_code < 500
        text = b"".join(answer if answer.streaming else [answer.content]).decode()
        assert answer.streaming or MARK not in text
