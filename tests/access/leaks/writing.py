"""Attacks that write: forms, choices, inlines, actions, steps."""

from __future__ import annotations

from typing import Any

from bookings.models import AwayPlan
from opsconsole.access.checks import check_nothing_is_done_by_a_link
from tests.access.bodies import fields_of, new_booking, new_plan
from tests.access.leak_map import attack
from tests.access.leaks.asking import (
    ANA,
    get,
    is_not_there,
    only_a_manager_writes,
    page,
    pages,
    post,
    request_of,
)
from tests.access.world import World
from tests.bulk import confirmed

PLANS = "/bookings/awayplan/"


def stored(world: World, path: str, data: Any, kind: str, table: str) -> list[dict[str, Any]]:
    """The rows of a table that a post by this person leaves different."""
    return [row for name, row in post(world, path, data, kind).changed if name == table]


@attack("change-view-post")
def change_a_foreign_plan(world: World) -> None:
    record = world.far.waiting
    only_a_manager_writes(world, page(record), fields_of(record, notes="Mine now"))


@attack("delete-foreign")
def delete_a_foreign_plan(world: World) -> None:
    path = page(world.far.waiting, "delete")

    for kind in (ANA, "manager", "engineer"):  # nobody deletes a plan; assignments are ended
        assert post(world, path, {"post": "yes"}, kind).changed == []
    ending = {"chosen": [world.far.assignment.pk], "reason": "To see what happens"}
    only_a_manager_writes(world, "/staffing/zipassignment/end/", ending)


@attack("delete-cascade-foreign")
def delete_what_foreign_rows_hang_from(world: World) -> None:
    """Staff and managers delete nothing that others hang from, and engineers are refused it."""
    for record in (world.near.owner, world.near.home, world.near.zip_code, world.near.plan):
        for kind in (ANA, "manager", "engineer"):
            assert post(world, page(record, "delete"), {"post": "yes"}, kind).changed == []


def changed_home(world: World, kind: str, **changes: Any) -> list[dict[str, Any]]:
    data = fields_of(world.near.home, name="Renamed", **changes)
    return stored(world, page(world.near.home), data, kind, "bookings_property")


@attack("fk-assign-zip")
def move_ones_own_home(world: World) -> None:
    far = world.far.zip_code.pk

    moved = {kind: changed_home(world, kind, zip_code=far) for kind in (ANA, "manager")}

    assert {row["zip_code_id"] for row in moved[ANA]} == {world.near.zip_code.pk}
    assert far in {row["zip_code_id"] for row in moved["manager"]}
    assert "Renamed" in {row["name"] for row in moved[ANA]}


@attack("fk-assign-owner")
def give_ones_own_home_away(world: World) -> None:
    far = world.far.owner.pk
    stolen = {"owner": far, "external_ref": "STOLEN"}

    given = {kind: changed_home(world, kind, **stolen) for kind in (ANA, "manager")}

    assert {row["owner_id"] for row in given[ANA]} == {world.near.owner.pk}
    assert {row["external_ref"] for row in given[ANA]} == {world.near.home.external_ref}
    assert (far, "STOLEN") in {(row["owner_id"], row["external_ref"]) for row in given["manager"]}


@attack("fk-create-foreign")
def a_plan_for_a_foreign_home(world: World) -> None:
    only_a_manager_writes(world, f"{PLANS}add/", new_plan(world.far, "waiting"))
    there, absent = (
        post(world, f"{PLANS}add/", new_plan(place, "waiting"))
        for place in (world.far, world.absent)
    )
    assert there.looks() == absent.looks()


@attack("raw-id-assign")
def a_booking_in_a_foreign_plan(world: World) -> None:
    only_a_manager_writes(world, "/bookings/booking/add/", new_booking(world.far, "booking"))


def tampered(prefix: str, record: Any, **changes: Any) -> dict[str, Any]:
    """Management form and one row that claims to be a record."""
    row = {f"{prefix}-0-{name}": value for name, value in fields_of(record, **changes).items()}
    counts = {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 1}
    return {**row, **counts, f"{prefix}-0-id": record.pk}


@attack("inline-tamper-id")
def a_foreign_id_in_an_inline(world: World) -> None:
    home = fields_of(world.near.home, name="Renamed")
    for delete in ({}, {"away_plans-0-DELETE": "on"}):
        plan = tampered("away_plans", world.far.waiting, notes="Tampered", status="approved")
        for kind in (ANA, "manager"):
            data = {**home, **plan, **delete}
            changed = post(world, page(world.near.home), data, kind).changed
            assert {name for name, _ in changed} <= {
                "bookings_property",
                "bookings_historicalproperty",
            }


@attack("inline-move-foreign")
def a_home_moved_on_its_owners_page(world: World) -> None:
    home = tampered("properties", world.near.home, zip_code=world.far.zip_code.pk)
    data = {**fields_of(world.near.owner, full_name="Renamed"), **home}

    assert post(world, page(world.near.owner), data).changed == []
    changed = post(world, page(world.near.owner), data, "manager").changed
    assert {name for name, _ in changed} == {"staffing_user", "staffing_historicaluser"}


def approve(*records: AwayPlan, **more: Any) -> dict[str, Any]:
    return confirmed("approve", *records, **more)


@attack("action-foreign-pk")
def an_action_on_a_foreign_plan(world: World) -> None:
    only_a_manager_writes(world, PLANS, approve(world.far.waiting))


@attack("action-select-across")
def an_action_on_everything(world: World) -> None:
    data = approve(world.near.waiting, world.far.waiting, select_across=1)

    by_ana, by_a_manager = (
        {row["id"] for row in stored(world, PLANS, data, kind, "bookings_awayplan")}
        for kind in (ANA, "manager")
    )

    assert by_ana == {world.near.waiting.pk}
    assert world.far.waiting.pk in by_a_manager


@attack("action-viewonly")
def an_action_by_who_may_only_look(world: World) -> None:
    assert post(world, PLANS, approve(world.near.waiting), "auditor").changed == []
    assert post(world, PLANS, approve(world.near.waiting), ANA).changed != []


@attack("action-delete-foreign")
def the_action_that_deletes(world: World) -> None:
    data = approve(world.far.waiting, action="delete_selected", post="yes")
    for kind in (ANA, "manager", "engineer"):
        assert post(world, PLANS, data, kind).changed == []
    request = request_of(world.people["engineer"])
    assert all("delete_selected" not in shown.get_actions(request) for shown in pages())


@attack("list-editable-foreign")
def cells_of_a_list(world: World) -> None:
    rows = tampered("form", world.far.waiting, notes="Tampered", starts_on="2030-01-01")
    for kind in (ANA, "manager"):
        assert post(world, PLANS, {**rows, "_save": "Save"}, kind).changed == []
    assert all(not console_page.list_editable for console_page in pages())


@attack("change-form-action-61")
def an_action_on_a_form(world: World) -> None:
    data = {**fields_of(world.near.waiting), **approve(world.far.waiting)}

    changed = stored(world, page(world.near.waiting), data, ANA, "bookings_awayplan")

    assert {row["id"] for row in changed} <= {world.near.waiting.pk}
    assert "submitted" in {row["status"] for row in changed} or not changed


STEPS = ("approve", "decline", "withdraw", "start_preparing", "start", "complete", "cancel")


@attack("unfold-detail-action", "unfold-row-action")
def a_step_of_a_foreign_plan(world: World) -> None:
    """Steps are buttons of the form, and take the road of the form."""
    for step in STEPS:
        data = fields_of(world.far.waiting, **{f"bookings_awayplan_{step}": "1"})
        assert post(world, page(world.far.waiting), data).changed == []
        for method in (get, post):
            assert method(world, page(world.far.waiting, step)).changed == []
    data = fields_of(world.far.waiting, bookings_awayplan_approve="1")
    changed = stored(world, page(world.far.waiting), data, "manager", "bookings_awayplan")
    assert "approved" in {row["status"] for row in changed}
    assert all(not console_page.actions_row for console_page in pages())


@attack("unfold-action-get-csrf")
def links_that_change_something(world: World) -> None:
    """unfold's actions behind links are gone, and a system check refuses them."""
    for path in (
        "/bookings/property/import_from_file/",
        page(world.near.batch, "open_pages"),
        page(world.near.colleague, "set_password"),
    ):
        is_not_there(world, path)
    assert check_nothing_is_done_by_a_link(None) == []
