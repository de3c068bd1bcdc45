"""In which states a plan or booking takes which step, and what else keeps somebody from taking it.

A step asks before it writes; a page asks before it offers one. Nothing here changes anything.
"""

from __future__ import annotations

from typing import NamedTuple

from bookings.models import AwayPlan, Booking, Task
from bookings.models.plans import OVERLAPS
from bookings.steps import Attempt, Guard, says_why
from bookings.tasks import guards as of_tasks
from opsconsole.database.refusals import ReasonMissing, Refused

Plan = AwayPlan.Status
Stay = Booking.Status

BOOKINGS_LEFT = "This plan has bookings that would fall outside of it. Move or cancel them first."


def _four_eyes(plan: AwayPlan, attempt: Attempt) -> None:
    if plan.filed_by_id != attempt.by.pk:
        return
    if not attempt.by.is_manager:
        raise Refused("You filed this plan yourself: somebody else has to approve it.")
    if not attempt.reason.strip():
        raise ReasonMissing("You filed this plan yourself: say why you approve it all the same.")


def _dates_are_free(plan: AwayPlan, attempt: Attempt) -> None:
    """Said beforehand; that it stays so is held by the database."""
    for other in plan.property.away_plans.all():
        blocks = other.pk != plan.pk and other.status in AwayPlan.BLOCKING
        if blocks and other.starts_on < plan.ends_on and plan.starts_on < other.ends_on:
            raise Refused(OVERLAPS)


def _nobody_stays(plan: AwayPlan, attempt: Attempt) -> None:
    """Said beforehand; that it stays so is held by the database."""
    if any(booking.status in Booking.LIVE for booking in plan.bookings.all()):
        raise Refused(BOOKINGS_LEFT)


def _home_is_ready(booking: Booking, attempt: Attempt) -> None:
    missing = _what_is_missing(booking.away_plan)
    if missing and not (attempt.by.is_manager and attempt.reason.strip()):
        refusal = ReasonMissing if attempt.by.is_manager else Refused
        raise refusal(f"{missing} A manager may let them in earlier, with a reason.")


def _what_is_missing(plan: AwayPlan) -> str:
    """What has to come before the guests, in a sentence; nothing where all is ready."""
    if plan.status != Plan.ACTIVE:
        return f"The away plan is {_say(plan)}: guests come in once it is on."
    preparing = (task for task in plan.tasks.all() if task.kind == Task.Kind.PREPARE)
    if any(task.status in Task.OPEN for task in preparing):
        return "The home is not prepared yet: guests come in once that task is done."
    return ""


def _day_has_come(booking: Booking, attempt: Attempt) -> None:
    day = booking.arrives_on
    if day > booking.property.today:
        raise Refused(f"The guests arrive on {day:%B} {day.day}: too soon.")


class Step(NamedTuple):
    """What a step makes of a record, in which states it can be taken, and what else is asked."""

    becomes: str
    allowed_from: tuple[str, ...]
    guards: tuple[Guard, ...] = ()


PLAN: dict[str, Step] = {
    "submit": Step(Plan.SUBMITTED, (Plan.DRAFT,), (_dates_are_free,)),
    "approve": Step(Plan.APPROVED, (Plan.SUBMITTED,), (_four_eyes,)),
    "decline": Step(Plan.DECLINED, (Plan.SUBMITTED,), (says_why("declined"),)),
    "withdraw": Step(Plan.WITHDRAWN, (Plan.DRAFT, Plan.SUBMITTED)),
    "start_preparing": Step(Plan.PREPARING, (Plan.APPROVED,)),
    "start": Step(Plan.ACTIVE, (Plan.PREPARING,)),
    "complete": Step(Plan.COMPLETED, (Plan.ACTIVE,), (_nobody_stays,)),
    "cancel": Step(
        Plan.CANCELLED, (Plan.APPROVED, Plan.PREPARING), (_nobody_stays, says_why("cancelled"))
    ),
}
BOOKING: dict[str, Step] = {
    "confirm": Step(Stay.CONFIRMED, (Stay.HELD,)),
    "check_in": Step(Stay.CHECKED_IN, (Stay.CONFIRMED,), (_home_is_ready,)),
    "check_out": Step(Stay.CHECKED_OUT, (Stay.CHECKED_IN,)),
    "cancel": Step(Stay.CANCELLED, (Stay.HELD, Stay.CONFIRMED), (says_why("cancelled"),)),
    "no_show": Step(Stay.NO_SHOW, (Stay.CONFIRMED,), (_day_has_come,)),
}


def allow(name: str, record: AwayPlan | Booking, attempt: Attempt) -> None:
    """Refuse a step that this person can't take on the plan or booking as it is."""
    step = (PLAN if isinstance(record, AwayPlan) else BOOKING)[name]
    if record.status not in step.allowed_from:
        kind, word = record._meta.verbose_name, str(type(record).Status(step.becomes).label).lower()
        raise Refused(
            f"This {kind} is {_say(record)} already."
            if record.status == step.becomes
            else f"This {kind} is {_say(record)}: it can't become {word}."
        )
    for guard in step.guards:
        guard(record, attempt)


def why_not(
    name: str,
    record: AwayPlan | Booking | Task,
    attempt: Attempt,
    known: of_tasks.Known | None = None,
) -> Refused | None:
    """What the step would be refused with now; None where it could be taken.

    It is `ReasonMissing` where it could be taken once somebody says why.
    """
    try:
        if isinstance(record, Task):
            of_tasks.allow(name, record, attempt, known)
        else:
            allow(name, record, attempt)
    except Refused as refusal:
        return refusal
    return None


def _say(record: AwayPlan | Booking) -> str:
    return record.get_status_display().lower()
