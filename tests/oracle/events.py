"""What happens in a company between two requests, in the database and in the model alike."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.access.acting import because
from tests.oracle.model import Row
from tests.oracle.tables import MODELS
from tests.oracle.world import World, days


def happen(world: World) -> str:
    """Let something random happen; its name."""
    event = world.draw.choice(EVENTS)
    event(world)
    return event.__name__.removeprefix("_")


def _grant(world: World) -> None:
    who, zip_code = world.draw.choice(world.of_role("staff")), world.draw.choice(world.ids("zip"))
    if not any(a.person == who and a.zip == zip_code for a in world.model.assignments.values()):
        world.grant(who, zip_code)


def _revoke(world: World) -> None:
    pk = _any(world, "assignment")
    held = world.model.assignments.get(pk)
    if held is None:
        return
    today = world.model.today(held.zip)
    if held.starts < today:
        held.ends = today
        _write(world, ("assignment", pk), ends_on=today)
    else:
        MODELS["assignment"].objects.filter(pk=pk).delete()
        del world.model.assignments[pk]


def _end_later(world: World) -> None:
    pk = _any(world, "assignment")
    if held := world.model.assignments.get(pk):
        held.ends = world.draw.choice([None, held.starts + days(40), held.starts + days(2)])
        _write(world, ("assignment", pk), ends_on=held.ends)


def _start_otherwise(world: World) -> None:
    pk = _any(world, "assignment")
    if held := world.model.assignments.get(pk):
        held.starts = world.model.today(held.zip) + days(world.draw.choice([-9, -3, 0, 0, 1, 2]))
        held.ends = None
        _write(world, ("assignment", pk), starts_on=held.starts, ends_on=None)


def _hand_over(world: World) -> None:
    """An assignment becomes somebody else's."""
    pk, who = _any(world, "assignment"), world.draw.choice(world.of_role("staff"))
    held = world.model.assignments.get(pk)
    if held and not any(
        a.person == who and a.zip == held.zip for a in world.model.assignments.values()
    ):
        held.person = who
        _write(world, ("assignment", pk), user_id=who)


def _move_home(world: World) -> None:
    pk, zip_code = _any(world, "home"), _any(world, "zip")
    if world.model.homes[pk].zip == zip_code:
        return
    world.model.homes[pk].zip = zip_code
    zone = world.model.zips[zip_code]
    reason = _write(world, ("home", pk), zip_code_id=zip_code, timezone=zone)
    for row in _hanging_from(world, pk):
        world.keep_version(row, reason)


def _hanging_from(world: World, home: int) -> list[Row]:
    plans = [pk for pk, plan in world.model.plans.items() if plan.home == home]
    stays = [pk for pk, stay in world.model.bookings.items() if stay.plan in plans]
    tasks = [pk for pk, task in world.model.tasks.items() if task.home == home]
    lines = [pk for pk, task in world.model.lines.items() if task in tasks]
    codes = [pk for pk, of in world.model.codes.items() if of == home]
    kinds = {"plan": plans, "booking": stays, "task": tasks, "line": lines, "code": codes}
    return [(kind, pk) for kind, pks in kinds.items() for pk in pks]


def _rewrite(world: World) -> None:
    """New words in a record: the old ones are in its history alone."""
    kind = world.draw.choice(["home", "plan", "booking", "task", "line", "code", "user"])
    if not (pks := world.ids(kind)):
        return
    row = kind, world.draw.choice(pks)
    _write(world, row, **world.fresh(row, *world.model.words[row]))


def _change_owner(world: World) -> None:
    pk, owner = _any(world, "home"), world.draw.choice(world.of_role("rerenter"))
    if world.model.homes[pk].owner != owner:
        world.model.homes[pk].owner = owner
        _write(world, ("home", pk), owner_id=owner)


def _change_role(world: World) -> None:
    people = world.of_role("staff", "manager", "auditor")
    who = world.draw.choice([pk for pk in people if not world.model.people[pk].engineer])
    role = world.draw.choice(["staff", "staff", "manager", "auditor"])
    if role == "staff" or len(world.of_role("staff")) > 4:
        world.model.people[who].role = role
        _write(world, ("user", who), user_type=role)


def _leave_or_return(world: World) -> None:
    people = world.of_role("staff", "manager", "auditor")
    left = [pk for pk in people if not world.model.people[pk].works]
    who = world.draw.choice(left if len(left) > 1 else people)
    person = world.model.people[who]
    person.works = not person.works
    _write(world, ("user", who), is_active=person.works)


def _delete_booking(world: World) -> None:
    noted = {note.on for note in world.model.notes.values()}
    free = [pk for pk in world.model.bookings if ("booking", pk) not in noted]
    if free and world.draw.random() < 0.3:
        pk = world.draw.choice(free)
        MODELS["booking"].objects.filter(pk=pk).delete()
        del world.model.bookings[pk]


def _any(world: World, kind: str) -> int:
    return world.draw.choice(world.ids(kind) or [0])


def _write(world: World, row: Row, **fields: object) -> str:
    """Change a record with a reason that is a word of its own."""
    kind, pk = row
    reason = world.words.word()
    before = MODELS[kind].objects.filter(pk=pk).values(*fields).get()
    if before == fields:
        return ""  # a save that changes nothing writes no version
    with because(reason):
        MODELS[kind].objects.filter(pk=pk).update(**fields)
    world.keep_version(row, reason)
    return reason


EVENTS: list[Callable[[World], None]] = [
    _grant,
    _grant,
    _revoke,
    _end_later,
    _end_later,
    _start_otherwise,
    _start_otherwise,
    _hand_over,
    _move_home,
    _move_home,
    _rewrite,
    _rewrite,
    _change_owner,
    _change_role,
    _leave_or_return,
    _delete_booking,
]
