"""Views of lists: one's own, and attempts at those of others."""

from __future__ import annotations

from bookings.oracle.judge import Effect, Probe
from bookings.oracle.pages import target, words_of
from bookings.oracle.world import World

OF = "bookings.property"


def kept(world: World, who: int | None, name: str) -> Probe:
    """The page of the views of homes: one's own, and those that are shared."""
    must: set[str] = set()
    for pk in world.ids("view"):
        if world.model.may_see(who, ("view", pk)):
            must |= words_of(world, "view", pk, "name")
    return Probe(who, name, f"/views/?of={OF}", must_show=must)


def counted(world: World, who: int | None, name: str) -> Probe:
    """How many homes a view has, whatever it asks for."""
    asks = world.draw.choice(["q%3Da", "o%3D1", "zip_code__id__exact%3D1", "owner__email%3Da", ""])
    return Probe(who, name, f"/views/count/?of={OF}&asks={asks}")


def save(world: World, who: int | None, name: str) -> Probe:
    """Save a view without a name, which is refused."""
    return Probe(who, name, "/views/save/", data={"of": OF, "asks": "q=a", "name": ""})


def first(world: World, who: int | None, name: str) -> Probe:
    """Choose a view that is not there."""
    return Probe(who, name, "/views/first/", data={"of": OF, "view": "gone"})


def rename(world: World, who: int | None, name: str) -> Probe:
    """Rename a view, one's own, a shared one, or somebody else's."""
    shown, pk = target(world, who, "view")
    row, word = ("view", pk or 0), world.words.word()
    may = pk is not None and world.model.may_change(who, row, {"name"})
    effects = [Effect("view", pk, {"name": word})] if may else []
    data = {"step": "rename", "name": word}
    return Probe(who, name, f"/views/{shown}/", data=data, effects=effects)
