"""What is taken away is gone with the very next request, wherever one had got to by then."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from bookings.models import Property
from opsconsole.access import lock, policies, standing
from opsconsole.exports.models import Export
from opsconsole.imports.models import ImportBatch
from staffing.models import User
from tests.factories import (
    assign,
    days,
    loaded,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    today,
)
from tests.imports.files import as_csv, home, previewed

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return make_staff("Ana", zips=("06511",))


def end(person) -> None:
    person.zip_assignments.update(ends_on=today())


def test_an_open_form(sign_in, ana):
    plan = make_plan(make_property("06511"), notes="Before")
    client, path = sign_in(ana), f"/bookings/awayplan/{plan.pk}/change/"
    form = client.get(path).context["adminform"].form.initial
    sent = {"starts_on": form["starts_on"], "ends_on": form["ends_on"], "notes": "After"}
    sent |= loaded(plan)

    end(ana)
    response = client.post(path, {**sent, "bookings-TOTAL_FORMS": 0, "bookings-INITIAL_FORMS": 0})

    plan.refresh_from_db()
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert plan.notes == "Before"


def test_a_saved_link_a_list_and_a_search(sign_in, ana):
    elm = make_property("06511", name="Elm House")
    plan = make_plan(elm, status="preparing", starts_on=today())
    client = sign_in(ana)
    paths = [
        f"/bookings/awayplan/?zip_code__id__exact={plan.zip_code_id}",
        "/bookings/property/?q=elm",
        "/autocomplete/?app_label=bookings&model_name=awayplan&field_name=property&term=elm",
        "/",
    ]
    assert all("Elm House" in client.get(path).content.decode() for path in paths)

    end(ana)

    assert not any("Elm House" in client.get(path).content.decode() for path in paths)


def test_the_palette(sign_in):
    mona = make_manager()
    client = sign_in(mona)
    assert "Imports" in client.get("/search/?s=import").content.decode()

    User.objects.filter(pk=mona.pk).update(user_type="staff")

    assert "Imports" not in client.get("/search/?s=import").content.decode()


@pytest.mark.parametrize("page", ["mapping", "preview", "commit", "report", "rejects"])
def test_the_pages_of_an_import(sign_in, page):
    mona = make_manager()
    batch = previewed(mona, home("H-1", Owner=make_rerenter(email="rosa@example.com").email))
    client = sign_in(mona)

    User.objects.filter(pk=mona.pk).update(user_type="auditor")
    response = client.post(f"/bookings/property/import/{batch.pk}/{page}/")

    assert response.status_code == 403
    assert not Property.objects.exists()


@pytest.fixture
def staff_may_import(monkeypatch):
    """A company whose staff import: the role's permission, and what it takes in the database."""
    names = ["import_property", "add_property"]
    Group.objects.get(name="staff").permissions.add(*Permission.objects.filter(codename__in=names))
    wider = defaultdict(set, {role: {*given} for role, given in policies._permissions.items()})
    wider[lock.STAFF] |= {f"bookings.{name}" for name in names}
    monkeypatch.setattr(policies, "_permissions", wider)
    standing.put_up()


def a_file() -> bytes:
    """A new home in Ana's ZIP code and one outside, of an owner whom she may see."""
    make_property("02116")
    owner = make_property("06511").owner
    owner.email = "rosa@example.com"
    owner.save()
    near = home("H-1", Owner=owner.email, **{"ZIP code": "06511"})
    return as_csv(near, home("H-2", Owner=owner.email, **{"ZIP code": "02116"}))


def upload(client, content) -> ImportBatch:
    client.post("/bookings/property/import/", {"file": SimpleUploadedFile("h.csv", content)})
    batch = ImportBatch.objects.get()
    columns = {f"column_{field}": name for name, field in batch.mapping.items()}
    client.post(f"/bookings/property/import/{batch.pk}/mapping/", columns)
    batch.refresh_from_db()
    return batch


def test_staff_who_may_import_do_so_in_their_zip_codes_alone(sign_in, ana, staff_may_import):
    client = sign_in(ana)
    batch = upload(client, a_file())

    client.post(f"/bookings/property/import/{batch.pk}/commit/")

    assert (batch.create, batch.reject) == (1, 1)
    assert Property.objects.filter(external_ref="H-1").exists()
    assert not Property.objects.filter(external_ref="H-2").exists()


def test_nor_does_the_command_reach_further(ana, staff_may_import, tmp_path, locks):
    file = tmp_path / "homes.csv"
    file.write_bytes(a_file())

    call_command("import_records", "properties", str(file), "--as", ana.email, "--commit")

    assert Property.objects.filter(external_ref="H-1").exists()
    assert not Property.objects.filter(external_ref="H-2").exists()


def test_a_preview_whose_zip_code_was_taken_away(sign_in, ana, staff_may_import):
    assign(ana, "06515", starts_on=today() - days(1))
    client = sign_in(ana)
    batch = upload(client, a_file())
    assert batch.create == 1

    ana.zip_assignments.filter(content_object__code="06511").update(ends_on=today())
    response = client.post(f"/bookings/property/import/{batch.pk}/commit/")

    assert response.status_code == 409
    assert not Property.objects.filter(external_ref="H-1").exists()


# Exports


@pytest.fixture
def staff_may_export():
    """A company whose staff export: the role's permission is all that it takes."""
    rights = Permission.objects.get(codename="export_property")
    Group.objects.get(name="staff").permissions.add(rights)


EVERYTHING = {"columns": ["external_ref", "owner", "zip_code"]}


def download(client, **sent):
    return client.post("/bookings/property/export/", {**EVERYTHING, **sent})


def lines(response) -> list[str]:
    return b"".join(response).decode().splitlines()[1:]


def test_staff_who_may_export_do_so_in_their_zip_codes_alone(sign_in, ana, staff_may_export, locks):
    near, far = make_property("06511"), make_property("02116", owner=make_rerenter("Far Owner"))
    chosen = f"{near.pk},{far.pk}"
    client = sign_in(ana)

    files = [lines(download(client)), lines(download(client, chosen=chosen))]

    line = f'"{near.external_ref}","{near.owner.email}","06511"'
    assert files == [[line], [line]]
    assert set(Export.objects.values_list("exported_by", "rows")) == {(ana.pk, 1)}


def test_staff_read_their_own_exports_alone(sign_in, ana, staff_may_export, locks):
    rights = Permission.objects.get(codename="view_export")
    Group.objects.get(name="staff").permissions.add(rights)
    ben = make_staff("Ben", zips=("02116",))
    for person in (ana, ben):
        lines(download(sign_in(person)))

    listed = sign_in(ana).get("/exports/export/")

    assert [row.exported_by_id for row in listed.context["cl"].result_list] == [ana.pk]
    theirs = Export.objects.get(exported_by=ben)
    assert sign_in(ana).get(f"/exports/export/{theirs.pk}/change/").headers["Location"] == "/"


def test_a_zip_code_taken_away_between_the_page_and_the_download(
    sign_in, ana, staff_may_export, locks
):
    make_property("06511")
    assign(ana, "06515", starts_on=today() - days(1))
    kept = make_property("06515")
    client = sign_in(ana)
    ana_before = client.get("/bookings/property/export/")

    ana.zip_assignments.filter(content_object__code="06511").update(ends_on=today())

    assert ana_before.context["asked"].count in (2, Property.objects.count())
    assert [line.split(",")[0] for line in lines(download(client))] == [f'"{kept.external_ref}"']


def test_a_zip_code_taken_away_between_the_answer_and_its_first_row(
    sign_in, ana, staff_may_export, locks
):
    make_property("06511")
    response = download(sign_in(ana))

    end(ana)

    assert lines(response) == []


@pytest.mark.parametrize("is_late", [False, True])
def test_a_permission_taken_away_before_the_download(sign_in, is_late):
    make_property()
    mona = make_manager()
    client = sign_in(mona)
    client.get("/bookings/property/export/")
    response = download(client) if is_late else None

    User.objects.filter(pk=mona.pk).update(user_type="auditor")

    if response is None:
        assert download(client).status_code == 403
        assert not Export.objects.exists()
    else:
        assert b"".join(response) == b""
        assert Export.objects.get().status == "broken_off"
