"""Attacks on what people may do: stray permissions, one's own rights, somebody's password."""

from __future__ import annotations

from guardian.shortcuts import assign_perm

from staffing.models import User
from tests.access.bodies import fields_of
from tests.access.leak_map import attack
from tests.access.leaks.asking import (
    ANA,
    get,
    only_a_manager_writes,
    page,
    page_of,
    post,
    request_of,
)
from tests.access.world import World


@attack("guardian-stray-row")
def a_stray_permission(world: World) -> None:
    for verb in ("view", "change"):
        assign_perm(f"bookings.{verb}_property", world.people[ANA], world.far.home)

    data = fields_of(world.far.home, name="Renamed")
    assert get(world, page(world.far.home)).location == "/"
    assert not User.objects.get(pk=world.people[ANA].pk).has_perm(
        "bookings.view_property", world.far.home
    )
    changed = post(world, page(world.far.home), data).changed
    assert [row for name, row in changed if name == "bookings_property"] == []
    assert get(world, "/bookings/property/").tells(world.secrets_from(ANA)) == []


@attack("user-self-escalate")
def make_oneself_an_engineer(world: World) -> None:
    for kind in (ANA, "manager"):
        person = world.people[kind]
        rights = {
            "is_superuser": "on",
            "is_staff": "on",
            "user_type": "manager",
            "groups": [1, 2],
            "user_permissions": [1, 2, 3],
        }
        data = {**fields_of(person, full_name="Renamed"), **rights}
        changed = post(world, page(person), data, kind).changed
        people = [row for name, row in changed if name == "staffing_user"]
        assert bool(people) is (kind == "manager")
        assert {(row["is_superuser"], row["user_type"]) for row in people} <= {
            (False, person.user_type)
        }
        assert {name for name, _ in changed} <= {"staffing_user", "staffing_historicaluser"}
    form = page_of(User).get_form(
        request_of(world.people["manager"]), world.near.colleague, change=True
    )
    assert {"is_superuser", "groups", "user_permissions"}.isdisjoint(form.base_fields)


@attack("user-foreign-password")
def get_in_as_somebody(world: World) -> None:
    """A password is its person's to set; the link that lets them is a manager's to make."""
    for person in (world.near.owner, world.near.colleague, world.people["manager"]):
        answer = post(world, page(person, "link"), {})
        assert (answer.status, answer.changed) == (403, [])
        assert post(world, page(person, "password"), {}).changed == []
    assert post(world, page(world.near.owner, "link"), {}, "manager").status == 403
    only_a_manager_writes(world, page(world.near.colleague, "link"), {})
