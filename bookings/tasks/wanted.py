"""Which tasks a plan and its bookings bring, and in which days: see docs/tasks.md.

Nothing here asks the database, the clock or anybody.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bookings.models import AwayPlan, Booking, Task

Kind = Task.Kind
Stay = Booking.Status

DAYS_TO_PREPARE = 3
DAYS_TO_RESTORE = 2
NIGHTS_WITHOUT_A_LOOK = 14  # an empty home is looked at in the middle of so many, or more
DAYS_TO_INSPECT = 2
NEVER_CAME = (Stay.CANCELLED, Stay.NO_SHOW)
TO_COME = (Stay.HELD, Stay.CONFIRMED)
NOT_GONE = (*TO_COME, Stay.CHECKED_IN)


@dataclass(frozen=True)
class Wanted:
    """A task as its plan and bookings want it.

    One that is `overtaken` has no use any more, though nobody called it off: the guests are in.
    """

    kind: str
    plan: AwayPlan = field(repr=False)
    booking: Booking | None = field(repr=False)
    starts_on: datetime.date
    due_on: datetime.date
    overtaken: bool = False

    @property
    def key(self) -> str:
        """What tells it from every other: one task for each."""
        of = f"booking {self.booking.pk}" if self.booking else f"plan {self.plan.pk}"
        return f"{of} {self.kind}"

    @property
    def priority(self) -> int:
        """As its kind and days have it."""
        return priority_of(self)


def priority_of(task: Wanted | Task) -> int:
    """High where guests leave and others arrive on one day."""
    same_day = task.kind == Kind.TURNOVER and task.starts_on == task.due_on
    return Task.Priority.HIGH if same_day else Task.Priority.NORMAL


def wanted_by(plan: AwayPlan, bookings: Iterable[Booking]) -> list[Wanted]:
    """The tasks that an approved plan wants, with all of its bookings."""
    if plan.status not in (*AwayPlan.HOSTING, AwayPlan.Status.COMPLETED):
        return []
    stays = sorted(
        (stay for stay in bookings if stay.status not in NEVER_CAME),
        key=lambda stay: (stay.arrives_on, stay.departs_on, stay.pk),
    )
    wanted = [*_of_plan(plan, stays), *_of_stays(plan, stays), *_between(plan, stays)]
    if plan.status == AwayPlan.Status.COMPLETED:
        return [replace(each, overtaken=True) for each in wanted]
    return wanted


def _of_plan(plan: AwayPlan, stays: list[Booking]) -> Iterator[Wanted]:
    """Before the residents leave, while they are away, before they are back."""
    has_begun = any(stay.status not in TO_COME for stay in stays)
    leave, back = plan.starts_on, plan.ends_on
    yield Wanted(
        Kind.PREPARE, plan, None, leave - _days(DAYS_TO_PREPARE), leave - _days(1),
        overtaken=has_begun,
    )  # fmt: skip
    if not plan.hosting_allowed and plan.nights >= NIGHTS_WITHOUT_A_LOOK:
        middle = leave + _days(plan.nights // 2)
        yield Wanted(Kind.INSPECT, plan, None, middle, middle + _days(DAYS_TO_INSPECT))
    emptied = min(max((stay.departs_on for stay in stays), default=leave), back)
    yield Wanted(
        Kind.RESTORE, plan, None,
        max(emptied, back - _days(DAYS_TO_RESTORE)), max(emptied, back - _days(1)),
    )  # fmt: skip


def _of_stays(plan: AwayPlan, stays: list[Booking]) -> Iterator[Wanted]:
    """Letting guests in, and seeing them out."""
    for stay in stays:
        arrives, departs = stay.arrives_on, stay.departs_on
        is_in, is_gone = stay.status not in TO_COME, stay.status not in NOT_GONE
        yield Wanted(Kind.CHECK_IN, plan, stay, arrives, arrives, overtaken=is_in)
        yield Wanted(Kind.CHECK_OUT, plan, stay, departs, departs, overtaken=is_gone)


def _between(plan: AwayPlan, stays: list[Booking]) -> Iterator[Wanted]:
    """One turnover between two stays that follow each other; it is the coming guests'."""
    for before, after in pairwise(stays):
        emptied = min(before.departs_on, after.arrives_on)  # who left early may overlap
        is_in = after.status not in TO_COME
        yield Wanted(Kind.TURNOVER, plan, after, emptied, after.arrives_on, overtaken=is_in)


def _days(count: int) -> datetime.timedelta:
    return datetime.timedelta(days=count)
