"""Door codes of homes, and notes on records: looked at, written, taken back."""

from __future__ import annotations

import datetime
from typing import Any

from bookings.models import AccessSecret
from opsconsole.history.versions import newest_version
from tests.oracle.judge import Effect, Probe
from tests.oracle.pages import PATHS, target, words_of
from tests.oracle.world import World


def codes(world: World, who: int | None, name: str) -> Probe:
    """All codes of a home by what they open."""
    shown, home = target(world, who, "home")
    must: set[str] = set()
    if home is not None and world.model.may(who, "view", "code"):
        for pk, of in world.model.codes.items():
            if of == home and world.model.may_see(who, ("code", pk)):
                must |= words_of(world, "code", pk, "label")
    return Probe(who, name, f"{PATHS['home']}{shown}/codes/", must_show=must)


def add_code(world: World, who: int | None, name: str) -> Probe:
    """A new code, or the form for one."""
    shown, home = target(world, who, "home")
    path, word = f"{PATHS['home']}{shown}/codes/add/", world.words.word()
    if world.draw.random() < 0.3:
        return Probe(who, name, path)
    allowed = home is not None and world.model.may(who, "add", "code")
    effects = [Effect("code", None, {"label": word, "property_id": home})]
    seen = allowed and world.model.may_see(who, ("home", home or 0))
    return Probe(who, name, path, data=_sent(word), effects=effects if seen else [])


def code_form(world: World, who: int | None, name: str) -> Probe:
    """The form of a code."""
    pk, path = _some(world, who)
    opens = pk is not None and world.model.may(who, "change", "code", pk)
    must = words_of(world, "code", pk, "label") if opens else set()
    return Probe(who, name, path, must_show=must)


def change_code(world: World, who: int | None, name: str) -> Probe:
    """Another label, and another code."""
    pk, path = _some(world, who)
    word = world.words.word()
    data = _sent(word)
    if pk is not None:
        data["opened"] = newest_version(AccessSecret, pk)
    allowed = pk is not None and world.model.may(who, "change", "code", pk)
    effects = [Effect("code", pk, {"label": word}, changed="sealed")] if allowed else []
    return Probe(who, name, path, data=data, effects=effects)


def show_code(world: World, who: int | None, name: str) -> Probe:
    """The code itself, with a reason: to managers while it is in use, with a row in the log."""
    pk, path = _some(world, who)
    allowed = pk is not None and world.model.may(who, "change", "code", pk)
    in_use = pk is not None and world.rows["code", pk]["valid_to"] is None
    shown = Effect("reveal", None, {"secret_id": pk, "revealed_by_id": who, "was_shown": True})
    data = {"reason": world.words.word()}
    return Probe(
        who, name, f"{path}show/", data=data, effects=[shown] if allowed and in_use else []
    )


def _some(world: World, who: int | None) -> tuple[int | None, str]:
    """A code, under its home; now and then under another, where it is not."""
    shown, pk = target(world, who, "code")
    home = world.model.codes.get(pk or 0, 0)
    if world.draw.random() < 0.1:
        other = world.draw.choice(world.ids("home"))
        pk, home = (pk if other == home else None), other
    number = shown if isinstance(shown, int) else 0
    return pk, f"{PATHS['home']}{home}/codes/{number}/"


def _sent(label: str) -> dict[str, Any]:
    return {
        "kind": "alarm",
        "label": label,
        "code": "4711#",
        "valid_from": datetime.date.today().isoformat(),
        "valid_to": "",
        "reason": "",
    }


# Notes


def notes(world: World, who: int | None, name: str) -> Probe:
    """All notes on a record."""
    kind = _kind(name)
    shown, pk = target(world, who, kind)
    must: set[str] = set()
    for number, note in world.model.notes.items():
        if note.on == (kind, pk) and world.model.may_see(who, ("note", number)):
            must |= words_of(world, "note", number, "text")
    return Probe(who, name, f"{PATHS[kind]}{shown}/notes/", must_show=must)


def add_note(world: World, who: int | None, name: str) -> Probe:
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


def withdraw_note(world: World, who: int | None, name: str) -> Probe:
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
