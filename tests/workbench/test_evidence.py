"""Evidence: the file of a filter, its digest, and the log."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest

from bookings.models import AwayPlan
from opsconsole.access.acting import Source, acting
from opsconsole.exports.models import Export
from opsconsole.workbench import evidence, finding
from staffing.models import User
from tests.factories import (
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
)

pytestmark = pytest.mark.django_db

PAGE = "/changes/export/"


@pytest.fixture
def otto():
    return make_auditor()


def download(client, query=""):
    response = client.post(f"{PAGE}?{query}")
    assert response.status_code == 200
    return b"".join(response)


def rows_of(content: bytes):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_file_holds_what_the_filter_finds(sign_in, otto):
    plan = make_plan(make_property(name="Maple House"))
    make_plan(make_property("02116"))
    with acting(make_manager("Mona"), source=Source.CONSOLE, reason="They asked"):
        AwayPlan.objects.filter(pk=plan.pk).update(hosting_allowed=True)

    [row] = rows_of(download(sign_in(otto), "reason=asked"))

    assert row["Who"] == "Mona"
    assert row["What changed"] == "Hosting allowed: no → yes"
    assert row["Record"].startswith("Maple House")
    assert (row["Reason"], row["Where from"]) == ("They asked", "in the console")
    assert row["Time zone"] == "America/New_York"


def test_the_log_keeps_who_which_how_many_and_the_digest(sign_in, otto):
    make_booking()

    content = download(sign_in(otto), "what=plan")

    export = Export.objects.get()
    assert (export.kind, export.exported_by, export.status) == ("changes", otto, "finished")
    assert (export.which, export.query) == ("kind of record: Away plans", "what=plan")
    assert export.rows == len(rows_of(content)) == 1
    assert export.digest == hashlib.sha256(content).hexdigest()


def test_a_record_is_asked_for_by_number_and_told_by_name(sign_in, otto):
    plan = make_plan(make_property(name="Elm House"))
    name, query = str(plan), f"record=plan-{plan.pk}"

    download(sign_in(otto), query)
    AwayPlan.objects.filter(pk=plan.pk).delete()
    content = sign_in(otto).get(f"{PAGE}?{query}").content.decode()

    export = Export.objects.get()
    assert (export.which, export.query) == (f"record: away plan {name}", query)
    assert f"Record: away plan {name} (deleted)." in content


def test_the_digest_stands_on_the_page_and_in_the_log(sign_in, otto):
    client = sign_in(otto)
    digest = hashlib.sha256(download(client)).hexdigest()
    export = Export.objects.get()

    assert digest in client.get(PAGE).content.decode()
    assert digest in client.get(f"/exports/export/{export.pk}/change/").content.decode()


def test_all_of_it_leaves_whatever_the_size_of_a_page(sign_in, otto, monkeypatch):
    monkeypatch.setattr(evidence, "AT_ONCE", 2)
    monkeypatch.setattr(finding, "LOOK", 3)
    plan = make_plan()
    for number in range(20):
        AwayPlan.objects.filter(pk=plan.pk).update(notes=f"Note {number}")

    rows = rows_of(download(sign_in(otto), "kind=~&what=plan&after=plan:1:1"))

    notes = [row["What changed"].split("→ ")[1] for row in rows]
    assert notes == [f"Note {number}" for number in reversed(range(20))]


def test_a_formula_is_kept_from_being_one(sign_in, otto):
    plan = make_plan()
    with acting(make_manager(), source=Source.CONSOLE, reason="=HYPERLINK(1)"):
        AwayPlan.objects.filter(pk=plan.pk).update(notes="x")

    [row] = rows_of(download(sign_in(otto), "reason=hyper"))

    assert row["Reason"] == "'=HYPERLINK(1)"


def test_what_is_broken_off_has_no_digest(sign_in, otto):
    make_plan()
    response = sign_in(otto).post(PAGE)
    leaving = response.streaming_content
    next(leaving)
    del leaving
    response._iterator.close()

    export = Export.objects.get()
    assert (export.status, export.digest) == ("broken_off", "")


def test_who_lost_the_role_meanwhile_gets_no_file(sign_in, otto):
    make_plan()
    response = sign_in(otto).post(PAGE)
    User.objects.filter(pk=otto.pk).update(user_type="staff")

    assert b"".join(response) == b""
    assert Export.objects.get().status == "broken_off"


def test_staff_export_nothing(sign_in):
    client = sign_in(make_staff(zips=("06511",)))

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE).status_code == 403
    assert "Export these changes" not in client.get("/changes/").content.decode()


def test_a_filter_that_can_not_be_read_exports_nothing(sign_in, otto):
    response = sign_in(otto).post(f"{PAGE}?zip=nowhere")

    assert "There is no ZIP code “nowhere”" in response.content.decode()
    assert not Export.objects.exists()


def test_looking_at_the_page_writes_nothing(sign_in, otto):
    content = sign_in(otto).get(f"{PAGE}?what=plan").content.decode()

    assert "Kind of record: Away plans." in content
    assert not Export.objects.exists()
