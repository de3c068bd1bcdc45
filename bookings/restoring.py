"""What of homes, away plans and bookings is restored from an earlier version, and what stays."""

from __future__ import annotations

from typing import Any

from bookings import services
from bookings.models import AwayPlan
from opsconsole.database.refusals import Refused
from opsconsole.history.restoring import Restoring, restored

BY_A_STEP = "A status changes by its steps alone, and what has ended is not opened again."
OF_THE_STEP = "It tells of the step that led to the status of now."
FOLLOWS_THE_HOME = "It is the home’s own."
FOUR_EYES = "You count as who filed it then: somebody else decides, or you say why you do."
MADE_BY_IMPORT = "Which import brought it does not change."


def _save_plan(plan: Any, by: Any, reason: str, changed: list[str]) -> None:
    services.revise(plan, by=by, reason=reason)


def _save_booking(booking: Any, by: Any, reason: str, changed: list[str]) -> None:
    services.change_booking(booking, by=by, reason=reason)


def _save_home(home: Any, by: Any, reason: str, changed: list[str]) -> None:
    services.save_home(home, by=by, reason=reason, changed=changed)


def _new_decision(plan: Any, then: Any) -> list[str]:
    """What was approved is not approved for more by restoring it; four eyes see what is asked."""
    again = restored(plan, then, PLAN.changed(plan, then))
    if plan.status == AwayPlan.Status.APPROVED and services.asks_for_more(plan, again):
        return [f"This asks for more than was approved: the plan needs a new decision. {FOUR_EYES}"]
    if plan.status == AwayPlan.Status.SUBMITTED and services.is_another_plan(plan, again):
        return [FOUR_EYES]
    return []


def _moving(home: Any, then: Any) -> list[str]:
    if home.zip_code_id == then.zip_code_id:
        return []
    return ["Its away plans and bookings go to that ZIP code with it, and to who looks after it."]


def _lifecycle(home: Any, then: Any) -> dict[str, str]:
    """The lifecycle goes back only by a step that may be taken now."""
    try:
        services.allow_lifecycle(home, restored(home, then, ["lifecycle"]))
    except Refused as refusal:
        return {"lifecycle": str(refusal)}
    return {}


PLAN = Restoring(
    fields=("starts_on", "ends_on", "hosting_allowed", "notes"),
    stays={
        "property": "A plan stays with its home.",
        "zip_code": FOLLOWS_THE_HOME,
        "status": BY_A_STEP,
        "filed_by": "Who filed the plan, or changed what was asked for, stays who it is.",
        "decided_by": OF_THE_STEP,
        "decided_at": OF_THE_STEP,
        "decision_reason": OF_THE_STEP,
        "import_batch": MADE_BY_IMPORT,
    },
    save=_save_plan,
    follows=_new_decision,
)
BOOKING = Restoring(
    fields=(
        "guest_name",
        "guest_phone",
        "guest_email",
        "party_size",
        "arrives_on",
        "departs_on",
        "channel",
        "source_ref",
        "price",
    ),
    stays={
        "away_plan": "A booking stays in its away plan.",
        "property": "A booking stays with the home of its away plan.",
        "zip_code": FOLLOWS_THE_HOME,
        "status": BY_A_STEP,
        "held_until": OF_THE_STEP,
        "cancel_reason": OF_THE_STEP,
        "checked_in_at": OF_THE_STEP,
        "checked_out_at": OF_THE_STEP,
    },
    save=_save_booking,
)
HOME = Restoring(
    fields=(
        "external_ref",
        "name",
        "owner",
        "is_default",
        "street",
        "unit",
        "city",
        "state",
        "zip_code",
        "latitude",
        "longitude",
        "property_type",
        "bedrooms",
        "bathrooms",
        "max_guests",
        "nightly_rate",
        "check_in_from",
        "check_out_until",
        "amenities",
        "lifecycle",
    ),
    stays={
        "timezone": "The clock of a home is that of its ZIP code.",
        "import_batch": MADE_BY_IMPORT,
    },
    save=_save_home,
    refused=_lifecycle,
    follows=_moving,
)
