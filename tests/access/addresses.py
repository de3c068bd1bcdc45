"""Every address of the console: what it is about, and what becomes of who asks it.

A NEW PAGE needs one line in TABLE, under the name of its URL. If it takes a POST, say in BODIES of
tests/access/bodies.py what a willing person would send; if a GET needs a query, in QUERIES.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver

# What becomes of a request:
#   sees    200, with the record's own word if the address is about a record (or lists one: -home)
#   home    redirected home, with the same words as for a record that does not exist
#   moves   redirected to another address of the console, whatever the record
#   form    200: the form again, or a page that says no; nothing is written
#   writes  something is written (by staff: in their own ZIP codes alone)
#   403     access denied          404  not found          405  not for this method
# Those who are not let in (anonymous, ReRenters, the deactivated) get the sign-in page, but for
# FOR_OUTSIDERS of tests/test_access.py.
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
calendar                            -               sees  sees  sees  sees  sees    405    405    405    405    405
day_sheet                           -               sees  sees  sees  sees  sees    405    405    405    405    405
calendar_make                       -               405   405   405   405   405     writes writes writes writes writes
calendar_end                        -               405   405   405   405   405     moves  moves  moves  moves  moves
calendar_feed                       feed            404   404   404   404   404     405    405    405    405    405
notices                             -notice         sees  sees  sees  sees  sees    405    405    405    405    405
notice_read                         notice          405   405   405   405   405     writes 404    404    404    404
notices_mute                        -               405   405   405   405   405     writes writes writes writes writes
notices_unmute                      mute            405   405   405   405   405     writes 404    404    404    404
notices_read                        -               405   405   405   405   405     writes moves  moves  writes moves
saved_views                         -view           sees  sees  sees  sees  sees    405    405    405    405    405
saved_views_save                    -               405   405   405   405   405     writes writes writes writes writes
saved_views_first                   -               405   405   405   405   405     writes writes writes writes writes
saved_views_count                   -               sees  sees  sees  sees  sees    405    405    405    405    405
saved_view                          view            405   405   405   405   405     writes 404    404    404    404
password_change                     -               sees  sees  sees  sees  sees    writes writes writes writes writes
password_change_done                -               sees  sees  sees  sees  sees    405    405    405    405    405
(?P<url>.*)$                        -               404   404   404   404   404     404    404    404    404    404

bookings_property_changelist        -home           sees  sees  sees  sees  sees    form   form   form   form   form
bookings_property_add               home            403   403   403   sees  sees    403    403    403    writes writes
bookings_property_change            home            sees  home  sees  sees  sees    writes home   403    writes writes
bookings_property_below             home            sees  404   sees  sees  sees    405    405    405    405    405
bookings_property_history           home            sees  home  sees  sees  sees    sees   home   sees   sees   sees
bookings_property_restore           home_past       403   403   403   sees  sees    403    403    403    writes writes
bookings_property_access            home            sees  home  sees  sees  sees    form   home   form   form   form
bookings_property_delete            home            403   403   403   403   403     403    403    403    403    403
bookings_property_notes               home            sees  home  sees  sees  sees    writes home   403    writes writes
bookings_property_note_withdraw       home_note       405   405   405   405   405     writes home   403    moves  moves
bookings/property/<object_id>/      home            moves moves moves moves moves   moves  moves  moves  moves  moves
bookings_property_import            -               403   403   403   sees  sees    403    403    403    writes writes
bookings_property_import_template   -               403   403   403   sees  sees    403    403    403    sees   sees
bookings_property_import_mapping    upload          403   403   403   sees  404     403    403    403    writes 404
bookings_property_import_preview    upload          403   403   403   sees  404     403    403    403    writes 404
bookings_property_import_commit     upload          403   403   403   405   404     403    403    403    writes 404
bookings_property_import_report     upload          403   403   403   moves 404     403    403    403    moves  404
bookings_property_import_rejects    upload          403   403   403   sees  404     403    403    403    sees   404
bookings_property_import_progress   upload          403   403   403   moves 404     403    403    403    moves  404
bookings_property_import_stop       upload          403   403   403   405   404     403    403    403    moves  404
bookings_property_import_undo       batch           403   403   403   sees  sees    403    403    403    sees   sees
bookings_property_export            -               403   403   403   sees  sees    403    403    403    writes writes
bookings_property_codes             home            sees  home  sees  sees  sees    405    405    405    405    405
bookings_property_code_add          home            403   403   403   sees  sees    403    403    403    writes writes
bookings_property_code_change       code            403   403   403   sees  sees    403    403    403    writes writes
bookings_property_code_show         code            405   405   405   405   405     403    home   403    writes writes

bookings_awayplan_changelist        -waiting        sees  sees  sees  sees  sees    writes form   form   writes writes
bookings_awayplan_waiting           -waiting        sees  sees  403   sees  sees    405    405    405    405    405
bookings_awayplan_decide            waiting         405   405   405   405   405     writes moves  403    writes writes
bookings_awayplan_add               waiting         sees  sees  403   sees  sees    writes form   403    writes writes
bookings_awayplan_change            waiting         sees  home  sees  sees  sees    writes home   403    writes writes
bookings_awayplan_below             plan            sees  404   sees  sees  sees    405    405    405    405    405
bookings_awayplan_history           plan            sees  home  sees  sees  sees    sees   home   sees   sees   sees
bookings_awayplan_as_of             plan            sees  home  sees  sees  sees    405    405    405    405    405
bookings_awayplan_step              plan            405   405   405   405   405     writes moves  403    writes writes
bookings_awayplan_timeline          -home           sees  sees  sees  sees  sees    405    405    405    405    405
bookings_awayplan_restore           plan_past       403   403   403   sees  sees    403    403    403    writes writes
bookings_awayplan_access            plan            sees  home  sees  sees  sees    form   home   form   form   form
bookings_awayplan_delete            waiting         403   403   403   403   403     403    403    403    403    403
bookings_awayplan_import            -               403   403   403   sees  sees    403    403    403    writes writes
bookings_awayplan_import_mapping    plan_upload     403   403   403   sees  404     403    403    403    writes 404
bookings_awayplan_import_preview    plan_upload     403   403   403   sees  404     403    403    403    writes 404
bookings_awayplan_import_commit     plan_upload     403   403   403   405   404     403    403    403    writes 404
bookings_awayplan_import_report     plan_upload     403   403   403   moves 404     403    403    403    moves  404
bookings_awayplan_import_rejects    plan_upload     403   403   403   sees  404     403    403    403    sees   404
bookings_awayplan_import_template -         403   403   403   sees  sees    403    403    403    sees   sees
bookings_awayplan_import_progress plan_upload   403   403   403   moves 404     403    403    403    moves  404
bookings_awayplan_import_stop plan_upload       403   403   403   405   404     403    403    403    moves  404
bookings_awayplan_import_undo       plan_batch      403   403   403   sees  sees    403    403    403    sees   sees
bookings_awayplan_notes               plan            sees  home  sees  sees  sees    writes home   403    writes writes
bookings_awayplan_note_withdraw       plan_note       405   405   405   405   405     writes home   403    moves  moves
bookings/awayplan/<object_id>/      plan            moves moves moves moves moves   moves  moves  moves  moves  moves

bookings_booking_changelist         -booking        sees  sees  sees  sees  sees    form   form   form   form   form
bookings_booking_add                booking         sees  sees  403   sees  sees    writes form   403    writes writes
bookings_booking_change             booking         sees  home  sees  sees  sees    writes home   403    writes writes
bookings_booking_history            booking         sees  home  sees  sees  sees    sees   home   sees   sees   sees
bookings_booking_step               booking         405   405   405   405   405     moves  moves  403    moves  moves
bookings_booking_restore            booking_past    403   403   403   sees  sees    403    403    403    writes writes
bookings_booking_access             booking         sees  home  sees  sees  sees    form   home   form   form   form
bookings_booking_delete             booking         403   403   403   403   403     403    403    403    403    403
bookings_booking_notes               booking            sees  home  sees  sees  sees    writes home   403    writes writes
bookings_booking_note_withdraw       booking_note       405   405   405   405   405     writes home   403    moves  moves
bookings/booking/<object_id>/       booking         moves moves moves moves moves   moves  moves  moves  moves  moves

bookings_task_changelist            -task           sees  sees  sees  sees  sees    form   form   form   form   form
bookings_task_add                   task            sees  sees  403   sees  sees    writes form   403    writes writes
bookings_task_change                task            sees  home  sees  sees  sees    writes home   403    writes writes
bookings_task_step                  task            405   405   405   405   405     writes moves  403    moves  moves
bookings_task_history               task            sees  home  sees  sees  sees    sees   home   sees   sees   sees
bookings_task_access                task            sees  home  sees  sees  sees    form   home   form   form   form
bookings_task_delete                task            403   403   403   403   403     403    403    403    403    403
bookings_task_notes               task            sees  home  sees  sees  sees    writes home   403    writes writes
bookings_task_note_withdraw       task_note       405   405   405   405   405     writes home   403    moves  moves
bookings/task/<object_id>/          task            moves moves moves moves moves   moves  moves  moves  moves  moves

staffing_user_changelist            -owner          sees  sees  sees  sees  sees    form   form   form   form   form
staffing_user_add                   owner           403   403   403   sees  sees    403    403    403    writes writes
staffing_user_change                owner+colleague sees  home  sees  sees  sees    403    403    403    writes writes
staffing_user_history               owner+colleague sees  home  sees  sees  sees    sees   home   sees   sees   sees
staffing_user_access                owner+colleague sees  home  sees  sees  sees    form   home   form   form   form
staffing_user_delete                owner+colleague 403   403   403   403   403     403    403    403    403    403
staffing_user_link                  colleague       403   403   403   sees  sees    403    403    403    writes writes
staffing_user_import                -               403   403   403   sees  sees    403    403    403    writes writes
staffing_user_import_template       -               403   403   403   sees  sees    403    403    403    sees   sees
staffing_user_import_mapping        person_upload   403   403   403   sees  404     403    403    403    writes 404
staffing_user_import_preview        person_upload   403   403   403   sees  404     403    403    403    writes 404
staffing_user_import_commit         person_upload   403   403   403   405   404     403    403    403    writes 404
staffing_user_import_report         person_upload   403   403   403   moves 404     403    403    403    moves  404
staffing_user_import_links          person_upload   403   403   403   404   404     403    403    403    404    404
staffing_user_import_rejects        person_upload   403   403   403   sees  404     403    403    403    sees   404
staffing_user_import_progress       person_upload   403   403   403   moves 404     403    403    403    moves  404
staffing_user_import_stop           person_upload   403   403   403   405   404     403    403    403    moves  404
staffing_user_import_undo           person_batch    403   403   403   sees  sees    403    403    403    sees   sees
staffing_user_view_as               colleague       403   403   403   sees  sees    403    403    403    writes writes
staffing/user/<object_id>/          owner+colleague moves moves moves moves moves   moves  moves  moves  moves  moves

staffing_zipcode_changelist         -zip_code       sees  sees  sees  sees  sees    form   form   form   form   form
staffing_zipcode_add                zip_code        403   403   403   403   403     403    403    403    403    403
staffing_zipcode_change             zip_code        sees  home  sees  sees  sees    403    403    403    writes writes
staffing_zipcode_history            zip_code        sees  home  sees  sees  sees    sees   home   sees   sees   sees
staffing_zipcode_access             zip_code        sees  home  sees  sees  sees    form   home   form   form   form
staffing_zipcode_delete             zip_code        403   403   403   403   403     403    403    403    403    403
staffing_zipcode_serve              -               403   403   403   sees  sees    403    403    403    form   form
staffing_zipcode_import             -               403   403   403   sees  sees    403    403    403    writes writes
staffing_zipcode_import_mapping     zip_upload      403   403   403   sees  404     403    403    403    writes 404
staffing_zipcode_import_preview     zip_upload      403   403   403   sees  404     403    403    403    writes 404
staffing_zipcode_import_commit      zip_upload      403   403   403   405   404     403    403    403    writes 404
staffing_zipcode_import_report      zip_upload      403   403   403   moves 404     403    403    403    moves  404
staffing_zipcode_import_rejects     zip_upload      403   403   403   sees  404     403    403    403    sees   404
staffing_zipcode_import_template    -               403   403   403   sees  sees    403    403    403    sees   sees
staffing_zipcode_import_progress    zip_upload      403   403   403   moves 404     403    403    403    moves  404
staffing_zipcode_import_stop        zip_upload      403   403   403   405   404     403    403    403    moves  404
staffing_zipcode_import_undo        zip_batch       403   403   403   sees  sees    403    403    403    sees   sees
staffing/zipcode/<object_id>/       zip_code        moves moves moves moves moves   moves  moves  moves  moves  moves

staffing_zipassignment_changelist   -assignment     sees  sees  sees  sees  sees    form   form   form   form   form
staffing_zipassignment_add          assignment      403   403   403   sees  sees    403    403    403    writes writes
staffing_zipassignment_change       assignment      sees  home  sees  sees  sees    403    403    403    writes writes
staffing_zipassignment_history      assignment      sees  home  sees  sees  sees    sees   home   sees   sees   sees
staffing_zipassignment_access       assignment      sees  home  sees  sees  sees    form   home   form   form   form
staffing_zipassignment_delete       assignment      403   403   403   sees  sees    403    403    403    form   form
staffing_zipassignment_coverage     -               403   403   sees  sees  sees    403    403    form   form   form
staffing_zipassignment_assign       -               403   403   403   sees  sees    403    403    403    form   form
staffing_zipassignment_end          assignment      403   403   403   moves moves   403    403    403    writes writes
staffing_zipassignment_import       -               403   403   403   sees  sees    403    403    403    writes writes
staffing_zipassignment_import_mapping duty_upload   403   403   403   sees  404     403    403    403    writes 404
staffing_zipassignment_import_preview duty_upload   403   403   403   sees  404     403    403    403    writes 404
staffing_zipassignment_import_commit duty_upload    403   403   403   405   404     403    403    403    writes 404
staffing_zipassignment_import_report duty_upload    403   403   403   moves 404     403    403    403    moves  404
staffing_zipassignment_import_rejects duty_upload   403   403   403   sees  404     403    403    403    sees   404
staffing_zipassignment_import_template -         403   403   403   sees  sees    403    403    403    sees   sees
staffing_zipassignment_import_progress duty_upload   403   403   403   moves 404     403    403    403    moves  404
staffing_zipassignment_import_stop duty_upload       403   403   403   405   404     403    403    403    moves  404
staffing_zipassignment_import_undo  duty_batch      403   403   403   sees  sees    403    403    403    sees   sees
staffing/zipassignment/<object_id>/ assignment      moves moves moves moves moves   moves  moves  moves  moves  moves

imports_importbatch_changelist      -batch          403   403   sees  sees  sees    403    403    form   form   form
imports_importbatch_add             batch           403   403   403   403   403     403    403    403    403    403
imports_importbatch_change          batch           403   403   sees  sees  sees    403    403    403    403    403
imports_importbatch_history         batch           home  home  sees  sees  sees    home   home   sees   sees   sees
imports_importbatch_access          batch           403   403   sees  sees  sees    403    403    form   form   form
imports_importbatch_delete          batch           403   403   403   403   403     403    403    403    403    403
imports/importbatch/<object_id>/    batch           moves moves moves moves moves   moves  moves  moves  moves  moves

exports_export_changelist           -export         403   403   sees  sees  sees    403    403    form   form   form
exports_export_add                  export          403   403   403   403   403     403    403    403    403    403
exports_export_change               export          403   403   sees  sees  sees    403    403    403    403    403
exports_export_history              export          home  home  sees  sees  sees    home   home   sees   sees   sees
exports_export_access               export          403   403   sees  sees  sees    403    403    form   form   form
exports_export_delete               export          403   403   403   403   403     403    403    403    403    403
exports/export/<object_id>/         export          moves moves moves moves moves   moves  moves  moves  moves  moves

staffing_viewing_changelist         -viewing        403   403   sees  sees  sees    403    403    form   form   form
staffing_viewing_add                -               403   403   403   403   403     403    403    403    403    403
staffing_viewing_change             viewing         403   403   sees  sees  sees    403    403    403    403    403
staffing_viewing_history            viewing         home  home  sees  sees  sees    home   home   sees   sees   sees
staffing_viewing_access             viewing         403   403   sees  sees  sees    403    403    form   form   form
staffing_viewing_delete             viewing         403   403   403   403   403     403    403    403    403    403
staffing/viewing/<object_id>/       viewing         moves moves moves moves moves   moves  moves  moves  moves  moves
changes                             -home           sees  sees  sees  sees  sees    405    405    405    405    405
changes_plan                        plan_version    sees  404   sees  sees  sees    405    405    405    405    405
changes_booking                     booking_version sees  404   sees  sees  sees    405    405    405    405    405
changes_task                        task_version    sees  404   sees  sees  sees    405    405    405    405    405
changes_code                        secret_version sees 404  sees  sees  sees    405    405    405    405    405
changes_property                    home_version    sees  404   sees  sees  sees    405    405    405    405    405
changes_assignment                  assignment_version sees 404 sees  sees  sees    405    405    405    405    405
changes_zip                         zip_code_version 404  404   sees  sees  sees    405    405    405    405    405
changes_person                      owner_version   404   404   sees  sees  sees    405    405    405    405    405

changes_export                      -               403   403   sees  sees  sees    403    403    writes writes writes
reviews                             -waiting        403   403   sees  sees  sees    405    405    405    405    405
review                              plan            403   403   sees  sees  sees    403    403    writes 403    writes

view_as_end                         -               405   405   405   405   405     moves  moves  moves  moves  moves

sign_in_link                        link            form  form  form  form  form    form   form   form   form   form
login                               -               moves moves moves moves moves   form   form   form   form   form
logout                              -               405   405   405   405   405     form   form   form   form   form
"""  # noqa: E501  (a table is read across)

QUERIES = {
    "index": "day=week",
    "changes": "what=property",
    "saved_views": "of=bookings.property",
    "saved_views_count": "of=bookings.property&asks=q%3De",
    "bookings_task_changelist": "p=1",  # without any, the view of the role opens
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
    """An address to ask: the record's id, an app, or words where the route has a gap.

    A record whose address names a version as well has both for an id.
    """
    gaps = {"app_label": "bookings", "url": "no/such/page"}
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)|[$^]", lambda m: gaps.get(m[1] or "", ""), route)
    pks = iter(pk) if isinstance(pk, tuple) else itertools.repeat(pk)
    path = re.sub(r"<[^>]+>", lambda gap: str(next(pks)), path)
    return f"/{path}" + (f"?{QUERIES[name]}" if name in QUERIES else "")


ADDRESSES, ROUTES = addresses(), routes()
