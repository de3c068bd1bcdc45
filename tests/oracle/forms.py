"""Forms of records: saved with something changed, for a new record, and restored versions."""

from __future__ import annotations

import datetime
from typing import Any

from opsconsole.history.versions import is_kept, newest_version
from tests.oracle.judge import Effect, Probe
from tests.oracle.model import Row
from tests.oracle.pages import GARBAGE, HEADED, PATHS, target, words_of
from tests.oracle.tables import MODELS, State
from tests.oracle.world import World, as_text, days

# The columns that the form of a record sends, besides its relations.
FIELDS: dict[str, list[str]] = {
    "home": [
        "name",
        "external_ref",
        "lifecycle",
        "property_type",
        "street",
        "unit",
        "city",
        "state",
        "bedrooms",
        "bathrooms",
        "max_guests",
        "check_in_from",
        "check_out_until",
        "amenities",
    ],
    "plan": ["starts_on", "ends_on", "hosting_allowed", "notes"],
    "booking": [
        "arrives_on",
        "departs_on",
        "party_size",
        "guest_name",
        "guest_phone",
        "guest_email",
        "channel",
        "source_ref",
    ],
    "task": ["kind", "starts_on", "due_on", "priority", "notes"],
    "user": ["full_name", "email", "phone", "user_type", "is_active"],
    "zip": ["is_served"],
    "assignment": ["duty", "starts_on", "ends_on", "note"],
    "batch": ["file_name", "status"],
    "export": ["which", "rows", "status"],
    "viewing": ["reason"],
}
WRITTEN = {  # the field that a change rewrites
    "home": "amenities",
    "plan": "notes",
    "booking": "guest_name",
    "task": "notes",
    "user": "phone",
    "assignment": "note",
    "batch": "file_name",
    "export": "which",
    "viewing": "reason",
}


def form_of(world: World, kind: str, pk: int | None) -> dict[str, Any]:
    """What the form of a record sends if nothing is changed; something like it for none."""
    rows = world.rows
    row = rows.get((kind, pk or 0)) or rows.get(_first(rows, kind), {})
    data = {name: row[name] for name in FIELDS[kind] if row.get(name) not in (None, False)}
    if kind == "home":
        data |= {"owner": row["owner_id"], "zip_code": row["zip_code_id"]}
    if kind == "assignment":
        data |= {"user": row["user_id"], "content_object": row["zip_code_id"]}
    if kind == "task" and row.get("assignee_id"):
        data["assignee"] = row["assignee_id"]
    return {**data, **_loaded(kind, pk), "change_reason": "asked for"}


def _first(rows: State, kind: str) -> Row:
    return min((row for row in rows if row[0] == kind), default=(kind, 0))


def _loaded(kind: str, pk: int | None) -> dict[str, int]:
    """The version that a page opened just now would name."""
    model = MODELS.get(kind)
    if pk is None or model is None or not is_kept(model):
        return {}
    return {"loaded_version": newest_version(model, pk)}


def change(world: World, who: int | None, kind: str) -> Probe:
    """Save the form of a record with one field rewritten; staff try to move it as well."""
    shown, pk = target(world, who, kind)
    data, model = form_of(world, kind, pk), world.model
    if kind == "zip":
        data.pop("is_served", None)
        written: dict[str, Any] = {"is_served": False}
    else:
        name = WRITTEN[kind]
        word = world.words.phone() if name == "phone" else world.words.word()
        written = {name: as_text(name, word)}
        data |= written
    if kind == "home" and not model.may(who, "add", "home"):
        data |= {
            "owner": world.draw.choice(world.of_role("rerenter")),
            "zip_code": world.draw.choice(world.ids("zip")),
        }
    valid = pk is not None and model.may(who, "change", kind, pk) and kind != "batch"
    if kind == "assignment" and pk is not None and valid:  # the form offers staff alone
        valid = model.people[model.assignments[pk].person].role == "staff"
    return Probe(
        who,
        "change",
        f"{PATHS[kind]}{shown}/change/",
        data=data,
        effects=[Effect(kind, pk, written)] if valid else [],
    )


def delete(world: World, who: int | None, kind: str) -> Probe:
    """Confirm a deletion: nobody deletes a thing, and assignments are ended elsewhere."""
    shown, _ = target(world, who, kind)
    return Probe(who, "delete", f"{PATHS[kind]}{shown}/delete/", data={"post": "yes"})


# New records


def add(world: World, who: int | None, kind: str) -> Probe:
    """Save a new record, filed where it may be and where it may not."""
    data, effects = form_of(world, kind, None), []
    word = world.words.word()
    if kind == "home":
        data |= {"name": word, "external_ref": word, "street": f"{word} Street"}
        data["zip_code"] = world.draw.choice(world.ids("zip"))
        effects = [Effect("home", None, {"external_ref": word})]
        allowed = world.model.may(who, "add", "home")
    elif kind == "plan":
        allowed = _new_plan(world, who, data, word)
        effects = [Effect("plan", None, {"notes": word, "filed_by_id": who})]
    elif kind == "booking":
        allowed = _new_booking(world, who, data, word)
        effects = [Effect("booking", None, {"guest_name": word, "status": "held"})]
    elif kind == "task":
        allowed = _new_task(world, who, data, word)
        effects = [Effect("task", None, {"notes": word, "status": "unassigned"})]
    elif kind == "user":
        data |= {"full_name": word, "email": f"{word}@example.com", "user_type": "staff"}
        data |= {"phone": "", "is_superuser": "on"}
        effects = [Effect("user", None, {"full_name": word, "is_superuser": False})]
        allowed = world.model.may(who, "add", "user")
    elif kind == "assignment":
        allowed = _new_assignment(world, who, data, word)
        effects = [Effect("assignment", None, {"note": word})]
    else:
        allowed = False
    path = f"{PATHS[kind]}add/"
    return Probe(who, "add", path, data=data, effects=effects if allowed else [])


def _new_plan(world: World, who: int | None, data: dict[str, Any], word: str) -> bool:
    home = world.draw.choice(world.ids("home"))
    starts = datetime.date.today() + days(400)
    data |= {"property": home, "starts_on": starts, "ends_on": starts + days(9), "notes": word}
    active = world.model.homes[home].lifecycle == "active"
    return active and world.model.may(who, "add", "plan") and _sees(world, who, "home", home)


def _new_booking(world: World, who: int | None, data: dict[str, Any], word: str) -> bool:
    if not (plans := world.ids("plan")):
        return False
    pk = world.draw.choice(plans)
    plan = world.model.plans[pk]
    ends = datetime.date.fromisoformat(world.rows["plan", pk]["ends_on"])
    data |= {
        "away_plan": pk,
        "arrives_on": ends - days(3),  # the stays of the world are over by then
        "departs_on": ends,
        "party_size": 2,
        "channel": "direct",
        "guest_name": word,
        "guest_phone": "",
        "guest_email": "",
        "source_ref": "",
    }
    hosts = plan.hosting and plan.status in ("approved", "preparing", "active")
    return hosts and world.model.may(who, "add", "booking") and _sees(world, who, "plan", pk)


def _new_task(world: World, who: int | None, data: dict[str, Any], word: str) -> bool:
    home = world.draw.choice(world.ids("home"))
    data |= {"property": home, "kind": "issue", "notes": word}
    return world.model.may(who, "add", "task") and _sees(world, who, "home", home)


def _new_assignment(world: World, who: int | None, data: dict[str, Any], word: str) -> bool:
    model = world.model
    person, zip_code = world.draw.choice(world.ids("user")), world.draw.choice(world.ids("zip"))
    taken = any(a.person == person and a.zip == zip_code for a in model.assignments.values())
    data |= {
        "user": person,
        "content_object": zip_code,
        "duty": "primary",
        "starts_on": datetime.date.today(),
        "ends_on": "",
        "note": word,
    }
    is_staff = model.people[person].here and model.people[person].role == "staff"
    return not taken and is_staff and model.may(who, "add", "assignment")


def _sees(world: World, who: int | None, kind: str, pk: int) -> bool:
    return world.model.may_see(who, (kind, pk))


# Versions

# The columns that a rule may be about: no service refuses other texts.
RULED = {
    "home": ["owner_id", "lifecycle"],
    "plan": ["starts_on", "ends_on", "hosting_allowed"],
    "booking": ["arrives_on", "departs_on", "party_size"],
}


def look_at_version(world: World, who: int | None, kind: str) -> Probe:
    """The page of a version of a record, or of none."""
    who = _asker(world, who)
    shown, pk, version = _version_of(world, who, kind)
    must: set[str] = set()
    if pk is not None and version and world.model.may(who, "restore", kind, pk):
        must = words_of(world, kind, pk, HEADED.get(kind, ""))
    return Probe(who, "restore", _page_of(world, kind, shown, version), must_show=must)


def restore(world: World, who: int | None, kind: str) -> Probe:
    """Restore a version; what must come of it is told where no rule could refuse it."""
    who = _asker(world, who)
    shown, pk, version = _version_of(world, who, kind)
    newest = MODELS[kind].history.filter(id=pk or 0).order_by("history_id").last()
    data = {"reason": "asked for", "newest": newest.history_id if newest else 1}
    probe = Probe(who, "restore", _page_of(world, kind, shown, version), data=data)
    if pk is not None and version and world.model.may(who, "restore", kind, pk):
        name = WRITTEN[kind]
        if _differ(version, newest, [name]) and not _differ(version, newest, RULED[kind]):
            probe.effects = [Effect(kind, pk, {name: getattr(version, name)})]
    return probe


def _asker(world: World, who: int | None) -> int | None:
    """Managers more often than other pages are asked by: nobody else may."""
    return who if world.draw.random() < 0.4 else world.draw.choice(world.of_role("manager"))


def _version_of(world: World, who: int | None, kind: str) -> tuple[Any, int | None, Any]:
    """A record, more often one that was changed, and one of its versions where there is any."""
    shown, pk = target(world, who, kind)
    changed = [pk for pk in world.ids(kind) if len(world.model.versions[kind, pk]) > 1]
    if changed and world.draw.random() < 0.6:
        shown = pk = world.draw.choice(changed)
    versions = list(MODELS[kind].history.filter(id=pk or 0).order_by("history_id"))
    return shown, pk, world.draw.choice(versions) if versions else None


def _page_of(world: World, kind: str, shown: Any, version: Any) -> str:
    number = version.history_id if version else world.draw.choice(GARBAGE)
    return f"{PATHS[kind]}{shown}/restore/{number}/"


def _differ(version: Any, newest: Any, columns: list[str]) -> bool:
    return any(getattr(version, name) != getattr(newest, name) for name in columns)
