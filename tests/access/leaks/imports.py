"""Attacks by file: what an import reads of, writes to, and tells about foreign rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.imports import steps
from opsconsole.imports.cells import Related
from opsconsole.imports.models import StagedRow
from opsconsole.imports.problems import Drifted
from staffing.models import User
from tests.access.leak_map import attack
from tests.access.leaks.asking import ANA, get, post
from tests.access.world import FAR, World
from tests.imports.files import actions, as_csv, codes, imported, previewed, sentence, staged
from tests.imports.files import home as file_row

UPLOAD = "/bookings/property/import/"


def importer(world: World) -> User:
    """Ana, for once with the right to import and to add: her scope alone holds her."""
    rights = Permission.objects.filter(codename__in=["import_property", "add_property"])
    Group.objects.get(name="staff").permissions.add(*rights)
    return User.objects.get(pk=world.people[ANA].pk)


def near_row(world: World, reference: str = "NEW-77", **changes: str) -> dict[str, str]:
    return file_row(reference, Owner=world.near.owner.email, **changes)


def a_file(world: World) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("homes.csv", as_csv(near_row(world)))}


@attack("import-no-perm", "import-viewonly")
def upload_without_the_right(world: World) -> None:
    for kind in ("staff without assignment", ANA, "auditor"):
        answer = post(world, UPLOAD, a_file(world), kind)
        assert (answer.status, answer.changed) == (403, [])
    assert post(world, UPLOAD, a_file(world), "manager").changed != []


@attack("import-preview-diff", "import-update-foreign", "import-steal-foreign")
def a_row_with_a_foreign_reference(world: World) -> None:
    reference = world.far.home.external_ref
    manager = world.people["manager"]

    batch = previewed(importer(world), near_row(world, reference, Name="Mine now"))
    told = str(StagedRow.objects.filter(batch=batch).values())
    differences = previewed(manager, near_row(world, reference, Name="Mine now"))

    assert actions(batch) == ["reject"]
    assert staged(batch)[2].changes == {}
    assert f"{FAR} home" not in told
    assert actions(differences) == ["update"]
    assert f"{FAR} home" in str(staged(differences)[2].changes)
    steps.commit(batch, PropertyResource(), importer(world))
    world.far.home.refresh_from_db()
    assert (world.far.home.name, world.far.home.zip_code) == (f"{FAR} home", world.far.zip_code)


@attack("import-create-foreign", "import-move-foreign")
def a_row_with_a_foreign_zip_code(world: World) -> None:
    there = {"ZIP code": world.far.zip_code.code}
    rows = [near_row(world, **there), near_row(world, world.near.home.external_ref, **there)]

    batch = previewed(importer(world), *rows)

    assert actions(batch) == ["reject", "reject"]
    assert codes(batch, 2) == codes(batch, 3) == {"zip_code.unknown"}
    by_a_manager = previewed(world.people["manager"], *rows)
    assert actions(by_a_manager) == ["create", "update"]


@attack("import-fk-oracle")
def what_is_said_of_foreign_keys(world: World) -> None:
    codes_of = (world.far.zip_code.code, "02999")
    owners = (world.far.owner.email, "nobody@owner.example")

    batch = previewed(
        importer(world),
        *(near_row(world, **{"ZIP code": code}) for code in codes_of),
        *(file_row("NEW-78", Owner=owner) for owner in owners),
    )

    said = [sentence(batch, "zip_code.unknown", line) for line in (2, 3)]
    assert said[0].replace(codes_of[0], "#") == said[1].replace(codes_of[1], "#")
    said = [sentence(batch, "owner.unknown", line) for line in (4, 5)]
    assert said[0].replace(owners[0], "#") == said[1].replace(owners[1], "#")


@attack("import-key-oracle")
def a_reference_taken_elsewhere(world: World) -> None:
    """Residual: a reference is unique everywhere; a taken one is only said to be unusable."""
    reference = world.far.home.external_ref

    batch = previewed(importer(world), near_row(world, reference), near_row(world, "FREE-79"))

    assert sentence(batch, "external_ref.unusable") == (
        f"“{reference}” can't be used as a reference: choose another."
    )
    assert actions(batch)[1] == "create"


@attack("import-history")
def who_imported(world: World) -> None:
    batch = imported(world.people["manager"], near_row(world))

    version = Property.history.get(external_ref="NEW-77")
    assert (version.history_user, version.batch_id) == (world.people["manager"], batch.pk)
    assert version.source == "import"


@attack("tmpfile-other-user")
def somebody_elses_file(world: World) -> None:
    own, others = (f"{UPLOAD}{place.batch.pk}/" for place in (world.near, world.far))
    absent = f"{UPLOAD}99999999/"

    for step in ("mapping", "preview", "commit", "report", "rejects"):
        for ask in (get, post):
            answer = ask(world, f"{others}{step}/", kind="manager")
            assert (answer.status, answer.changed) == (404, [])
            assert answer.looks() == ask(world, f"{absent}{step}/", kind="manager").looks()
    assert post(world, f"{own}commit/", kind="manager").changed != []


@attack("tmpfile-any-in-tmp", "tmpfile-traversal")
def a_file_by_its_name(world: World) -> None:
    """No file is read by a name: what was uploaded is a row of its uploader's."""
    forged = {"import_file_name": "../../etc/hostname", "original_file_name": "x", "resource": 0}
    for path in ("process_import/", "../process_import/", "../../../../etc/hostname"):
        for ask, data in ((get, ()), (post, (forged,))):
            answer = ask(world, f"{UPLOAD}{path}", *data, kind="manager")
            assert answer.status in (301, 302, 404)
            assert answer.changed == []
    sent = SimpleUploadedFile("../../../etc/passwd", as_csv(near_row(world)))
    changed = post(world, UPLOAD, {"file": sent}, "manager").changed
    names = {row["file_name"] for table, row in changed if table == "imports_importbatch"}
    assert names == {"passwd"}


@attack("confirm-bad-index-500")
def numbers_that_are_none(world: World) -> None:
    for number in ("zz", "99", "-1", "", "½", "9" * 30):
        data = {"header_row": number, "resource": number, "format": number}
        for step in ("mapping", "preview"):
            answer = post(world, f"{UPLOAD}{world.near.batch.pk}/{step}/", data, "manager")
            assert answer.status in (200, 302)
        assert post(world, f"{UPLOAD}{number or 'x'}/commit/", data, "manager").status < 500
        assert get(world, f"{UPLOAD}?resource={number}", "manager").status == 200


@attack("confirm-errors-as-success")
def rows_that_fail_at_the_end(world: World) -> None:
    manager = world.people["manager"]
    batch = previewed(manager, near_row(world), near_row(world, "NEW-78"))
    User.objects.filter(pk=world.near.owner.pk).update(email="renamed@owner.example")

    with pytest.raises(Drifted):
        steps.commit(batch, PropertyResource(), manager)

    batch.refresh_from_db()
    assert batch.status == "previewed"
    assert not Property.objects.filter(external_ref__startswith="NEW-7").exists()


@attack("confirm-invalid-partial")
def a_file_with_a_wrong_row(world: World) -> None:
    """Rows that can't be imported are told before, kept to be downloaded, and no surprise."""
    manager = world.people["manager"]
    batch = previewed(manager, near_row(world), near_row(world, "NEW-78", **{"ZIP code": "0"}))
    preview = get(world, f"{UPLOAD}{batch.pk}/preview/?show=reject", "manager")

    steps.commit(batch, PropertyResource(), manager)

    assert (batch.create, batch.reject) == (1, 1)
    assert "NEW-78" in preview.text
    assert "Import 1 property" in preview.text
    assert Property.objects.filter(external_ref__startswith="NEW-7").count() == 1
    assert "NEW-78" in get(world, f"{UPLOAD}{batch.pk}/rejects/", "manager").text


@attack("import-by-pk")
def a_column_of_ids(world: World) -> None:
    assert {"id", "pk"}.isdisjoint(PropertyResource().fields)
    row = {**near_row(world), "id": str(world.far.home.pk)}

    batch = previewed(world.people["manager"], row)

    assert staged(batch)[2].object_id is None
    assert actions(batch) == ["create"]


@attack("import-default-fk-by-id")
def a_related_record_by_its_id(world: World) -> None:
    for person in (importer(world), world.people["manager"]):
        batch = previewed(person, file_row("NEW-77", Owner=str(world.far.owner.pk)))
        assert codes(batch) == {"owner.unknown"}
    scoped = {"owner", "zip_code"}
    fields = PropertyResource().stored
    related = {name for name in fields if Property._meta.get_field(name).is_relation}
    assert related == scoped
    assert all(isinstance(fields[name].widget, Related) for name in related)


@attack("import-diff-xss", "import-error-xss")
def cells_with_markup(world: World) -> None:
    script = "<script>alert(1)</script>"
    row = near_row(world, Name=script, **{"ZIP code": script})
    batch = previewed(world.people["manager"], row, near_row(world, "NEW-78", Name=script))

    for show in ("create", "reject"):
        path = f"{UPLOAD}{batch.pk}/preview/?show={show}"
        assert script not in get(world, path, "manager").text
        assert "&lt;script&gt;" in get(world, path, "manager").text


@attack("resource-index")
def another_resource(world: World) -> None:
    """The address names what is imported; a number in the form is nobody's business."""
    for page, kind in (
        (UPLOAD, "properties"),
        ("/bookings/awayplan/import/", "away plans"),
        ("/staffing/zipassignment/import/", "ZIP assignments"),
    ):
        for number in (0, 1, 99, "properties"):
            data = {**a_file(world), "resource": number}
            changed = post(world, page, data, "manager").changed
            batches = [row for table, row in changed if table == "imports_importbatch"]
            assert [row["resource"] for row in batches] == [kind]
