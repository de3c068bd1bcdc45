"""One's own notices, and attempts at those of others."""

from __future__ import annotations

from bookings.oracle.judge import Effect, Probe
from bookings.oracle.pages import target, words_of
from bookings.oracle.world import World


def listed(world: World, who: int | None, name: str) -> Probe:
    """The page of one's own notices: all of them are on its first page."""
    must: set[str] = set()
    for pk in world.ids("notice"):
        if world.model.may_see(who, ("notice", pk)):
            must |= words_of(world, "notice", pk, "sentence")
    return Probe(who, name, "/notices/", must_show=must)


def mark(world: World, who: int | None, name: str) -> Probe:
    """Mark a notice as read, one's own or somebody else's, and perhaps open it."""
    shown, pk = target(world, who, "notice")
    data = world.draw.choice([{}, {"open": ""}])
    mine = pk is not None and world.model.may_see(who, ("notice", pk))
    unread = mine and world.rows["notice", pk or 0]["read_at"] is None
    read = Effect("notice", pk, {}, changed="read_at")
    effects = [read] if unread else []
    return Probe(who, name, f"/notices/{shown}/read/", data=data, effects=effects)


def mark_all(world: World, who: int | None, name: str) -> Probe:
    """Mark all of one's own as read."""
    mine = [pk for pk in world.ids("notice") if world.model.may_see(who, ("notice", pk))]
    unread = [pk for pk in mine if world.rows["notice", pk]["read_at"] is None]
    effects = [Effect("notice", pk, {}, changed="read_at") for pk in unread]
    return Probe(who, name, "/notices/read/", data={}, effects=effects)
