"""What a willing person would post to an address, about a record of a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms.models import model_to_dict

from bookings.models import AccessSecret, AwayPlan, Property
from opsconsole.history.versions import newest_version
from staffing.models import ZipCode
from tests.bulk import confirmed
from tests.factories import PASSWORD, days, loaded, today
from tests.imports.files import as_csv
from tests.imports.files import home as file_row

NEW_PASSWORD = "orchard-lantern-42"

EMPTY_INLINES = {
    f"{prefix}-{part}_FORMS": 0
    for prefix in ("away_plans", "bookings", "zip_assignments", "assignments")
    for part in ("TOTAL", "INITIAL")
}


def fields_of(record: Any, **changes: Any) -> dict[str, Any]:
    """The form of a record as its page would send it, changed here and there."""
    fields = {**model_to_dict(record), **changes}
    sent = {name: value for name, value in fields.items() if value not in (None, False, b"")}
    return {**sent, **EMPTY_INLINES, **loaded(record), "change_reason": "To see what happens"}


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


def new_code(place: Any, record: str) -> dict[str, Any]:
    return {"kind": "door", "label": "New door", "code": "8812#", "valid_from": today()}


def changed_code(place: Any, record: str) -> dict[str, Any]:
    opened = newest_version(AccessSecret, getattr(place, record).pk[1])
    return {**new_code(place, record), "label": "Other door", "opened": opened}


def a_kind(place: Any, record: str) -> dict[str, Any]:
    return {"kind": "import"}


def new_note(place: Any, record: str) -> dict[str, Any]:
    return {"note": "The gate sticks"}


def new_task(place: Any, record: str) -> dict[str, Any]:
    fields = {"kind": "issue", "starts_on": today(), "due_on": today(), "priority": 2}
    return {"property": place.task.property_id, "notes": "Tap drips", **fields}


def new_person(place: Any, record: str) -> dict[str, Any]:
    return {"full_name": "New Person", "email": "new@example.com", "user_type": "staff"}


def new_assignment(place: Any, record: str) -> dict[str, Any]:
    dates = {"starts_on": today() + days(400), "ends_on": today() + days(500)}
    elsewhere = ZipCode.objects.get(code="60601")
    who = {"user": place.assignment.user_id, "content_object": elsewhere.pk}
    return {**who, "duty": "backup", "note": "", **dates}


def approve_everything(place: Any, record: str) -> dict[str, Any]:
    """Every id that there is, whatever of, and "select all" besides."""
    ids = {pk for model in admin.site._registry for pk in model._base_manager.values_list("pk")}
    return {
        **confirmed("approve", *AwayPlan._base_manager.all()),
        "_selected_action": [pk for (pk,) in sorted(ids)],
        "select_across": 1,
    }


def delete_everything(place: Any, record: str) -> dict[str, Any]:
    return {**approve_everything(place, record), "action": "delete_selected", "post": "yes"}


def a_file(place: Any, record: str) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("homes.csv", as_csv(file_row("H-1")))}


def columns_of(place: Any, record: str) -> dict[str, Any]:
    return {f"column_{field}": name for name, field in getattr(place, record).mapping.items()}


def everything_there_is(place: Any, record: str) -> dict[str, Any]:
    """Some columns of every record, whoever may see which."""
    chosen = ",".join(map(str, Property._base_manager.values_list("pk", flat=True)))
    return {"columns": ["external_ref", "name", "owner", "zip_code"], "chosen": chosen}


def yes(place: Any, record: str) -> dict[str, Any]:
    return {"post": "yes"}


def own_password(place: Any, record: str) -> dict[str, Any]:
    return {
        "old_password": PASSWORD,
        "new_password1": NEW_PASSWORD,
        "new_password2": NEW_PASSWORD,
    }


def chosen_password(place: Any, record: str) -> dict[str, Any]:
    return {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}


def a_reason(place: Any, record: str) -> dict[str, Any]:
    return {"reason": "To see what happens"}


def restored(place: Any, record: str) -> dict[str, Any]:
    obj = getattr(place, record).record
    return {"newest": newest_version(type(obj), obj.pk), **a_reason(place, record)}


def decided(place: Any, record: str) -> dict[str, Any]:
    plan = getattr(place, record)
    return {"step": "approve", "version": newest_version(type(plan), plan.pk)}


def pressed(step: str) -> Callable[[Any, str], dict[str, Any]]:
    """A step from the home page, on the record as it is."""

    def body(place: Any, record: str) -> dict[str, Any]:
        obj = getattr(place, record)
        return {"step": step, "version": newest_version(type(obj), obj.pk)}

    return body


def signed_off(place: Any, record: str) -> dict[str, Any]:
    return {"outcome": "ok", "plan_version": 10**6, "booking_version": 10**6}


def ended(place: Any, record: str) -> dict[str, Any]:
    return {"chosen": [getattr(place, record).pk], **a_reason(place, record)}


def new_view(place: Any, record: str) -> dict[str, Any]:
    return {"of": "bookings.property", "name": "New view", "asks": "q=home"}


def first_view(place: Any, record: str) -> dict[str, Any]:
    return {"of": "bookings.property", "view": "all"}


def renamed_view(place: Any, record: str) -> dict[str, Any]:
    return {"step": "rename", "name": "Renamed"}


def edited(**changes: Any) -> Callable[[Any, str], dict[str, Any]]:
    return lambda place, record: fields_of(getattr(place, record), **changes)


BODIES: dict[str, Callable[[Any, str], dict[str, Any]]] = {
    "saved_views_save": new_view,
    "saved_views_first": first_view,
    "saved_view": renamed_view,
    "notices_mute": a_kind,
    "password_change": own_password,
    "sign_in_link": chosen_password,
    "staffing_user_import": a_file,
    "staffing_user_import_mapping": columns_of,
    "bookings_property_changelist": delete_everything,
    "bookings_property_add": new_home,
    "bookings_property_change": edited(name="Renamed"),
    "bookings_property_import": a_file,
    "bookings_property_import_mapping": columns_of,
    "bookings_property_export": everything_there_is,
    "bookings_property_code_add": new_code,
    "bookings_property_code_change": changed_code,
    "bookings_property_code_show": a_reason,
    **{
        f"bookings_{model}_notes": new_note for model in ("property", "awayplan", "booking", "task")
    },
    "bookings_awayplan_import": a_file,
    "bookings_awayplan_import_mapping": columns_of,
    "staffing_zipcode_import": a_file,
    "staffing_zipcode_import_mapping": columns_of,
    "staffing_zipassignment_import": a_file,
    "staffing_zipassignment_import_mapping": columns_of,
    "bookings_awayplan_changelist": approve_everything,
    "bookings_awayplan_add": new_plan,
    "bookings_awayplan_change": edited(notes="Rewritten", status="approved"),
    "bookings_booking_changelist": delete_everything,
    "bookings_booking_add": new_booking,
    "bookings_booking_change": edited(guest_name="Renamed"),
    "bookings_awayplan_step": pressed("start_preparing"),
    "bookings_booking_step": pressed("check_out"),
    "bookings_task_step": pressed("take"),
    "bookings_task_changelist": delete_everything,
    "bookings_task_add": new_task,
    "bookings_task_change": edited(notes="Rewritten", status="verified"),
    "staffing_user_changelist": delete_everything,
    "staffing_user_add": new_person,
    "staffing_user_change": edited(full_name="Renamed"),
    "staffing_zipcode_changelist": delete_everything,
    "staffing_zipcode_change": edited(is_served=False),
    "staffing_zipassignment_changelist": delete_everything,
    "staffing_zipassignment_add": new_assignment,
    "staffing_zipassignment_change": edited(note="Renamed"),
    "staffing_zipassignment_end": ended,
    "staffing_user_view_as": a_reason,
    "review": signed_off,
    "bookings_awayplan_decide": decided,
    **{f"bookings_{model}_restore": restored for model in ("property", "awayplan", "booking")},
    "staffing_viewing_changelist": delete_everything,
    "imports_importbatch_changelist": delete_everything,
    "exports_export_changelist": delete_everything,
    **{
        f"{page}_import_undo": a_reason
        for page in (
            "bookings_property",
            "bookings_awayplan",
            "staffing_zipassignment",
            "staffing_user",
            "staffing_zipcode",
        )
    },
    **{
        f"{page}_delete": yes
        for page in (
            "bookings_property",
            "bookings_awayplan",
            "bookings_booking",
            "bookings_task",
            "staffing_user",
            "staffing_zipcode",
            "staffing_zipassignment",
            "staffing_viewing",
            "imports_importbatch",
            "exports_export",
        )
    },
}
