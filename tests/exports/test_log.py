"""The log of exports: who, what, which rows, how many, and how it ended."""

from __future__ import annotations

import datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.html import escape

from opsconsole.access.lock import held_to
from opsconsole.exports import download
from opsconsole.exports.models import Export
from staffing.models import User
from tests.exports.files import COLUMNS, PAGE, content_of
from tests.factories import make_auditor, make_manager, make_person, make_property

pytestmark = pytest.mark.django_db

LOG = "/exports/export/"


def begun(client, query="", **sent):
    return client.post(f"{PAGE}{query}", {"columns": COLUMNS, **sent})


def test_a_download_is_written_down(client, mona):
    home = make_property(lifecycle="paused")
    make_property()

    content_of(client, "?lifecycle__exact=paused&o=-1", columns=["external_ref", "name"])

    export = Export.objects.get()
    assert (export.kind, export.exported_by) == ("properties", mona)
    assert (export.which, export.query) == ("lifecycle Paused", "lifecycle__exact=paused&o=-1")
    assert export.columns == ["Reference", "Name"]
    assert (export.rows, export.status) == (1, "finished")
    assert export.ended_at >= export.exported_at
    assert home


@pytest.mark.parametrize(
    ("sent", "which"), [({}, "everything in sight"), ({"chosen": "1"}, "a selection")]
)
def test_which_rows_is_said_also_where_nothing_was_filtered(client, sent, which):
    content_of(client, **sent)

    assert Export.objects.get().which == which


def test_it_is_in_the_log_before_the_first_row_leaves(client):
    make_property()

    begun(client)

    export = Export.objects.get()
    assert (export.status, export.rows, export.ended_at) == ("under_way", 0, None)


def test_a_download_that_is_broken_off_is_completed_as_such(client, monkeypatch):
    monkeypatch.setattr(download, "PIECE", 2)
    for _ in range(5):
        make_property()
    pieces = begun(client)._iterator
    next(pieces), next(pieces)

    pieces.close()  # as a server does when its client is gone

    export = Export.objects.get()
    assert (export.status, export.rows) == ("broken_off", 2)
    assert export.ended_at


def test_a_download_that_fails_is_completed_too(client, monkeypatch):
    make_property()
    response = begun(client)
    monkeypatch.setattr(download.Statement, "sql", lambda self: ("SELECT nonsense", ()))

    with pytest.raises(DatabaseError):
        b"".join(response)

    export = Export.objects.get()
    assert (export.status, export.rows) == ("broken_off", 0)


def test_a_download_that_outlives_its_person_is_completed_too(client, mona):
    response = begun(client)
    User.objects.filter(pk=mona.pk).update(is_active=False)

    assert b"".join(response) == b""

    assert Export.objects.get().status == "broken_off"


def test_one_whose_process_died_reads_as_broken_off():
    export = Export(kind="properties", exported_at=timezone.now())
    assert export.outcome == "Under way"

    export.exported_at -= Export.LASTS + datetime.timedelta(seconds=1)

    assert export.outcome == "Broken off"


# Its page


@pytest.mark.parametrize("make", [make_manager, make_auditor])
def test_the_office_reads_what_everybody_exported(client, mona, sign_in, make):
    make_property()
    content_of(client, "?q=home")
    export = Export.objects.get()
    reader = sign_in(make("Rita Reader"))

    listed = reader.get(LOG).content.decode()
    page = reader.get(f"{LOG}{export.pk}/change/").content.decode()

    for text in (listed, page):
        assert "search “home”" in text
        assert "Mona Manager" in text
        assert "Finished" in text
    assert escape("Owner's email") in page
    assert "Exports" in reader.get("/").content.decode()


def test_an_engineers_export_is_listed_with_the_name(sign_in):
    erin = make_person("Erin Engineer", "manager", is_superuser=True)
    content_of(sign_in(erin))

    assert "Erin Engineer" in sign_in(make_auditor()).get(LOG).content.decode()


def test_nobody_changes_or_deletes_what_the_log_says(client, sign_in):
    content_of(client)
    export = Export.objects.get()
    before = Export.objects.values().get()
    erin = sign_in(make_person("Erin", "manager", is_superuser=True))

    for each in (client, erin):
        each.post(f"{LOG}{export.pk}/change/", {"rows": 0})
        each.post(f"{LOG}{export.pk}/delete/", {"post": "yes"})
        data = {"action": "delete_selected", "_selected_action": [export.pk], "post": "yes"}
        each.post(LOG, data)

    assert Export.objects.values().get() == before


def test_the_database_lets_no_request_delete_from_the_log(client, mona):
    content_of(client)

    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        held_to(mona),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM exports_export")
