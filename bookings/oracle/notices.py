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


def calendar(world: World, who: int | None, name: str) -> Probe:
    """Make or end the address of one's own calendar."""
    return Probe(who, name, f"/calendar/{name.split('_')[1]}/", data={})


def feed(world: World, who: int | None, name: str) -> Probe:
    """A calendar that nobody has."""
    return Probe(who, name, f"/calendar/{world.words.word()}.ics")


def mute(world: World, who: int | None, name: str) -> Probe:
    """Mute a kind of notices, or something that is none."""
    kind = world.draw.choice(["note", "import", "mention", world.words.word()])
    here = who is not None and world.model.people[who].here
    effects = [Effect("mute", None, {"person_id": who, "kind": kind})]
    has = any(row["kind"] == kind and row["person_id"] == who for row in _mutes(world))
    wanted = here and kind in ("note", "import") and not has
    return Probe(
        who, name, "/notices/mute/", data={"kind": kind}, effects=effects if wanted else []
    )


def unmute(world: World, who: int | None, name: str) -> Probe:
    """Be told again, oneself or somebody else."""
    shown, pk = target(world, who, "mute")
    gone = ("mute", pk) if pk is not None and world.model.may_see(who, ("mute", pk)) else None
    return Probe(who, name, f"/notices/muted/{shown}/end/", data={}, gone=gone)


def _mutes(world: World) -> list[dict[str, object]]:
    return [row for (kind, _), row in world.rows.items() if kind == "mute"]
