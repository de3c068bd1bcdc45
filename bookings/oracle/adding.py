"""New records, filed where they may be and where they may not."""

from __future__ import annotations

import datetime
from typing import Any

from bookings.oracle.forms import form_of
from bookings.oracle.judge import Effect, Probe
from bookings.oracle.pages import PATHS
from bookings.oracle.world import World, days


def add(world: World, who: int | None, kind: str) -> Probe:
    """Save a new record, filed where it may be and where it may not."""
    data, effects = form_of(world, kind, None), []
    word = world.words.word()
    if kind == "home":
        data |= {"name": word, "external_ref": word, "street": f"{word} Street"}
        data["zip_code"] = world.draw.choice(world.ids("zip"))
        effects = [Effect("home", None, {"external_ref": word})]
        allowed = world.model.may(who, "add", "home")
    elif kind == "plan":
        allowed = _new_plan(world, who, data, word)
        effects = [Effect("plan", None, {"notes": word, "filed_by_id": who})]
    elif kind == "booking":
        allowed = _new_booking(world, who, data, word)
        effects = [Effect("booking", None, {"guest_name": word, "status": "held"})]
    elif kind == "task":
        allowed = _new_task(world, who, data, word)
        effects = [Effect("task", None, {"notes": word, "status": "unassigned"})]
    elif kind == "user":
        data |= {"full_name": word, "email": f"{word}@example.com", "user_type": "staff"}
        data |= {"phone": "", "is_superuser": "on"}
        effects = [Effect("user", None, {"full_name": word, "is_superuser": False})]
        allowed = world.model.may(who, "add", "user")
    elif kind == "assignment":
        allowed = _new_assignment(world, who, data, word)
        effects = [Effect("assignment", None, {"note": word})]
    else:
        allowed = False
    path = f"{PATHS[kind]}add/"
    return Probe(who, "add", path, data=data, effects=effects if allowed else [])


def _new_plan(world: World, who: int | None, data: dict[str, Any], word: str) -> bool:
    home = world.draw.choice(world.ids("home"))
    starts = datetime.date.today() + days(400)
    data |= {"property": home, "starts_on": starts, "ends_on": starts + days(9), "notes": word}
    active = world.model.homes[home].lifecycle == "active"
    return active and world.model.may(who, "add", "plan") and _sees(world, who, "home", home)


def _new_booking(world: World, who: int | None, data: dict[str, Any], word: str) -> bool:
    if not (plans := world.ids("plan")):
        return False
    pk = world.draw.choice(plans)
    plan = world.model.plans[pk]
    ends = datetime.date.fromisoformat(world.rows["plan", pk]["ends_on"])
    data |= {
        "away_plan": pk,
        "arrives_on": ends - days(3),  # the stays of the world are over by then
        "departs_on": ends,
        "party_size": 2,
        "channel": "direct",
        "guest_name": word,
        "guest_phone": "",
        "guest_email": "",
        "source_ref": "",
    }
    hosts = plan.hosting and plan.status in ("approved", "preparing", "active")
    return hosts and world.model.may(who, "add", "booking") and _sees(world, who, "plan", pk)


def _new_task(world: World, who: int | None, data: dict[str, Any], word: str) -> bool:
    home = world.draw.choice(world.ids("home"))
    data |= {"property": home, "kind": "issue", "notes": word}
    return world.model.may(who, "add", "task") and _sees(world, who, "home", home)


def _new_assignment(world: World, who: int | None, data: dict[str, Any], word: str) -> bool:
    model = world.model
    person, zip_code = world.draw.choice(world.ids("user")), world.draw.choice(world.ids("zip"))
    taken = any(a.person == person and a.zip == zip_code for a in model.assignments.values())
    data |= {
        "user": person,
        "content_object": zip_code,
        "duty": "primary",
        "starts_on": datetime.date.today(),
        "ends_on": "",
        "note": word,
    }
    is_staff = model.people[person].here and model.people[person].role == "staff"
    return not taken and is_staff and model.may(who, "add", "assignment")


def _sees(world: World, who: int | None, kind: str, pk: int) -> bool:
    return world.model.may_see(who, (kind, pk))
