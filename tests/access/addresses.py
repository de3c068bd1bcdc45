"""Every address of the console: what it is about, and what becomes of who asks it.

A NEW PAGE needs one line in TABLE, under the name of its URL. If it takes a POST, say in BODIES
what a willing person would send; if a GET needs a query, in QUERIES.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms.models import model_to_dict
from django.urls import get_resolver

from tests.factories import PASSWORD, days, today
from tests.imports.files import as_csv
from tests.imports.files import home as file_row

NEW_PASSWORD = "orchard-lantern-42"

# What becomes of a request:
#   sees    200, with the record's own word if the address is about a record (or lists one: -home)
#   home    redirected home, with the same words as for a record that does not exist
#   moves   redirected to another address of the console, whatever the record
#   form    200: the form again, or a page that says no; nothing is written
#   writes  something is written (by staff: in their own ZIP codes alone)
#   403     access denied          404  not found          405  not for this method
# Those who are not let in (anonymous, ReRenters, the deactivated) get the sign-in page, or what
# the last lines of the table say.
#
# about: the record in the address or in what is posted; "-home": no record, but a list that shows
# it; "-": nothing. Two records, as owner+colleague, are asked one after the other. Staff "own"
# means: that person may see that record.
TABLE = """
                                                   GET                             POST
name                                about           own   other audit mgr   eng     own    other  audit  mgr    eng

index                               -waiting        sees  sees  sees  sees  sees    form   form   form   form   form
app_list                            -               sees  sees  sees  sees  sees    form   form   form   form   form
search                              -               sees  sees  sees  sees  sees    form   form   form   form   form
autocomplete                        -home           sees  sees  sees  sees  sees    405    405    405    405    405
jsi18n                              -               sees  sees  sees  sees  sees    405    405    405    405    405
password_change                     -               sees  sees  sees  sees  sees    writes writes writes writes writes
password_change_done                -               sees  sees  sees  sees  sees    405    405    405    405    405
(?P<url>.*)$                        -               404   404   404   404   404     404    404    404    404    404

bookings_property_changelist        -home           sees  sees  sees  sees  sees    form   form   form   form   form
bookings_property_add               home            403   403   403   sees  sees    403    403    403    writes writes
bookings_property_change            home            sees  home  sees  sees  sees    writes home   403    writes writes
bookings_property_history           home            sees  home  sees  sees  sees    sees   home   sees   sees   sees
bookings_property_delete            home            403   403   403   403   sees    403    403    403    403    form
bookings/property/<object_id>/      home            moves moves moves moves moves   moves  moves  moves  moves  moves
bookings_property_import_from_file  -               403   403   403   moves moves   403    403    403    moves  moves
bookings_property_import            -               403   403   403   sees  sees    403    403    403    writes writes
bookings_property_import_mapping    upload          403   403   403   sees  404     403    403    403    writes 404
bookings_property_import_preview    upload          403   403   403   sees  404     403    403    403    writes 404
bookings_property_import_commit     upload          403   403   403   405   404     403    403    403    writes 404
bookings_property_import_report     upload          403   403   403   moves 404     403    403    403    moves  404
bookings_property_import_rejects    upload          403   403   403   sees  404     403    403    403    sees   404

bookings_awayplan_changelist        -waiting        sees  sees  sees  sees  sees    writes form   form   writes writes
bookings_awayplan_add               waiting         sees  sees  403   sees  sees    writes form   403    writes writes
bookings_awayplan_change            waiting         sees  home  sees  sees  sees    writes home   403    writes writes
bookings_awayplan_history           plan            sees  home  sees  sees  sees    sees   home   sees   sees   sees
bookings_awayplan_delete            waiting         403   403   403   403   sees    403    403    403    403    writes
bookings/awayplan/<object_id>/      plan            moves moves moves moves moves   moves  moves  moves  moves  moves

bookings_booking_changelist         -booking        sees  sees  sees  sees  sees    form   form   form   form   form
bookings_booking_add                booking         sees  sees  403   sees  sees    writes form   403    writes writes
bookings_booking_change             booking         sees  home  sees  sees  sees    writes home   403    writes writes
bookings_booking_history            booking         sees  home  sees  sees  sees    sees   home   sees   sees   sees
bookings_booking_delete             booking         403   403   403   403   sees    403    403    403    403    writes
bookings/booking/<object_id>/       booking         moves moves moves moves moves   moves  moves  moves  moves  moves

staffing_user_changelist            -owner          sees  sees  sees  sees  sees    form   form   form   form   form
staffing_user_add                   owner           403   403   403   sees  sees    403    403    403    writes writes
staffing_user_change                owner+colleague sees  home  sees  sees  sees    403    403    403    writes writes
staffing_user_history               owner+colleague sees  home  sees  sees  sees    sees   home   sees   sees   sees
staffing_user_delete                owner+colleague 403   403   403   403   sees    403    403    403    403    form
staffing_user_set_password          colleague       403   403   403   moves moves   403    403    403    moves  moves
auth_user_password_change           colleague       403   403   403   sees  sees    403    403    403    writes writes
staffing/user/<object_id>/          owner+colleague moves moves moves moves moves   moves  moves  moves  moves  moves

staffing_zipcode_changelist         -zip_code       sees  sees  sees  sees  sees    form   form   form   form   form
staffing_zipcode_add                zip_code        403   403   403   403   403     403    403    403    403    403
staffing_zipcode_change             zip_code        sees  home  sees  sees  sees    403    403    403    writes writes
staffing_zipcode_history            zip_code        sees  home  sees  sees  sees    sees   home   sees   sees   sees
staffing_zipcode_delete             zip_code        403   403   403   403   sees    403    403    403    403    form
staffing/zipcode/<object_id>/       zip_code        moves moves moves moves moves   moves  moves  moves  moves  moves

staffing_zipassignment_changelist   -assignment     sees  sees  sees  sees  sees    form   form   form   form   form
staffing_zipassignment_add          assignment      403   403   403   sees  sees    403    403    403    writes writes
staffing_zipassignment_change       assignment      sees  home  sees  sees  sees    403    403    403    writes writes
staffing_zipassignment_history      assignment      sees  home  sees  sees  sees    sees   home   sees   sees   sees
staffing_zipassignment_delete       assignment      403   403   403   sees  sees    403    403    403    writes writes
staffing/zipassignment/<object_id>/ assignment      moves moves moves moves moves   moves  moves  moves  moves  moves

imports_importbatch_changelist      -batch          403   403   sees  sees  sees    403    403    form   form   form
imports_importbatch_add             batch           403   403   403   403   403     403    403    403    403    403
imports_importbatch_change          batch           403   403   sees  sees  sees    403    403    403    403    403
imports_importbatch_history         batch           home  home  sees  sees  sees    home   home   sees   sees   sees
imports_importbatch_delete          batch           403   403   403   403   sees    403    403    403    403    writes
imports_importbatch_open_pages      batch           403   403   moves moves moves   403    403    moves  moves  moves
imports/importbatch/<object_id>/    batch           moves moves moves moves moves   moves  moves  moves  moves  moves

login                               -               moves moves moves moves moves   form   form   form   form   form
logout                              -               405   405   405   405   405     form   form   form   form   form
"""  # noqa: E501  (a table is read across)

QUERIES = {
    "search": "s=a",
    "autocomplete": "app_label=bookings&model_name=awayplan&field_name=property&term=home",
}
COLUMNS = ("own", "other", "auditor", "manager", "engineer")


@dataclass(frozen=True)
class Address:
    """One line of the table."""

    name: str
    about: tuple[str, ...]  # the records in the address or in what is posted
    lists: str  # the record that a list shows
    get: dict[str, str]
    post: dict[str, str]


def addresses() -> dict[str, Address]:
    """The lines of the table by name."""
    lines = [line.split() for line in TABLE.splitlines()[3:] if line.strip()]
    return {name: _address(name, about, outcomes) for name, about, *outcomes in lines}


def _address(name: str, about: str, outcomes: list[str]) -> Address:
    records = () if about.startswith("-") else tuple(about.split("+"))
    get, post = (dict(zip(COLUMNS, part, strict=True)) for part in (outcomes[:5], outcomes[5:]))
    return Address(name, records, about.removeprefix("-"), get, post)


def routes() -> dict[str, str]:
    """Every address that the console answers: its name, or its route where it has no name."""
    found: dict[str, str] = {}
    for route, name in _walk(get_resolver()):
        key = name or route.replace("path:", "")
        assert key not in found, f"Two addresses are called {key}."
        found[key] = route
    return found


def _walk(resolver: Any, prefix: str = "") -> Iterator[tuple[str, str | None]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from _walk(entry, route)
        else:
            yield route, entry.name


def path_of(name: str, route: str, pk: Any = "") -> str:
    """An address to ask: the record's id, an app, or words where the route has a gap."""
    gaps = {"app_label": "bookings", "url": "no/such/page"}
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)|[$^]", lambda m: gaps.get(m[1] or "", ""), route)
    path = re.sub(r"<[^>]+>", str(pk), path)
    return f"/{path}" + (f"?{QUERIES[name]}" if name in QUERIES else "")


# What a willing person would send

EMPTY_INLINES = {
    f"{prefix}-{part}_FORMS": 0
    for prefix in ("away_plans", "bookings", "zip_assignments", "assignments")
    for part in ("TOTAL", "INITIAL")
}


def fields_of(record: Any, **changes: Any) -> dict[str, Any]:
    """The form of a record as its page would send it, changed here and there."""
    fields = {**model_to_dict(record), **changes}
    sent = {name: value for name, value in fields.items() if value not in (None, False, b"")}
    return {**sent, **EMPTY_INLINES, "change_reason": "To see what happens"}


def new_home(place: Any, record: str) -> dict[str, Any]:
    new = {"external_ref": "NEW-1", "street": "77 New Street", "unit": "", "name": "New home"}
    return fields_of(place.home, **new)


def new_plan(place: Any, record: str) -> dict[str, Any]:
    dates = {"starts_on": today() + days(80), "ends_on": today() + days(90)}
    return {"property": place.waiting.property_id, "hosting_allowed": "on", "notes": "", **dates}


def new_booking(place: Any, record: str) -> dict[str, Any]:
    dates = {"arrives_on": today() + days(15), "departs_on": today() + days(17)}
    guest = {"guest_name": "Gus Guest", "party_size": 1, "channel": "phone"}
    return {"away_plan": place.booking.away_plan_id, **dates, **guest}


def new_person(place: Any, record: str) -> dict[str, Any]:
    return {"full_name": "New Person", "email": "new@example.com", "user_type": "staff"}


def new_assignment(place: Any, record: str) -> dict[str, Any]:
    dates = {"starts_on": today() - days(500), "ends_on": today() - days(400)}
    who = {"user": place.assignment.user_id, "content_object": place.assignment.content_object_id}
    return {**who, "duty": "backup", "note": "", **dates}


def approve_everything(place: Any, record: str) -> dict[str, Any]:
    """Every id that there is, whatever of, and "select all" besides."""
    ids = {pk for model in admin.site._registry for pk in model._base_manager.values_list("pk")}
    return {
        "action": "approve_selected",
        "_selected_action": [pk for (pk,) in sorted(ids)],
        "select_across": 1,
    }


def delete_everything(place: Any, record: str) -> dict[str, Any]:
    return {**approve_everything(place, record), "action": "delete_selected", "post": "yes"}


def a_file(place: Any, record: str) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("homes.csv", as_csv(file_row("H-1")))}


def columns_of(place: Any, record: str) -> dict[str, Any]:
    return {f"column_{field}": name for name, field in place.batch.mapping.items()}


def yes(place: Any, record: str) -> dict[str, Any]:
    return {"post": "yes"}


def own_password(place: Any, record: str) -> dict[str, Any]:
    return {
        "old_password": PASSWORD,
        "new_password1": NEW_PASSWORD,
        "new_password2": NEW_PASSWORD,
    }


def their_password(place: Any, record: str) -> dict[str, Any]:
    return {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}


def edited(**changes: Any) -> Callable[[Any, str], dict[str, Any]]:
    return lambda place, record: fields_of(getattr(place, record), **changes)


BODIES: dict[str, Callable[[Any, str], dict[str, Any]]] = {
    "password_change": own_password,
    "auth_user_password_change": their_password,
    "bookings_property_changelist": delete_everything,
    "bookings_property_add": new_home,
    "bookings_property_change": edited(name="Renamed"),
    "bookings_property_import": a_file,
    "bookings_property_import_mapping": columns_of,
    "bookings_awayplan_changelist": approve_everything,
    "bookings_awayplan_add": new_plan,
    "bookings_awayplan_change": edited(notes="Rewritten", status="approved"),
    "bookings_booking_changelist": delete_everything,
    "bookings_booking_add": new_booking,
    "bookings_booking_change": edited(guest_name="Renamed"),
    "staffing_user_changelist": delete_everything,
    "staffing_user_add": new_person,
    "staffing_user_change": edited(full_name="Renamed"),
    "staffing_zipcode_changelist": delete_everything,
    "staffing_zipcode_change": edited(is_served=False),
    "staffing_zipassignment_changelist": delete_everything,
    "staffing_zipassignment_add": new_assignment,
    "staffing_zipassignment_change": edited(note="Renamed"),
    "imports_importbatch_changelist": delete_everything,
    **{
        f"{page}_delete": yes
        for page in (
            "bookings_property",
            "bookings_awayplan",
            "bookings_booking",
            "staffing_user",
            "staffing_zipcode",
            "staffing_zipassignment",
            "imports_importbatch",
        )
    },
}

ADDRESSES, ROUTES = addresses(), routes()
