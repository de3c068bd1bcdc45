"""The list of changes, under filters of all kinds, and the page of one."""

from __future__ import annotations

from urllib.parse import urlencode

from bookings.oracle.judge import Probe
from bookings.oracle.pages import GARBAGE, any_word, target
from bookings.oracle.world import MODELS, World

KINDS = {
    "plan": "plan",
    "booking": "booking",
    "property": "home",
    "assignment": "assignment",
    "person": "user",
}
ABSENT = 10**9


def listed(world: World, who: int | None, name: str) -> Probe:
    """The list as it opens, or asked for what is somebody else's, or for nonsense."""
    word, slug = any_word(world), world.draw.choice(list(KINDS))
    pk, _ = target(world, who, KINDS[slug])
    nonsense = world.draw.choice(GARBAGE)
    asked = world.draw.choice(
        [
            {},
            {"what": slug},
            {"actor": word},
            {"property": word},
            {"reason": word},
            {"zip": world.draw.choice(["00001", "00002", word])},
            {"record": f"{slug}-{pk}"},
            {"file": word},
            {"kind": "-", "what": slug},
            {"role": world.draw.choice(["staff", "manager", "nobody"])},
            {world.draw.choice(["since", "until", "after", "request", "field"]): nonsense},
            {"after": f"{slug}:{10**15}:{ABSENT}"},
        ]
    )
    return Probe(who, name, f"/changes/?{urlencode(asked)}")


def one(world: World, who: int | None, name: str) -> Probe:
    """The page of one change: the making of a record tells all that it said then."""
    slug = name.removeprefix("changes_")
    kind = KINDS[slug]
    shown, pk = target(world, who, kind)
    if pk is None:
        return Probe(who, name, f"/changes/{slug}/{shown}/")
    history = MODELS[kind].history.filter(id=pk).order_by("history_id")
    numbers = list(history.values_list("pk", flat=True))
    number = world.draw.choice(numbers)
    must: set[str] = set()
    if number == numbers[0] and _may_read_the_first(world, who, kind, pk):
        must = world.model.versions[kind, pk][0].words
    return Probe(who, name, f"/changes/{slug}/{number}/", must_show=must)


def _may_read_the_first(world: World, who: int | None, kind: str, pk: int) -> bool:
    model = world.model
    if not model.may(who, "view", kind, pk) or (kind == "user" and not model.sees_all(who)):
        return False
    return model.may_read(who, (kind, pk), model.versions[kind, pk][0])
