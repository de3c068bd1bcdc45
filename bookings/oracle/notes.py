"""Notes on homes, plans, bookings and tasks: read, written, and taken back."""

from __future__ import annotations

from bookings.oracle.judge import Effect, Probe
from bookings.oracle.pages import PATHS, target, words_of
from bookings.oracle.world import World


def listed(world: World, who: int | None, name: str) -> Probe:
    """All notes on a record."""
    kind = _kind(name)
    shown, pk = target(world, who, kind)
    must: set[str] = set()
    for number, note in world.model.notes.items():
        if note.on == (kind, pk) and world.model.may_see(who, ("note", number)):
            must |= words_of(world, "note", number, "text")
    return Probe(who, name, f"{PATHS[kind]}{shown}/notes/", must_show=must)


def add(world: World, who: int | None, name: str) -> Probe:
    """Another note; now and then with somebody in it who is not there."""
    kind, word = _kind(name), world.words.word()
    shown, pk = target(world, who, kind)
    allowed = pk is not None and world.model.may(who, "add", "note")
    seen = allowed and world.model.may_see(who, (kind, pk or 0))
    text = world.draw.choice([word, word, f"@{word}"])
    effects = [Effect("note", None, {"text": word, "written_by_id": who})]
    is_written = seen and text == word
    path = f"{PATHS[kind]}{shown}/notes/"
    return Probe(who, name, path, data={"note": text}, effects=effects if is_written else [])


def withdraw(world: World, who: int | None, name: str) -> Probe:
    """Take back a note, one's own or somebody else's, now and then under another record."""
    kind = _kind(name)
    shown, pk = target(world, who, "note")
    note = world.model.notes.get(pk or 0)
    on = note.on[1] if note and note.on[0] == kind else target(world, who, kind)[0]
    is_there = note is not None and note.on == (kind, on)
    mine = is_there and note is not None and note.by == who
    may = mine and world.model.may(who, "change", "note", pk)
    fresh = may and world.rows["note", pk or 0]["withdrawn_at"] is None
    effects = [Effect("note", pk, {"withdrawn_by_id": who})] if fresh else []
    number = shown if isinstance(shown, int) else 0
    return Probe(who, name, f"{PATHS[kind]}{on}/notes/{number}/withdraw/", data={}, effects=effects)


def _kind(name: str) -> str:
    """The kind of record that an address is about: bookings_awayplan_notes."""
    return KINDS[name.split("_")[1]]


KINDS = {"property": "home", "awayplan": "plan", "booking": "booking", "task": "task"}
