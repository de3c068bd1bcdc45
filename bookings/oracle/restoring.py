"""Earlier versions of homes, plans and bookings: looked at, and restored."""

from __future__ import annotations

from typing import Any

from bookings.oracle.forms import WRITTEN
from bookings.oracle.judge import Effect, Probe
from bookings.oracle.pages import GARBAGE, HEADED, PATHS, target, words_of
from bookings.oracle.world import MODELS, World

# The columns that a rule may be about: no service refuses other texts.
RULED = {
    "home": ["owner_id", "lifecycle"],
    "plan": ["starts_on", "ends_on", "hosting_allowed"],
    "booking": ["arrives_on", "departs_on", "party_size"],
}


def look(world: World, who: int | None, kind: str) -> Probe:
    """The page of a version of a record, or of none."""
    who = _asker(world, who)
    shown, pk, version = _target(world, who, kind)
    must: set[str] = set()
    if pk is not None and version and world.model.may(who, "restore", kind, pk):
        must = words_of(world, kind, pk, HEADED.get(kind, ""))
    return Probe(who, "restore", _page(world, kind, shown, version), must_show=must)


def restore(world: World, who: int | None, kind: str) -> Probe:
    """Restore a version; what must come of it is told where no rule could refuse it."""
    who = _asker(world, who)
    shown, pk, version = _target(world, who, kind)
    newest = MODELS[kind].history.filter(id=pk or 0).order_by("history_id").last()
    data = {"reason": "asked for", "newest": newest.history_id if newest else 1}
    probe = Probe(who, "restore", _page(world, kind, shown, version), data=data)
    if pk is not None and version and world.model.may(who, "restore", kind, pk):
        name = WRITTEN[kind]
        if _differ(version, newest, [name]) and not _differ(version, newest, RULED[kind]):
            probe.effects = [Effect(kind, pk, {name: getattr(version, name)})]
    return probe


def _asker(world: World, who: int | None) -> int | None:
    """Managers more often than other pages are asked by: nobody else may."""
    return who if world.draw.random() < 0.4 else world.draw.choice(world.of_role("manager"))


def _target(world: World, who: int | None, kind: str) -> tuple[Any, int | None, Any]:
    """A record, more often one that was changed, and one of its versions where there is any."""
    shown, pk = target(world, who, kind)
    changed = [pk for pk in world.ids(kind) if len(world.model.versions[kind, pk]) > 1]
    if changed and world.draw.random() < 0.6:
        shown = pk = world.draw.choice(changed)
    versions = list(MODELS[kind].history.filter(id=pk or 0).order_by("history_id"))
    return shown, pk, world.draw.choice(versions) if versions else None


def _page(world: World, kind: str, shown: Any, version: Any) -> str:
    number = version.history_id if version else world.draw.choice(GARBAGE)
    return f"{PATHS[kind]}{shown}/restore/{number}/"


def _differ(version: Any, newest: Any, columns: list[str]) -> bool:
    return any(getattr(version, name) != getattr(newest, name) for name in columns)
