"""What on a timeline wants a look: plans in each other's way, stays that don't fit, days uncovered.

The database keeps most of it from happening; drafts, and what was written past it, are left.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Literal

from bookings.models import AwayPlan, Booking, Property, Task
from bookings.timeline.finding import OPEN, PlanDates, StayDates, TaskDates
from bookings.timeline.windows import say_days
from opsconsole.dates import Span, say_date, say_dates, say_span
from staffing.explain.spans import without
from staffing.gaps import NO_PRIMARY, NOBODY, NOT_SERVED
from staffing.on_duty import Covered

type Flag = Literal["conflict", "late", "hint"]
SIGNS: dict[Flag, str] = {"conflict": "!", "late": "◔", "hint": "⇄"}  # the worst first


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be looked at, in a word and in a sentence, and how a bar is marked for it.

    A conflict can't stay as it is; anything else is merely good to know.
    """

    word: str
    sentence: str
    flag: Flag = "conflict"


type Notes = dict[int, list[Note]]  # by the id of the plan, or of the booking


def overlaps(plans: Sequence[PlanDates]) -> Notes:
    """Open plans of one home that share a day, each with the others in its way."""
    notes: Notes = defaultdict(list)
    for one, other in combinations([plan for plan in plans if plan.status in OPEN], 2):
        first, after = max(one.starts_on, other.starts_on), min(one.ends_on, other.ends_on)
        if first < after:
            notes[one.pk].append(_in_the_way(other, first, after))
            notes[other.pk].append(_in_the_way(one, first, after))
    return notes


def _in_the_way(plan: PlanDates, first: datetime.date, after: datetime.date) -> Note:
    status = str(AwayPlan.Status(plan.status).label).lower()
    dates = say_dates(plan.starts_on, plan.ends_on)
    return Note("Overlap", f"Overlaps the {status} plan of {dates}, {say_days(first, after)}.")


def misfits(stays: Iterable[StayDates]) -> Notes:
    """Live bookings outside of their plan, or in one that is not approved or takes no guests."""
    notes: Notes = defaultdict(list)
    for stay in stays:
        if stay.status in Booking.LIVE:
            notes[stay.pk].extend(_misfit(stay))
    return notes


def _misfit(stay: StayDates) -> Iterator[Note]:
    plan = stay.plan
    if stay.arrives_on < plan.starts_on or plan.ends_on < stay.departs_on:
        dates = say_dates(plan.starts_on, plan.ends_on)
        yield Note("Outside its plan", f"Lies outside of its away plan, {dates}.")
    if plan.status not in AwayPlan.HOSTING:
        status = str(AwayPlan.Status(plan.status).label).lower()
        yield Note("No approved plan", f"Its away plan is {status}, not approved.")
    if not plan.hosting_allowed:
        yield Note("No guests allowed", "Its away plan allows no guests.")


def turnovers(stays: Sequence[StayDates], today: datetime.date) -> Notes:
    """Stays of one home, by arrival, between which there is no day to make it ready.

    Those that are to come, or are today, by the clock of the home.
    """
    notes: Notes = defaultdict(list)
    for before, after in pairwise(stays):
        if before.departs_on == after.arrives_on >= today:
            day = say_date(after.arrives_on)
            leaving = f"The next guests arrive on the day these leave, {day}."
            arriving = f"These arrive on the day the guests before leave, {day}."
            notes[before.pk].append(Note("Same-day turnover", leaving, "hint"))
            notes[after.pk].append(Note("Same-day turnover", arriving, "hint"))
    return notes


def uncovered(
    plan: PlanDates, held: Iterable[Span], today: datetime.date, until: datetime.date
) -> list[Span]:
    """The days of an open plan, from today on, on which nobody looks after its ZIP code."""
    first, after = max(plan.starts_on, today), min(plan.ends_on, until)
    return without([(first, after)], held) if plan.status in OPEN and first < after else []


def gaps_of(home: Property, covered: Covered, days: Span) -> list[Note]:
    """What the cover of a home lacks in these days: the same reasons as in *Gaps*."""
    first, after = days
    if first >= after or home.lifecycle == Property.Lifecycle.ARCHIVED:
        return []
    nobody = without([days], covered.by_anybody)
    no_primary = without(without([days], covered.by_primary), nobody)
    notes = [not_served(home)] if not home.zip_code.is_served else []
    for word, spans in ((NOBODY, nobody), (NO_PRIMARY, no_primary)):
        if spans:
            when = "" if spans == [days] else " on some days"
            said = ", ".join(say_span(span) for span in spans)
            sentence = f"{word} in {home.zip_code.code}: {said}."
            notes.append(Note(f"{word}{when}", sentence))
    return notes


def not_served(home: Property) -> Note:
    """The company does not look after homes where this one is."""
    return Note(NOT_SERVED, f"ZIP code {home.zip_code.code} is not served.")


def is_late(task: TaskDates, today: datetime.date) -> bool:
    """Whether it is still to be done though its day is over, by the clock of the home."""
    return task.status in Task.OPEN and task.due_on < today


def at_work(task: TaskDates, today: datetime.date) -> Iterator[Note]:
    """What is to be known of a task: that it is overdue, what changed after it was begun."""
    if is_late(task, today):
        yield Note("Overdue", f"Overdue: it was due on {say_date(task.due_on)}.", "late")
    if task.flag and task.status in Task.OPEN:
        yield Note("Changed", task.flag, "late")
