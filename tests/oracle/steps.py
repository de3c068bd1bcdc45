"""Steps of plans, bookings and tasks, by their buttons and as actions on a list."""

from __future__ import annotations

import datetime
from typing import Any

from bookings.models import AwayPlan
from opsconsole.history.versions import newest_version
from tests.oracle.forms import form_of
from tests.oracle.judge import Effect, Probe
from tests.oracle.pages import PATHS, target, words_of
from tests.oracle.world import World

TABLES = {"plan": "awayplan", "booking": "booking", "task": "task"}


# Each step of a plan and so on: from which states, to which.
STEPS: dict[str, dict[str, tuple[set[str], str]]] = {
    "plan": {
        "approve": ({"submitted"}, "approved"),
        "decline": ({"submitted"}, "declined"),
        "withdraw": ({"draft", "submitted"}, "withdrawn"),
        "start_preparing": ({"approved"}, "preparing"),
        "start": ({"preparing"}, "active"),
        "complete": ({"active"}, "completed"),
        "cancel": ({"approved", "preparing"}, "cancelled"),
    },
    "booking": {
        "confirm": ({"held"}, "confirmed"),
        "check_in": ({"confirmed"}, "checked_in"),
        "check_out": ({"checked_in"}, "checked_out"),
        "cancel": ({"held", "confirmed"}, "cancelled"),
        "no_show": ({"confirmed"}, "no_show"),
    },
    "task": {
        "take": ({"unassigned", "assigned"}, "assigned"),
        "begin": ({"assigned"}, "in_progress"),
        "give_back": ({"assigned"}, "unassigned"),
        "block": ({"unassigned", "assigned"}, "blocked"),
        "cancel": ({"unassigned", "assigned"}, "cancelled"),
    },
}


# Those that the home page offers; to let guests in early takes a reason, which it does not ask.
AT_HAND = {
    "plan": ["start_preparing", "start", "complete"],
    "booking": ["check_out"],
    "task": ["take", "begin"],
}
LIVE = {"held", "confirmed", "checked_in"}
A_PAGE = 25  # plans of the queue
AT_WORK = 0.7  # of decisions, how many are about a plan that waits
SEEN = 0.8  # of those who decide, how many have seen the plan as it is


def step(world: World, who: int | None, kind: str) -> Probe:
    """Press the button of a step; other records have none, and are moved to a ZIP code."""
    if kind not in STEPS:
        return _move(world, who, kind)
    shown, pk = target(world, who, kind)
    state = _state_of(world, kind, pk)
    fitting = [name for name, (before, _) in STEPS[kind].items() if state in before]
    name = world.draw.choice(fitting or list(STEPS[kind]))
    if world.draw.random() < 0.2:
        name = world.draw.choice(list(STEPS[kind]))
    before, after = STEPS[kind][name]
    valid = state in before and _may_step(world, who, kind, pk, name)
    if kind == "task" and state == "assigned" and not _is_still_theirs(world, pk):
        valid = valid and "unassigned" in before  # which saving the form makes it
    return Probe(
        who,
        "change",
        f"{PATHS[kind]}{shown}/change/",
        data={**form_of(world, kind, pk), f"bookings_{TABLES[kind]}_{name}": "1"},
        effects=[Effect(kind, pk, {"status": after})] if valid else [],
    )


def at_hand(world: World, who: int | None, kind: str) -> Probe:
    """Press a button of the home page, having seen the record as it is or not."""
    shown, pk = target(world, who, kind)
    state, seen = _state_of(world, kind, pk), world.draw.random() < SEEN
    name = world.draw.choice(AT_HAND[kind])
    before, after = STEPS[kind][name]
    version = form_of(world, kind, pk).get("loaded_version", 0) if seen else 1
    valid = seen and state in before and _may_step(world, who, kind, pk, name)
    return Probe(
        who,
        "step",
        f"{PATHS[kind]}{shown}/step/",
        data={"step": name, "version": version},
        effects=[Effect(kind, pk, {"status": after})] if valid else [],
    )


def _state_of(world: World, kind: str, pk: int | None) -> str:
    model = world.model
    tables: dict[str, dict[int, Any]] = {
        "plan": model.plans, "booking": model.bookings, "task": model.tasks,
    }  # fmt: skip
    return tables[kind][pk].status if pk in tables[kind] else ""


def _may_step(world: World, who: int | None, kind: str, pk: int | None, name: str) -> bool:
    model = world.model
    if pk is None or who is None or not model.may(who, "change", kind, pk):
        return False
    person = model.people[who]
    overrides = person.engineer or person.role == "manager"
    if kind == "plan":
        plan = model.plans[pk]
        if name in ("complete", "cancel", "decline", "withdraw"):
            return not any(b.plan == pk and b.status in LIVE for b in model.bookings.values())
        return name != "approve" or overrides or plan.filed_by != who
    if kind == "task":
        return _may_have(world, who, pk, name, overrides=overrides)
    if name == "check_in":
        return overrides or _is_prepared(world, model.bookings[pk].plan)
    return name != "no_show" or _has_come(world, pk)


def _is_prepared(world: World, plan: int) -> bool:
    """Whether guests come in without a manager's word: into a plan that is on, after others.

    Saving the form makes the task of preparing the home, where nobody has been in it yet.
    """
    stays = [stay for stay in world.model.bookings.values() if stay.plan == plan]
    has_begun = any(stay.status in ("checked_in", "checked_out") for stay in stays)
    return world.model.plans[plan].status == "active" and has_begun


def _may_have(world: World, who: int, task: int, name: str, *, overrides: bool) -> bool:
    """Who looks after the ZIP code today takes a task; who has it, or a manager, goes on."""
    held = world.model.tasks[task]
    if name == "take":
        home = world.model.home_of(("task", task))
        return held.assignee != who and home is not None and home.zip in world.model.zips_of(who)
    return name in ("block", "cancel") or overrides or held.assignee == who


def _is_still_theirs(world: World, task: int | None) -> bool:
    """Whether who has a task looks after its ZIP code today: the tasks of a world are overdue."""
    person = world.model.tasks[task or 0].assignee
    home = world.model.home_of(("task", task or 0))
    return home is not None and world.model.is_on_duty(person, home.zip)


def _has_come(world: World, booking: int) -> bool:
    arrives = datetime.date.fromisoformat(world.rows["booking", booking]["arrives_on"])
    home = world.model.home_of(("booking", booking))
    return home is not None and arrives <= world.model.today(home.zip)


def _move(world: World, who: int | None, kind: str) -> Probe:
    """Send a form with another ZIP code, person or role in it."""
    shown, pk = target(world, who, kind)
    data = form_of(world, kind, pk)
    data |= {
        "zip_code": world.draw.choice(world.ids("zip")),
        "content_object": world.draw.choice(world.ids("zip")),
        "user": world.draw.choice(world.ids("user")),
        "is_superuser": "on",
        "password": "stolen",
    }
    if kind == "user" and pk in world.model.people:
        data["user_type"] = world.draw.choice(["staff", "manager", "auditor", "rerenter"])
    return Probe(who, "change", f"{PATHS[kind]}{shown}/change/", data=data)


def act(world: World, who: int | None, kind: str) -> Probe:
    """An action on rows of a list, foreign ones among them, or on the whole list."""
    pks = world.ids(kind)
    waiting = [pk for pk in pks if kind == "plan" and world.model.plans[pk].status == "submitted"]
    if waiting and world.draw.random() < 0.7:
        pks = waiting
    chosen = world.draw.sample(pks, min(len(pks), world.draw.randint(1, 5)))
    approve = kind == "plan" and world.draw.random() < 0.8
    seen = approve and world.draw.random() < SEEN  # else it is looked at first
    data = {
        "action": "approve_selected" if approve else "delete_selected",
        "_selected_action": [*chosen, *world.draw.sample([10**9, "x", "½", -1], 1)],
        "select_across": world.draw.choice([0, 0, 1]),
        "index": 0,
        "post": "yes",
        "reason": "checked",
    }
    if seen:
        versions = (f"{pk}:{newest_version(AwayPlan, pk)}" for pk in chosen)
        data |= {"seen": " ".join(versions), "confirm": "1"}
    effects = [
        Effect("plan", pk, {"status": "approved", "decided_by_id": who})
        for pk in (chosen if seen else ())
        if _is_approvable(world, who, pk)
    ]
    return Probe(who, "action", PATHS[kind], data=data, effects=effects)


def _is_approvable(world: World, who: int | None, pk: int) -> bool:
    may = world.model.may(who, "decide", "plan", pk) and _may_step(
        world, who, "plan", pk, "approve"
    )
    return may and world.model.plans[pk].status == "submitted"


def queue(world: World, who: int | None, name: str) -> Probe:
    """The plans that wait for a decision: each that is theirs to decide, with all it says."""
    model = world.model
    waiting = [pk for pk, plan in model.plans.items() if plan.status == "submitted"]
    mine = [pk for pk in waiting if model.may(who, "decide", "plan", pk)]
    page = world.draw.choice(["1", "1", "1", "2", "x"])
    must: set[str] = set()
    if page != "2" and len(mine) <= A_PAGE:
        for pk in mine:
            must |= words_of(world, "plan", pk, "notes")
            must |= words_of(world, "home", model.plans[pk].home, "name")
    return Probe(who, name, f"{PATHS['plan']}waiting/?p={page}", must_show=must)


def decide(world: World, who: int | None, name: str) -> Probe:
    """Approve or decline a plan from the queue, having seen it as it is or not."""
    shown, pk = target(world, who, "plan")
    waiting = [pk for pk, plan in world.model.plans.items() if plan.status == "submitted"]
    if waiting and world.draw.random() < AT_WORK:
        shown = pk = world.draw.choice(waiting)
    step = world.draw.choice(["approve", "decline"])
    seen = world.draw.random() < SEEN
    version = form_of(world, "plan", pk).get("loaded_version", 0) if seen else 1
    data = {"step": step, "reason": "checked", "version": version}
    valid = seen and pk is not None and world.model.may(who, "decide", "plan", pk)
    valid = valid and _state_of(world, "plan", pk) == "submitted"
    after = STEPS["plan"][step][1]
    return Probe(
        who,
        name,
        f"{PATHS['plan']}waiting/{shown}/",
        data=data,
        effects=[Effect("plan", pk, {"status": after, "decided_by_id": who})]
        if valid and _may_step(world, who, "plan", pk, step)
        else [],
    )
