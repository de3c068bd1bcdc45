"""Requests that write: valid ones, to records in scope and outside of it."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from bookings.oracle.judge import Effect, Probe
from bookings.oracle.pages import PATHS, target
from bookings.oracle.world import PASSWORD, World, as_text, days

NEW_PASSWORD = "another-long-walk-home"  # noqa: S105  (of people who exist for a moment)
TABLES = {"plan": "awayplan", "booking": "booking"}
INLINES = {"home": "away_plans", "plan": "bookings", "user": "zip_assignments", "zip": "assignments"}
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
    "user": ["full_name", "email", "phone", "user_type", "is_active"],
    "zip": ["is_served"],
    "assignment": ["duty", "starts_on", "ends_on", "note"],
    "batch": ["file_name", "status"],
}
WRITTEN = {  # the field that a change rewrites
    "home": "amenities",
    "plan": "notes",
    "booking": "guest_name",
    "user": "phone",
    "assignment": "note",
    "batch": "file_name",
}
# Each step of a plan: from which states, to which.
STEPS: dict[str, dict[str, tuple[set[str], str]]] = {
    "plan": {
        "approve": ({"submitted"}, "approved"),
        "decline": ({"submitted"}, "declined"),
        "withdraw": ({"draft", "submitted"}, "withdrawn"),
        "start_preparing": ({"approved"}, "preparing"),
        "start": ({"preparing"}, "active"),
        "complete": ({"active"}, "completed"),
        "cancel": ({"approved", "preparing"}, "cancelled"),
    },
    "booking": {
        "confirm": ({"held"}, "confirmed"),
        "check_in": ({"confirmed"}, "checked_in"),
        "check_out": ({"checked_in"}, "checked_out"),
        "cancel": ({"held", "confirmed"}, "cancelled"),
        "no_show": ({"confirmed"}, "no_show"),
    },
}
LIVE = {"held", "confirmed", "checked_in"}


def _form_of(world: World, kind: str, pk: int | None) -> dict[str, Any]:
    """What the form of a record sends if nothing is changed; something like it for none."""
    rows = world.rows
    row = rows.get((kind, pk or 0)) or next((r for k, r in rows.items() if k[0] == kind), {})
    data = {name: row[name] for name in FIELDS[kind] if row.get(name) not in (None, False)}
    if kind == "home":
        data |= {"owner": row["owner_id"], "zip_code": row["zip_code_id"]}
    if kind == "assignment":
        data |= {"user": row["user_id"], "content_object": row["zip_code_id"]}
    if kind in INLINES:
        data |= {f"{INLINES[kind]}-TOTAL_FORMS": 0, f"{INLINES[kind]}-INITIAL_FORMS": 0}
    return {**data, "change_reason": "asked for"}


def change(world: World, who: int | None, kind: str) -> Probe:
    """Save the form of a record with one field rewritten; staff try to move it as well."""
    shown, pk = target(world, who, kind)
    data, model = _form_of(world, kind, pk), world.model
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


def step(world: World, who: int | None, kind: str) -> Probe:
    """Press the button of a step; other records have none, and are moved to a ZIP code."""
    if kind not in STEPS:
        return _move(world, who, kind)
    shown, pk = target(world, who, kind)
    state = _state_of(world, kind, pk)
    fitting = [name for name, (before, _) in STEPS[kind].items() if state in before]
    name = world.draw.choice(fitting or list(STEPS[kind]))
    if world.draw.random() < 0.2:
        name = world.draw.choice(list(STEPS[kind]))
    before, after = STEPS[kind][name]
    valid = state in before and _may_step(world, who, kind, pk, name)
    return Probe(
        who,
        "change",
        f"{PATHS[kind]}{shown}/change/",
        data={**_form_of(world, kind, pk), f"bookings_{TABLES[kind]}_{name}": "1"},
        effects=[Effect(kind, pk, {"status": after})] if valid else [],
    )


def _state_of(world: World, kind: str, pk: int | None) -> str:
    records: dict[int, Any] = {"plan": world.model.plans, "booking": world.model.bookings}[kind]  # type: ignore[assignment]
    return records[pk].status if pk in records else ""


def _may_step(world: World, who: int | None, kind: str, pk: int | None, name: str) -> bool:
    model = world.model
    if pk is None or who is None or not model.may(who, "change", kind, pk):
        return False
    person = model.people[who]
    overrides = person.engineer or person.role == "manager"
    if kind == "plan":
        plan = model.plans[pk]
        if name in ("complete", "cancel", "decline", "withdraw"):
            return not any(b.plan == pk and b.status in LIVE for b in model.bookings.values())
        return name != "approve" or overrides or plan.filed_by != who
    if name == "check_in":
        return overrides or model.plans[model.bookings[pk].plan].status == "active"
    return name != "no_show" or _has_come(world, pk)


def _has_come(world: World, booking: int) -> bool:
    arrives = datetime.date.fromisoformat(world.rows["booking", booking]["arrives_on"])
    home = world.model.home_of(("booking", booking))
    return home is not None and arrives <= world.model.today(home.zip)


def _move(world: World, who: int | None, kind: str) -> Probe:
    """Send a form with another ZIP code, person or role in it."""
    shown, pk = target(world, who, kind)
    data = _form_of(world, kind, pk)
    data |= {
        "zip_code": world.draw.choice(world.ids("zip")),
        "content_object": world.draw.choice(world.ids("zip")),
        "user": world.draw.choice(world.ids("user")),
        "is_superuser": "on",
        "password": "stolen",
    }
    if kind == "user" and pk in world.model.people:
        data["user_type"] = world.draw.choice(["staff", "manager", "auditor", "rerenter"])
    return Probe(who, "change", f"{PATHS[kind]}{shown}/change/", data=data)


def add(world: World, who: int | None, kind: str) -> Probe:
    """Save a new record, filed where it may be and where it may not."""
    data, effects = _form_of(world, kind, None), []
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
    return not taken and model.people[person].role == "staff" and model.may(who, "add", "assignment")


def _sees(world: World, who: int | None, kind: str, pk: int) -> bool:
    return world.model.may_see(who, (kind, pk))


def act(world: World, who: int | None, kind: str) -> Probe:
    """An action on rows of a list, foreign ones among them, or on the whole list."""
    pks = world.ids(kind)
    chosen = world.draw.sample(pks, min(len(pks), world.draw.randint(1, 5)))
    across = world.draw.choice([0, 0, 1])
    approve = kind == "plan" and world.draw.random() < 0.8
    data = {
        "action": "approve_selected" if approve else "delete_selected",
        "_selected_action": [*chosen, *world.draw.sample([10**9, "x", "½", -1], 1)],
        "select_across": across,
        "index": 0,
        "post": "yes",
    }
    effects = []
    if approve and who is not None:
        effects = [
            Effect("plan", pk, {"status": "approved", "decided_by_id": who})
            for pk in (pks if across else chosen)
            if _is_approvable(world, who, pk)
        ]
    return Probe(who, "action", PATHS[kind], data=data, effects=effects)


def _is_approvable(world: World, who: int, pk: int) -> bool:
    plan = world.model.plans[pk]
    mine = world.model.may(who, "decide", "plan", pk)
    return mine and plan.status == "submitted" and plan.filed_by != who


def delete(world: World, who: int | None, kind: str) -> Probe:
    """Confirm a deletion."""
    shown, pk = target(world, who, kind)
    may = pk is not None and world.model.may(who, "delete", kind, pk)
    gone = (kind, pk) if may and kind == "assignment" and pk is not None else None
    return Probe(who, "delete", f"{PATHS[kind]}{shown}/delete/", data={"post": "yes"}, gone=gone)


# Signing in and passwords


def sign_in(world: World, who: int | None, name: str) -> Probe:
    """Sign in as somebody, with the right password or a wrong one."""
    person = world.draw.choice(world.ids("user"))
    right = world.draw.random() < 0.7
    email = as_text("email", world.model.words["user", person]["email"])
    succeeds = right and world.model.people[person].here
    return Probe(
        who,
        name,
        "/login/",
        data={
            "username": email,
            "password": PASSWORD if right else "wrong",
            "next": "/password_change/",
        },
        signs_in=person if succeeds else None,
        must_show=({world.model.words["user", person]["full_name"]} if succeeds else set()),
    )


def sign_out(world: World, who: int | None, name: str) -> Probe:
    """Sign out."""
    return Probe(who, name, "/logout/", data={})


def own_password(world: World, who: int | None, name: str) -> Probe:
    """Change one's own password, knowing the old one or not."""
    knows = world.draw.random() < 0.7
    data = {
        "old_password": PASSWORD if knows else "wrong",
        "new_password1": NEW_PASSWORD,
        "new_password2": NEW_PASSWORD,
    }
    return Probe(who, name, "/password_change/", data=data)


def password(world: World, who: int | None, name: str) -> Probe:
    """Set somebody's password."""
    shown, _ = target(world, who, "user")
    data = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    return Probe(who, name, f"/staffing/user/{shown}/password/", data=data)


# Imports


def upload(world: World, who: int | None, name: str) -> Probe:
    """Upload a file."""
    word = world.words.word()
    content = f"Reference,Name,Owner,Street,ZIP code,Type\nR-1,{word},x@example.com,7 A St,00001,House\n"
    file = SimpleUploadedFile(f"{word}.csv", content.encode(), content_type="text/csv")
    may = world.model.may(who, "import", "home")
    made = Effect("batch", None, {"file_name": f"{word}.csv", "uploaded_by_id": who})
    return Probe(
        who, name, "/bookings/property/import/", data={"file": file}, effects=[made] if may else []
    )


def map_columns(world: World, who: int | None, name: str) -> Probe:
    """Map columns, or read the file with another header line."""
    shown, _ = target(world, who, "batch")
    data = world.draw.choice([{"header_row": 2}, {"header_row": "x"}, {"column_name": "Name"}])
    return Probe(who, name, f"/bookings/property/import/{shown}/mapping/", data=data)


def preview(world: World, who: int | None, name: str) -> Probe:
    """Look at everything again."""
    shown, _ = target(world, who, "batch")
    return Probe(who, name, f"/bookings/property/import/{shown}/preview/", data={})


def commit(world: World, who: int | None, name: str) -> Probe:
    """Write what was previewed."""
    shown, pk = target(world, who, "batch")
    own = pk is not None and world.model.batches[pk] == who
    may = own and world.model.may(who, "import", "home")
    done = Effect("batch", pk, {"status": "committed", "committed_by_id": who})
    return Probe(
        who,
        name,
        f"/bookings/property/import/{shown}/commit/",
        data={},
        effects=[done] if may else [],
    )
