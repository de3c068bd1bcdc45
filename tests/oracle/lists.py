"""Lists: as they open, under filters, searched, as a file, and as the timeline."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.oracle.judge import Effect, Probe
from tests.oracle.pages import GARBAGE, LISTED, PATHS, any_word, target, words_of
from tests.oracle.world import World

SEARCHED = {
    "home": ["name", "street", "external_ref"],
    "booking": ["guest_name", "source_ref"],
    "user": ["full_name", "email"],
    "zip": ["city"],
    "batch": ["file_name"],
    "export": ["which"],
    "viewing": ["reason"],
}


FILTERS: dict[str, list[str]] = {
    "home": ["lifecycle__exact=active", "property_type__exact=house", "zip_code__id__exact={zip}"],
    "plan": [
        "status__exact=submitted",
        "zip_code__id__exact={zip}",
        "starts_on_from=2020-01-01",
        "starts_on__year=2026",
        "starts_on__gte=2020-01-01&starts_on__lt=2099-01-01",
    ],
    "booking": ["status__exact=held", "channel__exact=direct", "zip_code__id__exact={zip}"],
    "task": [
        "status__exact=unassigned",
        "kind__exact=issue",
        "zip_code__id__exact={zip}",
        "assignee__id__exact={user}",
        "when=overdue",
        "due_on__year=2026",
    ],
    "user": ["user_type__exact=staff", "user_type__exact=rerenter", "is_active__exact=1"],
    "zip": ["is_served__exact=1", "kind__exact=standard"],
    "assignment": ["user__id__exact={user}", "content_object__id__exact={zip}"],
    "batch": ["status__exact=previewed"],
    "export": ["status__exact=under_way"],
    "viewing": ["started_at__year=2026"],
}


GUESSES = [
    "owner__full_name__startswith={word}",
    "external_ref__startswith={word}",
    "property__name__contains={word}",
    "password__startswith=m",
    "email__startswith={word}",
    "properties__name__contains={word}",
    "user__email__startswith={word}",
    "content_object__city={word}",
    "uploaded_by__email__startswith={word}",
    "o=1.-2",
    "o=99",
    "p=1",
    "p=x",
    "all=",
    "_popup=1",
    "_to_field=email",
    "_to_field=id",
    "e=1",
]


def listed(world: World, who: int | None, kind: str) -> Probe:
    """A list that is asked for nothing: all that the person may see, nothing else."""
    return Probe(who, "changelist", f"{PATHS[kind]}?p=1", must_show=_in_list(world, who, kind))


def _in_list(world: World, who: int | None, kind: str) -> set[str]:
    if not world.model.may(who, "view", kind):
        return set()
    seen = [pk for pk in world.ids(kind) if world.model.may_see(who, (kind, pk))]
    if kind in ("plan", "task"):
        table: Any = world.model.plans if kind == "plan" else world.model.tasks
        homes = [table[pk].home for pk in seen]
        return {word for pk in homes for word in words_of(world, "home", pk, "name")}
    return {word for pk in seen for word in words_of(world, kind, pk, LISTED[kind])}


def filtered(world: World, who: int | None, kind: str) -> Probe:
    """A list under filters, some of which are nobody's to use."""
    known = world.draw.sample(FILTERS[kind], 1)
    guessed = world.draw.sample(GUESSES, world.draw.randint(0, 1))
    query = "&".join([*known, *guessed]).format(
        zip=world.draw.choice(world.ids("zip")),
        user=world.draw.choice(world.ids("user")),
        word=any_word(world),
    )
    return Probe(who, "changelist", f"{PATHS[kind]}?{query}")


def searched(world: World, who: int | None, kind: str) -> Probe:
    """A list searched for a word, one's own or a foreign one."""
    if kind not in SEARCHED or not world.ids(kind) or world.draw.random() < 0.4:
        return Probe(who, "changelist", f"{PATHS[kind]}?q={any_word(world)}")
    pk, field = world.draw.choice(world.ids(kind)), world.draw.choice(SEARCHED[kind])
    [word] = words_of(world, kind, pk, field)
    must = words_of(world, kind, pk, LISTED[kind]) if world.model.may(who, "view", kind, pk) else ()
    return Probe(who, "changelist", f"{PATHS[kind]}?q={word}", must_show=set(must))


# Files that go out

EXPORT = "/bookings/property/export/"
EXPORTED = ("name", "external_ref", "street", "amenities", "city")


def export_page(world: World, who: int | None, name: str) -> Probe:
    """The page, of the list as it opens or under filters."""
    return Probe(who, name, f"{EXPORT}?{_export_query(world)}")


def download(world: World, who: int | None, name: str) -> Probe:
    """The file: of all there is to see, under filters, or of chosen homes, foreign ones too."""
    query = world.draw.choice(["", "", _export_query(world)])
    data: dict[str, Any] = {"columns": [*EXPORTED, "owner", "zip_code"]}
    homes = world.ids("home")
    if world.draw.random() < 0.5:
        homes = world.draw.sample(homes, min(4, len(homes)))
        ids = [*homes, *world.draw.sample(["x", "", -1, 10**9], 1)]
        data["chosen"] = ",".join(map(str, ids))
    probe = Probe(who, name, f"{EXPORT}?{query}", data=data)
    if world.model.may(who, "export", "home") and not query:
        seen = [pk for pk in homes if world.model.may_see(who, ("home", pk))]
        probe.must_show = {word for pk in seen for word in words_of(world, "home", pk, *EXPORTED)}
        probe.effects = [Effect("export", None, {"exported_by_id": who, "rows": len(seen)})]
    return probe


def _export_query(world: World) -> str:
    known = world.draw.sample(FILTERS["home"], 1)
    guessed = world.draw.sample(GUESSES, world.draw.randint(0, 1))
    zip_code = world.draw.choice(world.ids("zip"))
    return "&".join([*known, *guessed]).format(
        zip=zip_code, user=world.draw.choice(world.ids("user")), word=any_word(world)
    )


# The timeline

TIMELINE = f"{PATHS['plan']}timeline/"


def timeline(world: World, who: int | None, name: str) -> Probe:
    """Every home of the person is there, as a chart or as a table."""
    must: set[str] = set()
    if world.model.may(who, "view", "plan"):
        for pk in world.ids("home"):
            is_there = world.rows["home", pk]["lifecycle"] != "archived"
            if is_there and world.model.may_see(who, ("home", pk)):
                must |= words_of(world, "home", pk, "name")
    return Probe(who, name, f"{TIMELINE}?all=on&rows=500", must_show=must)


def timeline_asked(world: World, who: int | None, name: str) -> Probe:
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
    return Probe(who, name, f"{TIMELINE}?{urlencode(query)}")
