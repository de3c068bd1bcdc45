"""Changes: the list under filters of all kinds, one of them, their review and their export."""

from __future__ import annotations

from urllib.parse import urlencode

from tests.oracle.judge import Effect, Probe
from tests.oracle.pages import GARBAGE, any_word, target, words_of
from tests.oracle.tables import MODELS
from tests.oracle.world import World

KINDS = {
    "plan": "plan",
    "booking": "booking",
    "task": "task",
    "code": "code",
    "property": "home",
    "assignment": "assignment",
    "zip": "zip",
    "person": "user",
}
ABSENT = 10**9


def listed(world: World, who: int | None, name: str) -> Probe:
    """The list as it opens, or asked for what is somebody else's, or for nonsense."""
    return Probe(who, name, f"/changes/?{_asked(world, who)}")


def _asked(world: World, who: int | None) -> str:
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
    return urlencode(asked)


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
    if kind == "zip":  # its versions have no words of their own
        return False
    if not model.may(who, "view", kind, pk) or (kind == "user" and not model.sees_all(who)):
        return False
    return model.may_read(who, (kind, pk), model.versions[kind, pk][0])


def export(world: World, who: int | None, name: str) -> Probe:
    """The page of the export, and the file of a filter or of all."""
    if world.draw.random() < 0.4:
        return Probe(who, name, f"/changes/export/?{_asked(world, who)}")
    query = world.draw.choice(["", _asked(world, who)])
    probe = Probe(who, name, f"/changes/export/?{query}", data={})
    if world.model.may(who, "export", "change") and not query:
        homes = [pk for pk in world.ids("home") if world.model.may_see(who, ("home", pk))]
        probe.must_show = {word for pk in homes for word in words_of(world, "home", pk, "name")}
        probe.effects = [Effect("export", None, {"exported_by_id": who, "kind": "changes"})]
    return probe


def queue(world: World, who: int | None, name: str) -> Probe:
    """The plans that wait for a review, or those that had one."""
    tab = world.draw.choice(["", "todo", "flagged", "ok", "query", "nonsense"])
    return Probe(who, name, f"/reviews/?tab={tab}&p={world.draw.choice(['1', '2', 'x'])}")


def plan(world: World, who: int | None, name: str) -> Probe:
    """The page of one plan with its changes."""
    shown, pk = target(world, who, "plan")
    must: set[str] = set()
    if pk is not None and world.model.may(who, "view", "review"):
        must = words_of(world, "home", world.model.plans[pk].home, "name")
    return Probe(who, name, f"/reviews/{shown}/", must_show=must)


def sign_off(world: World, who: int | None, name: str) -> Probe:
    """A sign-off of a plan, by somebody who may or may not give one."""
    shown, pk = target(world, who, "plan")
    outcome = world.draw.choice(["ok", "query", "escalated"])
    data = {"outcome": outcome, "note": "checked", "plan_version": 10**12, "booking_version": 0}
    probe = Probe(who, name, f"/reviews/{shown}/", data=data)
    if pk is not None and world.model.may_add(who, "review", who) and not _made_some(who, pk):
        columns = {"plan_id": pk, "reviewed_by_id": who, "outcome": outcome}
        probe.effects = [Effect("review", None, columns)]
    return probe


def _made_some(who: int | None, pk: int) -> bool:
    """Whether this person made a change of the plan: then somebody else has to review it."""
    return bool(MODELS["plan"].history.filter(id=pk, history_user=who).exists())
