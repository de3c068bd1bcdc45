"""Requests that only look: a rule for each kind of page."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from tests.oracle.judge import Probe
from tests.oracle.world import World

PATHS = {
    "home": "/bookings/property/",
    "plan": "/bookings/awayplan/",
    "booking": "/bookings/booking/",
    "task": "/bookings/task/",
    "user": "/staffing/user/",
    "zip": "/staffing/zipcode/",
    "assignment": "/staffing/zipassignment/",
    "batch": "/imports/importbatch/",
    "export": "/exports/export/",
    "viewing": "/staffing/viewing/",
}
PLAIN = {
    "index": "/",
    "day_sheet": "/day-sheet/",
    "password_change_done": "/password_change/done/",
}
# The words by which a row is known in its list, in headings and on its form.
LISTED = {
    "home": "name",
    "booking": "guest_name",
    "user": "email",
    "zip": "city",
    "assignment": "note",
    "batch": "file_name",
    "export": "which",
    "viewing": "reason",
}
HEADED = {
    "home": "name",
    "booking": "guest_name",
    "user": "full_name",
    "zip": "city",
    "batch": "file_name",
    "export": "which",
}
ON_FORM = {
    "home": ["name", "external_ref", "street", "city", "amenities"],
    "plan": ["notes", "decision_reason"],
    "booking": ["guest_name", "guest_email", "guest_phone", "source_ref"],
    "task": ["notes", "flag"],
    "user": ["full_name", "email", "phone"],
    "zip": ["city", "county"],
    "assignment": ["note"],
    "batch": ["file_name"],
    "export": ["which"],
    "viewing": ["reason"],
}
GARBAGE = ["abc", "%C2%BD", "-", "9" * 40, "1_0", "_5B", "0", "-1", "%27", "1/2", "None"]
ABSENT = 10**9
AUTOCOMPLETES = [
    ("bookings", "awayplan", "property"),
    ("bookings", "booking", "away_plan"),
    ("bookings", "property", "owner"),
    ("bookings", "property", "zip_code"),
    ("staffing", "zipassignment", "user"),
    ("staffing", "zipassignment", "content_object"),
    ("staffing", "zipassignment", "granted_by"),
    ("bookings", "awayplan", "filed_by"),
    ("bookings", "task", "property"),
    ("bookings", "task", "assignee"),
]


def target(world: World, who: int | None, kind: str) -> tuple[Any, int | None]:
    """What stands in the address, and the id if there is such a record: most of them one's own."""
    chance, pks = world.draw.random(), world.ids(kind)
    if chance < 0.05 or not pks:
        return ABSENT, None
    if chance < 0.1:
        return world.draw.choice(GARBAGE), None
    mine = [pk for pk in pks if world.model.may_see(who, (kind, pk))] if chance < 0.7 else []
    pk = world.draw.choice(mine or pks)
    return pk, pk


def any_word(world: World) -> str:
    """A word of somebody's, foreign as a rule."""
    row = world.draw.choice(list(world.model.words))
    return world.draw.choice(list(world.model.words[row].values()))


def words_of(world: World, kind: str, pk: int | None, *fields: str) -> set[str]:
    """The words of these fields of a record."""
    texts = world.model.words.get((kind, pk or 0), {})
    return {texts[name] for name in fields if name in texts}


def plain(world: World, who: int | None, name: str) -> Probe:
    """A page without an object."""
    return Probe(who, name, PLAIN.get(name, f"/{name}/"))


def apps(world: World, who: int | None, name: str) -> Probe:
    """The pages of one app."""
    return Probe(
        who, name, world.draw.choice(["/bookings/", "/staffing/", "/imports/", "/exports/"])
    )


def nowhere(world: World, who: int | None, name: str) -> Probe:
    """An address that is none, or an old one of an object."""
    kind = world.draw.choice(list(PATHS))
    pk, _ = target(world, who, kind)
    return Probe(who, name, world.draw.choice([f"{PATHS[kind]}{pk}/", f"/r/1/{pk}/", "/nope"]))


def form(world: World, who: int | None, kind: str) -> Probe:
    """The form of a record."""
    shown, pk = target(world, who, kind)
    opens = pk is not None and world.model.may(who, "view", kind, pk)
    must = words_of(world, kind, pk, *ON_FORM[kind]) if opens else set()
    more = world.draw.choice(["", "", "", "?_popup=1", "?_changelist_filters=q%3Dx"])
    return Probe(who, "change", f"{PATHS[kind]}{shown}/change/{more}", must_show=must)


def below(world: World, who: int | None, kind: str) -> Probe:
    """What folds out below a row of a list."""
    shown, _ = target(world, who, kind)
    return Probe(who, "below", f"{PATHS[kind]}{shown}/below/")


def history(world: World, who: int | None, kind: str) -> Probe:
    """The versions of a record."""
    shown, pk = target(world, who, kind)
    must: set[str] = set()
    if pk is not None and world.model.may(who, "view", kind, pk):
        must = words_of(world, kind, pk, HEADED.get(kind, ""))
        made = world.model.versions[kind, pk][:1]  # all that it said when it was made
        for version in made:
            must |= version.words if world.model.may_read(who, (kind, pk), version) else set()
    return Probe(who, "history", f"{PATHS[kind]}{shown}/history/", must_show=must)


def as_of(world: World, who: int | None, name: str) -> Probe:
    """A plan as it is, as it was at some moment, or at none."""
    shown, pk = target(world, who, "plan")
    opens = pk is not None and world.model.may(who, "view", "plan", pk)
    now = timezone.now()
    past = now - datetime.timedelta(milliseconds=world.draw.randrange(20_000))
    at = world.draw.choice([now, now, past, past, past, None])
    asked = {"at": at.isoformat() if at else world.draw.choice(["", *GARBAGE])}
    must = words_of(world, "plan", pk, *ON_FORM["plan"]) if opens and at == now else set()
    return Probe(who, name, f"{PATHS['plan']}{shown}/as-of/?{urlencode(asked)}", must_show=must)


def about(world: World, who: int | None, kind: str) -> Probe:
    """A page about a record: who can see it."""
    shown, _ = target(world, who, kind)
    return Probe(who, "access", f"{PATHS[kind]}{shown}/access/")


def deletion(world: World, who: int | None, kind: str) -> Probe:
    """The page that asks before a deletion."""
    shown, _ = target(world, who, kind)
    return Probe(who, "delete", f"{PATHS[kind]}{shown}/delete/")


def add_form(world: World, who: int | None, kind: str) -> Probe:
    """An empty form, filled in from the address with foreign ids."""
    query = {
        "property": _id(world, who, "home"),
        "away_plan": _id(world, who, "plan"),
        "owner": _id(world, who, "user"),
        "zip_code": _id(world, who, "zip"),
        "user": _id(world, who, "user"),
        "content_object": _id(world, who, "zip"),
    }
    chosen = world.draw.sample(sorted(query), world.draw.randint(0, 3))
    return Probe(
        who, "add", f"{PATHS[kind]}add/?{urlencode({name: query[name] for name in chosen})}"
    )


def _id(world: World, who: int | None, kind: str) -> Any:
    pk, _ = target(world, who, kind)
    return pk


def autocomplete(world: World, who: int | None, name: str) -> Probe:
    """A box to search in, asked for a record by one of its words."""
    app, model, field = world.draw.choice(AUTOCOMPLETES)
    term, must, pks = any_word(world), set(), world.ids("home")
    if field == "property" and pks:
        pk = world.draw.choice(pks)
        [term] = words_of(world, "home", pk, "street")
        if world.model.may(who, "view", "home", pk):
            must = words_of(world, "home", pk, "name")
    elif world.draw.random() < 0.4:
        term = ""
    query = {"app_label": app, "model_name": model, "field_name": field, "term": term}
    return Probe(who, name, f"/autocomplete/?{urlencode(query)}", must_show=must)


def palette(world: World, who: int | None, name: str) -> Probe:
    """The command palette."""
    term = world.draw.choice([any_word(world), "prop", "", "zq"])
    return Probe(who, name, f"/search/?s={term}")
