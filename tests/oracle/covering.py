"""Who covers what: assigned and ended many at once; and looking as a colleague."""

from __future__ import annotations

import datetime

from tests.oracle.judge import Effect, Probe
from tests.oracle.pages import any_word, target
from tests.oracle.world import World, days

PAGE = "/staffing/zipassignment"
VIEWS = ["people", "zip-codes", "map", "gaps", "overlaps", "changes", "nonsense"]


def coverage(world: World, who: int | None, name: str) -> Probe:
    """The page of who covers what, in one of its views, perhaps searched."""
    search = world.draw.choice(
        ["", f"&q={any_word(world)}", "&as_of=2026-13-99", "&as_of=2030-02-28", "&p=9"]
    )
    return Probe(who, name, f"{PAGE}/coverage/?view={world.draw.choice(VIEWS)}{search}")


def assign_form(world: World, who: int | None, name: str) -> Probe:
    """The form that assigns many, filled in from the address."""
    person, _ = target(world, who, "user")
    return Probe(who, name, f"{PAGE}/assign/?people={person}&zip_codes=00001")


def assign(world: World, who: int | None, name: str) -> Probe:
    """Ask for a preview, or commit with a token that nobody gave: nothing is written."""
    data = {
        "people": world.draw.sample(world.ids("user"), 2),
        "zip_codes": "00001 00002",
        "duty": "backup",
        "starts_on": datetime.date.today() + days(300),
        "reason": "asked for",
        **world.draw.choice([{}, {"token": "made-up"}]),
    }
    return Probe(who, name, f"{PAGE}/assign/", data=data)


def serve_form(world: World, who: int | None, name: str) -> Probe:
    """The form that serves many, filled in from the address."""
    return Probe(who, name, "/staffing/zipcode/serve/?zip_codes=00001")


def serve(world: World, who: int | None, name: str) -> Probe:
    """Ask for a preview, or press with a token that nobody gave: nothing is written."""
    text = world.draw.choice(["00001 00002", "00001–00009", world.words.word(), "\x00", "1"])
    data = {
        "zip_codes": text,
        "served": world.draw.choice(["yes", "no", "perhaps"]),
        "reason": "asked for",
        **world.draw.choice([{}, {"token": "made-up"}]),
    }
    return Probe(who, name, "/staffing/zipcode/serve/", data=data)


def end(world: World, who: int | None, name: str) -> Probe:
    """End an assignment today, or call it off where it has not begun."""
    shown, pk = target(world, who, "assignment")
    probe = Probe(who, name, f"{PAGE}/end/", data={"chosen": [shown], "reason": "asked for"})
    held = world.model.assignments.get(pk or 0)
    if held is None or not world.model.may(who, "delete", "assignment", pk):
        return probe
    today = world.model.today(held.zip)
    if held.ends is not None and held.ends <= today:
        return probe  # it is over
    if held.starts < today:
        probe.effects = [Effect("assignment", pk, {"ends_on": today.isoformat()})]
    else:
        probe.gone = "assignment", pk or 0
    return probe


def view_form(world: World, who: int | None, name: str) -> Probe:
    """The page that begins a view as somebody."""
    shown, _ = target(world, who, "user")
    return Probe(who, name, f"/staffing/user/{shown}/view-as/")


def view(world: World, who: int | None, name: str) -> Probe:
    """Begin a view as somebody."""
    shown, pk = target(world, who, "user")
    model, word = world.model, world.words.word()
    may = model.may(who, "add", "viewing") and pk is not None and may_be_seen_as(world, who, pk)
    effects = [Effect("viewing", None, {"viewer_id": who, "person_id": pk})] if may else []
    data = {"reason": word}
    return Probe(who, name, f"/staffing/user/{shown}/view-as/", data=data, effects=effects)


def may_be_seen_as(world: World, who: int | None, pk: int) -> bool:
    """Colleagues who work, but oneself and engineers."""
    person = world.model.people[pk]
    return (
        person.here and not person.engineer and pk != who and world.model.may_see(who, ("user", pk))
    )


def end_view(world: World, who: int | None, name: str) -> Probe:
    """End a view that is none."""
    return Probe(who, name, "/view-as/end/", data={})


def looked_at_as(world: World, viewer: int, probe: Probe) -> Probe:
    """The same request while the viewer looks as its person: nothing is written by it."""
    probe.viewer = viewer
    probe.effects, probe.gone, probe.signs_in = [], None, None
    # What is for their own person alone is not there.
    if probe.data is not None or probe.endpoint in ("notices", "saved_views"):
        probe.must_show = set()
    return probe
