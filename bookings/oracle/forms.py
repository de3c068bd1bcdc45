"""Forms of records, saved with something changed, in scope and outside of it."""

from __future__ import annotations

from typing import Any

from bookings.oracle.judge import Effect, Probe
from bookings.oracle.pages import PATHS, target
from bookings.oracle.world import MODELS, World, as_text
from opsconsole.history.versions import is_kept, newest_version

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
    row = rows.get((kind, pk or 0)) or next((r for k, r in rows.items() if k[0] == kind), {})
    data = {name: row[name] for name in FIELDS[kind] if row.get(name) not in (None, False)}
    if kind == "home":
        data |= {"owner": row["owner_id"], "zip_code": row["zip_code_id"]}
    if kind == "assignment":
        data |= {"user": row["user_id"], "content_object": row["zip_code_id"]}
    if kind == "task" and row.get("assignee_id"):
        data["assignee"] = row["assignee_id"]
    return {**data, **_loaded(kind, pk), "change_reason": "asked for"}


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
