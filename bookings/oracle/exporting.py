"""Files that go out: the page that asks for columns, and the download."""

from __future__ import annotations

from typing import Any

from bookings.oracle.judge import Effect, Probe
from bookings.oracle.lists import FILTERS, GUESSES
from bookings.oracle.pages import any_word, words_of
from bookings.oracle.world import World

PAGE = "/bookings/property/export/"
WRITTEN = ("name", "external_ref", "street", "amenities", "city")


def page(world: World, who: int | None, name: str) -> Probe:
    """The page, of the list as it opens or under filters."""
    return Probe(who, name, f"{PAGE}?{_query(world)}")


def download(world: World, who: int | None, name: str) -> Probe:
    """The file: of all there is to see, under filters, or of chosen homes, foreign ones too."""
    query = world.draw.choice(["", "", _query(world)])
    data: dict[str, Any] = {"columns": [*WRITTEN, "owner", "zip_code"]}
    homes = world.ids("home")
    if world.draw.random() < 0.5:
        homes = world.draw.sample(homes, min(4, len(homes)))
        ids = [*homes, *world.draw.sample(["x", "", -1, 10**9], 1)]
        data["chosen"] = ",".join(map(str, ids))
    probe = Probe(who, name, f"{PAGE}?{query}", data=data)
    if world.model.may(who, "export", "home") and not query:
        seen = [pk for pk in homes if world.model.may_see(who, ("home", pk))]
        probe.must_show = {word for pk in seen for word in words_of(world, "home", pk, *WRITTEN)}
        probe.effects = [Effect("export", None, {"exported_by_id": who, "rows": len(seen)})]
    return probe


def _query(world: World) -> str:
    known = world.draw.sample(FILTERS["home"], 1)
    guessed = world.draw.sample(GUESSES, world.draw.randint(0, 1))
    zip_code = world.draw.choice(world.ids("zip"))
    return "&".join([*known, *guessed]).format(
        zip=zip_code, user=world.draw.choice(world.ids("user")), word=any_word(world)
    )
