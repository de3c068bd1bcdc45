"""Attacks on what goes out: foreign rows, hidden columns, and ids that tell what exists."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from import_export.mixins import BaseExportMixin, BaseImportMixin

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.access import lock, policies
from tests.access.leak_map import attack
from tests.access.leaks.asking import ANA, get, page_of, pages, post, request_of
from tests.access.world import ABSENT, FAR, World

EXPORT = "/bookings/property/export/"
COLUMNS = list(PropertyResource().stored)


def let_staff_export() -> None:
    """Give staff the right for once: what holds them is their scope alone."""
    Group.objects.get(name="staff").permissions.add(
        Permission.objects.get(codename="export_property")
    )


def files_of(world: World, kind: str, **sent: Any) -> list[Any]:
    """The export as it opens, under filters that would show foreign rows, and in every order."""
    queries = ("", "?q=farmarsh", f"?zip_code__id__exact={world.far.zip_code.pk}", "?o=-2.4")
    data = {"columns": COLUMNS, **sent}
    return [post(world, f"{EXPORT}{query}", data, kind) for query in queries]


@attack("export-all")
def everything(world: World) -> None:
    let_staff_export()
    own, *_ = answers = files_of(world, ANA)

    assert "Nearwood home" in own.text
    for answer in (*answers, get(world, EXPORT), get(world, f"{EXPORT}?q=home")):
        assert answer.status == 200
        assert answer.tells(world.secrets_from(ANA)) == []
    assert "1 property" in " ".join(get(world, EXPORT).text.split())
    for answer in files_of(world, "manager"):
        assert FAR in answer.text


@attack("export-hidden-column")
def columns_that_the_file_does_not_have(world: World) -> None:
    """A file has the columns of the resource; another is refused, and import-export serves none."""
    for name in ("id", "pk", "owner__password", "owner_id", "import_batch", "timezone", "history"):
        answer = post(world, EXPORT, {"columns": ["name", name]}, "manager")
        assert (answer.status, answer.changed) == (200, [])
        assert f"There is no column {name}" in answer.text
    told = post(world, EXPORT, {"columns": COLUMNS}, "manager").text
    assert world.far.owner.password not in told
    assert world.far.owner.phone not in told
    for console_page in pages():
        assert not isinstance(console_page, BaseExportMixin | BaseImportMixin)


@attack("export-selected-foreign")
def chosen_foreign_rows(world: World) -> None:
    let_staff_export()
    foreign = [world.far.home.pk, world.moved.home.pk]
    chosen = ",".join(map(str, [world.near.home.pk, *foreign]))
    selected = {"action": "export_selected", "_selected_action": [world.near.home.pk, *foreign]}

    own, *_ = answers = files_of(world, ANA, chosen=chosen)
    asked = post(world, "/bookings/property/", selected)

    assert own.text.count("\r\n") == 2
    assert all(answer.tells(world.secrets_from(ANA)) == [] for answer in (*answers, asked))
    assert f'name="chosen" value="{world.near.home.pk}"' in asked.text
    assert FAR in files_of(world, "manager", chosen=chosen)[0].text


@attack("export-items-oracle")
def what_is_said_of_foreign_ids(world: World) -> None:
    """An id out of scope and one of nothing give the same page, file and log."""
    let_staff_export()

    def answers(pk: int) -> list[Any]:
        selected = {"action": "export_selected", "_selected_action": [pk]}
        asked = post(world, "/bookings/property/", selected)
        refused = post(world, EXPORT, {"chosen": str(pk), "columns": []})
        file = post(world, EXPORT, {"chosen": str(pk), "columns": COLUMNS})
        logged = [row for table, row in file.changed if table == "exports_export"]
        assert [(row["which"], row["rows"]) for row in logged] == [("a selection", 0)]
        return [answer.looks() for answer in (asked, refused, file)]

    assert answers(world.far.home.pk) == answers(ABSENT)
    for name in ("export_items", "resource", "format"):  # as import-export would have it
        data = {name: [world.far.home.pk], "columns": COLUMNS}
        assert post(world, EXPORT, data).tells(world.secrets_from(ANA)) == []


@attack("export-no-perm")
def without_the_right(world: World) -> None:
    data = {"columns": COLUMNS, "chosen": str(world.near.home.pk)}
    for kind in (ANA, "staff without assignment", "auditor"):
        for answer in (get(world, EXPORT, kind), post(world, EXPORT, data, kind)):
            assert (answer.status, answer.changed) == (403, [])
            assert answer.tells([FAR.lower(), "nearwood home"]) == []
        assert "export_selected" not in page_of(Property).get_actions(
            request_of(world.people[kind])
        )
    assert not any("export_property" in name for name in policies._permissions[lock.STAFF])
    assert "Nearwood home" in post(world, EXPORT, data, "manager").text
    with_export = {
        console_page.opts.label
        for console_page in pages()
        for name in console_page.get_actions(request_of(world.people["manager"]))
        if "export" in name
    }
    assert with_export == {"bookings.Property"}
