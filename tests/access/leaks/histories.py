"""Attacks on old versions: what staff read of a past elsewhere, and versions brought back."""

from __future__ import annotations

from django.db import connection
from simple_history.admin import SimpleHistoryAdmin

from bookings.models import AwayPlan
from opsconsole.history.story import HIDDEN
from staffing.models import User
from tests.access.addresses import ROUTES
from tests.access.leak_map import attack
from tests.access.leaks.asking import ANA, get, page, page_of, pages, post
from tests.access.world import ABSENT, FAR, PAST, World

FORMER = "staff who had it before it moved"
BEN = "staff elsewhere"  # where the moved home lies now


@attack("history-list-deleted")
def history_of_a_deleted_plan(world: World) -> None:
    path = page(world.far.waiting, "history")
    AwayPlan.objects.filter(pk=world.far.waiting.pk).delete()

    answer = get(world, path)

    assert (answer.status, answer.location) == (302, "/")
    assert answer.tells([FAR.lower()]) == []
    assert AwayPlan.history.filter(id=world.far.waiting.pk, history_type="-").exists()


@attack("history-list-moved-out")
def history_of_what_left_the_scope(world: World) -> None:
    for record in (world.moved.plan, world.moved.home, world.moved.booking, world.moved.task):
        answer = get(world, page(record, "history"), FORMER)
        told_to_a_manager = get(world, page(record, "history"), "manager")

        assert (answer.status, answer.location) == (302, "/")
        assert answer.tells([PAST.lower(), "movedhill"]) == []
        assert told_to_a_manager.tells([PAST.lower()])


@attack("history-list-moved-in", "history-property-rezip")
def history_from_before_it_came(world: World) -> None:
    for record in (world.moved.plan, world.moved.home, world.moved.booking, world.moved.task):
        path = page(record, "history")

        assert get(world, path, BEN).status == 200
        assert get(world, path, BEN).tells([PAST.lower()]) == []
        assert get(world, path, "manager").tells([PAST.lower()])


@attack("history-form-foreign", "history-form-moved-in")
def form_of_a_version(world: World) -> None:
    """There is no page of one version."""
    for record, kind in ((world.far.plan, ANA), (world.moved.plan, BEN)):
        for version in AwayPlan.history.filter(id=record.pk):
            path = f"{page(record, 'history')}{version.pk}/"
            for who in (kind, "manager"):
                answer = get(world, path, who)
                assert answer.status in (302, 404)
                assert answer.tells([FAR.lower(), PAST.lower()]) == []


def reverts(world: World, record: AwayPlan, kind: str) -> list[object]:
    """What a post to each of its versions changes."""
    form = {"notes": "Brought back", "starts_on": record.starts_on, "ends_on": record.ends_on}
    changed: list[object] = []
    for version in AwayPlan.history.filter(id=record.pk):
        path = f"{page(record, 'history')}{version.pk}/"
        for suffix in ("", "change/"):
            changed += post(world, f"{path}{suffix}", form, kind).changed
    return changed


@attack("revert-foreign", "revert-viewonly", "revert-disabled-setting")
def revert(world: World) -> None:
    """Nobody brings a version back: not Ana, not who may only look, not a manager."""
    assert AwayPlan.history.filter(id=world.far.waiting.pk).exists()
    for record in (world.far.waiting, world.near.waiting):
        for kind in (ANA, "auditor", "manager"):
            assert reverts(world, record, kind) == []


@attack("revert-moved-out")
def revert_of_what_left(world: World) -> None:
    assert reverts(world, world.moved.plan, FORMER) == []
    world.moved.home.refresh_from_db()
    assert world.moved.home.zip_code.code == "02116"


@attack("revert-deleted")
def revert_of_what_is_gone(world: World) -> None:
    gone = AwayPlan.objects.get(pk=world.far.waiting.pk)
    AwayPlan.objects.filter(pk=gone.pk).delete()

    for kind in (ANA, "manager"):
        reverts(world, gone, kind)

    assert not AwayPlan.objects.filter(pk=gone.pk).exists()


@attack("history-excluded-field")
def fields_without_history(world: World) -> None:
    """What keeps no history is in no form, and there is no form of a version to show it in."""
    kept = {field.name for field in User.history.model.tracked_fields}
    on_the_form = {name for _, options in page_of(User).fieldsets for name in options["fields"]} - {
        "password_set_at",
        "last_login",
        "date_joined",
    }
    password = world.near.colleague.password

    assert {"password", "last_login"}.isdisjoint(kept)
    assert on_the_form <= kept
    assert password not in get(world, page(world.near.colleague, "history"), "engineer").text
    assert not any(isinstance(console_page, SimpleHistoryAdmin) for console_page in pages())
    assert [name for name in ROUTES if "simple_history" in name] == []


@attack("history-deleted-fk-version")
def a_version_of_a_home_that_is_gone(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE bookings_historicalawayplan DISABLE TRIGGER USER")  # guards
        cursor.execute(
            "UPDATE bookings_historicalawayplan SET property_id = %s WHERE id = %s",
            [ABSENT, world.near.waiting.pk],
        )

    answer = get(world, page(world.near.waiting, "history"))

    assert answer.status == 200
    assert HIDDEN in answer.text
    assert answer.tells(world.secrets_from(ANA)) == []
