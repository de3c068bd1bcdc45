"""The timeline: as it shows every home, and asked for what is somebody else's, or for nonsense."""

from __future__ import annotations

from urllib.parse import urlencode

from bookings.oracle.judge import Probe
from bookings.oracle.pages import GARBAGE, PATHS, any_word, target, words_of
from bookings.oracle.world import World

PAGE = f"{PATHS['plan']}timeline/"


def timeline(world: World, who: int | None, name: str) -> Probe:
    """Every home of the person is there, as a chart or as a table."""
    must: set[str] = set()
    if world.model.may(who, "view", "plan"):
        for pk in world.ids("home"):
            is_there = world.rows["home", pk]["lifecycle"] != "archived"
            if is_there and world.model.may_see(who, ("home", pk)):
                must |= words_of(world, "home", pk, "name")
    return Probe(who, name, f"{PAGE}?all=on&rows=500", must_show=must)


def asked(world: World, who: int | None, name: str) -> Probe:
    """Asked for a home, a ZIP code or a colleague of somebody's."""
    person, _ = target(world, who, "user")
    query = world.draw.choice(
        [
            {"q": any_word(world), "all": "on"},
            {"zip": world.draw.choice(["00001", "00002", any_word(world)]), "all": "on"},
            {"person": person, "all": "on", "as": "table"},
            {"conflicts": "on", "zip": world.draw.choice(["", "00001"])},
            {"status": world.draw.choice(["draft", "cancelled", any_word(world)])},
            {"from": "1999-13-01", "span": any_word(world), "rows": "1", "p": "x"},
            {"as": "table", "p": world.draw.choice(GARBAGE)},
        ]
    )
    return Probe(who, name, f"{PAGE}?{urlencode(query)}")
