"""The plans that wait for a decision, oldest first, and what somebody who decides has to know.

A plan keeps no moment of its submission: its history does, as the version with which it came into
that state. One that was approved and asks for more waits from then on; a change of what waits
keeps its place.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from bookings.meanwhile import by_whom, since, what_changed
from bookings.models import AwayPlan, Booking, Property
from opsconsole.access.registry import visible_versions
from opsconsole.dates import Span
from opsconsole.history.versions import as_number, history_of, with_newest
from staffing.explain.spans import overlap
from staffing.models import User

# Staff don't read versions that were written outside their ZIP codes. A home that came to them
# later brings plans that wait longer than anybody can tell them, so those are the oldest.
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def waiting(viewer: User) -> QuerySet[Any]:
    """The plans that wait, each with the moment it was submitted (`since`) and its `version`."""
    return with_version(AwayPlan.objects.visible_to(viewer).waiting(), viewer).order_by(
        "since", "pk"
    )


def with_version(plans: QuerySet[AwayPlan], viewer: User) -> QuerySet[Any]:
    """Plans with the moment of their submission and the number of their newest version.

    All of it comes from one statement, so that the number is that of what is shown.
    """
    versions = history_of(AwayPlan).filter(id=OuterRef("pk"))
    came = Q(history_type="+") | Q(changed_fields__contains=["status"])
    submitted = visible_versions(versions.filter(came, status=AwayPlan.Status.SUBMITTED), viewer)
    moment = submitted.order_by("-history_id").values("history_date")[:1]
    return with_newest(plans).annotate(since=Coalesce(Subquery(moment), Value(LONG_AGO)))


def after(plan: Any, viewer: User) -> Any | None:
    """The plan that waits behind this one, or else the first of all, None where no other does."""
    others = waiting(viewer).exclude(pk=plan.pk)
    behind = Q(since__gt=plan.since) | Q(since=plan.since, pk__gt=plan.pk)
    return others.filter(behind).first() or others.first()


def place_of(plan: Any, viewer: User) -> int:
    """How many plans stand before this one."""
    before = Q(since__lt=plan.since) | Q(since=plan.since, pk__lt=plan.pk)
    return waiting(viewer).filter(before).count()


# For how long


@dataclass(frozen=True)
class Age:
    """Plans that have waited for at least so many days, and less than so many."""

    slug: str
    label: str
    least: int
    below: int | None = None

    def condition(self, at: datetime.datetime) -> Q:
        """On plans with their moment of submission (`since`)."""
        found = Q(since__lte=at - datetime.timedelta(days=self.least))
        if self.below is None:
            return found
        return found & Q(since__gt=at - datetime.timedelta(days=self.below))


AGES = {
    age.slug: age
    for age in (
        Age("day", "Less than a day", 0, 1),
        Age("days", "1 to 3 days", 1, 3),
        Age("week", "3 to 7 days", 3, 7),
        Age("longer", "7 days or more", 7),
    )
}


def by_age(viewer: User, at: datetime.datetime) -> dict[str, int]:
    """How many plans have waited for how long."""
    counted = {slug: Count("pk", filter=age.condition(at)) for slug, age in AGES.items()}
    return waiting(viewer).order_by().aggregate(**counted)


# What stands in the way


@dataclass(frozen=True)
class Conflict:
    """Another plan of the home, or a booking, and how it lies to the plan that waits."""

    words: str
    record: AwayPlan | Booking
    is_in_the_way: bool  # or merely next to it

    @property
    def address(self) -> str:
        """Where it is looked at."""
        page = f"admin:{self.record._meta.app_label}_{self.record._meta.model_name}_change"
        return reverse(page, args=[self.record.pk])


def conflicts_of(plans: Sequence[AwayPlan], viewer: User) -> list[list[Conflict]]:
    """For each plan what else is at its home in its dates or next to them, in two queries.

    Submitted and approved plans of a home never overlap, which the database holds. Drafts may, and
    bookings that the rules let in by another way.
    """
    if not plans:
        return []
    others = _by_home(_plans_around(plans, viewer))
    stays = _by_home(_stays_around(plans, viewer))
    return [_conflicts(plan, others[plan.property_id], stays[plan.property_id]) for plan in plans]


def _conflicts(plan: AwayPlan, others: list[AwayPlan], stays: list[Booking]) -> list[Conflict]:
    """What is in the way first."""
    found = [_of_plan(plan, other) for other in others] + [_of_stay(plan, stay) for stay in stays]
    told = [conflict for conflict in found if conflict]
    return sorted(told, key=lambda conflict: not conflict.is_in_the_way)


def _plans_around(plans: Sequence[AwayPlan], viewer: User) -> QuerySet[AwayPlan]:
    return (
        AwayPlan.objects.visible_to(viewer)
        .open()
        .filter(
            property__in={plan.property_id for plan in plans},
            starts_on__lte=max(plan.ends_on for plan in plans),
            ends_on__gte=min(plan.starts_on for plan in plans),
        )
        .order_by("starts_on", "pk")
    )


def _stays_around(plans: Sequence[AwayPlan], viewer: User) -> QuerySet[Booking]:
    in_dates = Q(
        property__in={plan.property_id for plan in plans},
        arrives_on__lt=max(plan.ends_on for plan in plans),
        departs_on__gt=min(plan.starts_on for plan in plans),
    )
    inside = Q(away_plan__in=[plan.pk for plan in plans])
    stays = Booking.objects.visible_to(viewer).live().filter(in_dates | inside)
    return stays.order_by("arrives_on", "pk")


def _by_home(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.property_id].append(row)
    return found


def _of_plan(plan: AwayPlan, other: AwayPlan) -> Conflict | None:
    if other.pk == plan.pk:
        return None
    state = other.get_status_display().lower()
    if overlap(_days_of(plan), _days_of(other)):
        return Conflict(f"Overlaps another plan, {state}", other, is_in_the_way=True)
    if other.ends_on == plan.starts_on:
        return Conflict(f"Right before it another plan, {state}", other, is_in_the_way=False)
    if other.starts_on == plan.ends_on:
        return Conflict(f"Right after it another plan, {state}", other, is_in_the_way=False)
    return None


def _of_stay(plan: AwayPlan, stay: Booking) -> Conflict | None:
    nights = stay.arrives_on, stay.departs_on
    is_its_own = stay.away_plan_id == plan.pk
    if not is_its_own and not overlap(_days_of(plan), nights):
        return None
    is_inside = plan.starts_on <= stay.arrives_on and stay.departs_on <= plan.ends_on
    if is_its_own and is_inside and plan.hosting_allowed:
        return None
    state = stay.get_status_display().lower()
    where = "in it, without hosting" if is_its_own and is_inside else "outside of it"
    return Conflict(f"A booking would lie {where}, {state}", stay, is_in_the_way=True)


def _days_of(plan: AwayPlan) -> Span:
    return plan.starts_on, plan.ends_on


def say_home(home: Property) -> str:
    """What is wrong with the home; nothing where it is active."""
    if home.lifecycle == Property.Lifecycle.ACTIVE:
        return ""
    return f"The home is {home.get_lifecycle_display().lower()}."


# What changed since somebody looked

UNKNOWN = (
    "This page did not say which version of the plan you saw. "
    "Nothing was decided: look at it as it is now, and decide again."
)


def say_changed(plan: Any, seen: Any, viewer: User) -> str:
    """Why a plan is not decided as somebody saw it: empty where it is as they saw it.

    `seen` is the number of the version that their page showed, as it was sent.
    """
    number, waits = as_number(seen), plan.status == AwayPlan.Status.SUBMITTED
    if waits and number is None:
        return UNKNOWN
    if waits and number == plan.version:
        return ""
    versions = [] if number is None else since(plan, number, viewer)
    if not waits:
        state = plan.get_status_display().lower()
        return (
            f"This plan does not wait any more: it is {state}{by_whom(versions)}. "
            "Nothing was decided."
        )
    return (
        f"This plan changed since you saw it{by_whom(versions)}{what_changed(plan, versions)}. "
        "Nothing was decided: look at it as it is now, and decide again."
    )
