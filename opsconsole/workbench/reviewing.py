"""Reviewing: the changes of a plan and its bookings, what was found, and whether it still holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from opsconsole.database.refusals import Refused
from opsconsole.workbench.finding import Found
from opsconsole.workbench.kinds import BOOKING, PLAN
from opsconsole.workbench.models import PlanReview
from staffing.models import User

OK = PlanReview.Outcome.OK


@dataclass(frozen=True)
class Seen:
    """How far somebody has seen the changes of a plan: its newest version, and its bookings'."""

    plan_version: int = 0
    booking_version: int = 0


def plan_versions(plan: int) -> QuerySet[Any]:
    """The versions of a plan."""
    return PLAN.history.objects.filter(id=plan)


def booking_versions(plan: int) -> QuerySet[Any]:
    """The versions of its bookings, also of those that are gone.

    By the ZIP codes that the plan ever lay in: versions of bookings have no index by plan.
    """
    places = list(plan_versions(plan).order_by().values_list("zip_code_id", flat=True).distinct())
    return BOOKING.history.objects.filter(zip_code__in=places, away_plan=plan)


def newest(plan: int) -> Seen:
    """The newest versions there are; none of a plan that never was."""
    return Seen(*(_newest(rows) for rows in (plan_versions(plan), booking_versions(plan))))


def _newest(rows: QuerySet[Any]) -> int:
    return rows.aggregate(newest=Max("history_id"))["newest"] or 0


def reviewed(plan: int) -> PlanReview | None:
    """The newest sign-off of a plan."""
    return PlanReview.objects.filter(plan_id=plan).first()


def since_then(plan: int, review: PlanReview | None) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """The versions of the plan, and of its bookings, that no sign-off speaks of."""
    seen = review or Seen()
    return (
        plan_versions(plan).filter(history_id__gt=seen.plan_version),
        booking_versions(plan).filter(history_id__gt=seen.booking_version),
    )


def is_stale(review: PlanReview) -> bool:
    """Whether the plan, or a booking of it, changed after what was looked at."""
    return any(rows.exists() for rows in since_then(review.plan_id, review))


def covers(review: PlanReview, found: Found) -> bool:
    """Whether a sign-off speaks of this change."""
    kind, version = found
    seen = review.plan_version if kind == PLAN else review.booking_version
    return bool(version.history_id <= seen)


def current() -> QuerySet[PlanReview]:
    """The newest sign-off of each plan."""
    later = PlanReview.objects.filter(plan_id=OuterRef("plan_id"), pk__gt=OuterRef("pk"))
    return PlanReview.objects.filter(~Exists(later))


def sign_off(plan: int, seen: Seen, *, outcome: str, note: str, by: User) -> PlanReview:
    """Add what somebody found in the changes of a plan, as far as they saw them.

    Four eyes: who made any of them does not review them.
    """
    if outcome not in PlanReview.Outcome:
        raise Refused("Choose what you found: OK, a query, or an escalation.")
    if outcome != OK and not note.strip():
        raise Refused("Say in the note what you ask, or why it is escalated.")
    there = newest(plan)
    if not there.plan_version or not seen.plan_version:
        raise Refused("There is no change of this plan to review.")
    seen = Seen(
        min(seen.plan_version, there.plan_version), min(seen.booking_version, there.booking_version)
    )
    if changed_by(plan, seen, by):
        raise Refused("You changed this plan, or a booking of it, yourself: somebody else has to.")
    return PlanReview.objects.create(
        plan_id=plan,
        plan_version=seen.plan_version,
        booking_version=seen.booking_version,
        outcome=outcome,
        note=note.strip(),
        reviewed_by=by,
    )


def changed_by(plan: int, seen: Seen, person: User) -> bool:
    """Whether this person made any of the changes that were seen."""
    made = Q(history_user=person.pk)
    return (
        plan_versions(plan).filter(made, history_id__lte=seen.plan_version).exists()
        or booking_versions(plan).filter(made, history_id__lte=seen.booking_version).exists()
    )
