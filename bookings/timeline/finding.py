"""The queries of a timeline: so many, however many homes, plans and stays there are."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bookings.models import AwayPlan, Booking, Property, Task
from bookings.timeline.asking import Asked
from bookings.timeline.windows import Window
from staffing.models import Colleague, User, ZipAssignment

Plan, Stay = AwayPlan.Status, Booking.Status

OPEN = (Plan.DRAFT, *AwayPlan.BLOCKING)
SHOWN_PLANS = (*OPEN, Plan.COMPLETED)  # others only if one asks for them
SHOWN_STAYS = (*Booking.LIVE, Stay.CHECKED_OUT)
SHOWN_TASKS = (*Task.OPEN, Task.Status.DONE, Task.Status.VERIFIED)


@dataclass(frozen=True, slots=True)
class PlanDates:
    """What a timeline needs to know of an away plan."""

    pk: int
    home: int
    status: str
    starts_on: datetime.date
    ends_on: datetime.date
    hosting_allowed: bool


@dataclass(frozen=True, slots=True)
class StayDates:
    """What a timeline needs to know of a booking, and of its plan."""

    pk: int
    home: int
    status: str
    arrives_on: datetime.date
    departs_on: datetime.date
    guest: str
    plan: PlanDates


@dataclass(frozen=True, slots=True)
class TaskDates:
    """What a timeline needs to know of a task; `who` has it, or did it."""

    pk: int
    home: int
    kind: str
    status: str
    starts_on: datetime.date
    due_on: datetime.date
    flag: str
    who: str | None


def homes(viewer: User, asked: Asked) -> QuerySet[Property]:
    """The homes of a timeline, by name."""
    found = Property.objects.visible_to(viewer)
    if asked.zip_code:
        found = found.filter(zip_code__code__startswith=asked.zip_code)
    if asked.person:
        found = found.filter(zip_code__in=_zip_codes_of(asked.person, viewer, asked.window))
    if asked.text:
        found = found.filter(
            Q(name__icontains=asked.text)
            | Q(street__icontains=asked.text)
            | Q(external_ref__icontains=asked.text)
        )
    found = found.filter(pk__in=_with_something(viewer, asked))
    shown = found.select_related("zip_code").only(
        "name", "city", "timezone", "lifecycle", "zip_code__code", "zip_code__is_served"
    )
    return shown.order_by("name", "pk")


def _with_something(viewer: User, asked: Asked) -> QuerySet[Any, Any]:
    """The ids of homes with something on one of the days; of all, if all are asked for.

    One list: PostgreSQL would walk two that are joined by OR anew for each home. A conflict is one
    of plans and stays, so that there nothing else is asked.
    """
    lists = [
        _shown_plans(viewer, asked).order_by().values("property"),
        _shown_stays(viewer, asked).order_by().values("property"),
    ]
    if sees_tasks(viewer) and not asked.conflicts:
        lists.append(_shown_tasks(viewer, asked).order_by().values("property"))
    if asked.all_homes and not asked.conflicts:
        lists.append(Property.objects.visible_to(viewer).not_archived().order_by().values("pk"))
    first, *others = lists
    return first.union(*others)


def _zip_codes_of(person: User, viewer: User, window: Window) -> QuerySet[Any, Any]:
    """The ZIP codes that a person looks after on some of the days, as far as the viewer knows."""
    held = ZipAssignment.objects.visible_to(viewer).of_active_people().order_by()
    return held.within(window.start, window.end).filter(user=person).values("content_object")


def _shown_plans(viewer: User, asked: Asked) -> Any:
    window, statuses = asked.window, [asked.status] if asked.status else SHOWN_PLANS
    return AwayPlan.objects.visible_to(viewer).filter(
        starts_on__lt=window.end, ends_on__gt=window.start, status__in=statuses
    )


def _shown_stays(viewer: User, asked: Asked) -> Any:
    stays = Booking.objects.visible_to(viewer).filter(
        arrives_on__lt=asked.window.end,
        departs_on__gt=asked.window.start,
        status__in=SHOWN_STAYS,
    )
    return stays.filter(away_plan__status=asked.status) if asked.status else stays


def sees_tasks(viewer: User) -> bool:
    """Whether tasks are shown at all: to those whose role reads them."""
    return viewer.has_perm("bookings.view_task")


def _shown_tasks(viewer: User, asked: Asked) -> Any:
    """Those of the days, and what is overdue where today is one of them."""
    window, there = asked.window, Q(due_on__gte=asked.window.start)
    if asked.today and window.start <= asked.today < window.end:
        there |= Q(status__in=Task.OPEN)
    tasks = Task.objects.visible_to(viewer).filter(
        there, starts_on__lt=window.end, status__in=SHOWN_TASKS
    )
    return tasks.filter(away_plan__status=asked.status) if asked.status else tasks


def plans_of(homes: Iterable[int], viewer: User, asked: Asked) -> dict[int, list[PlanDates]]:
    """For each home the plans of the days, and all that are open: those may be in their way."""
    window, ids = asked.window, list(homes)
    there = Q(starts_on__lt=window.end, ends_on__gt=window.start) | Q(status__in=OPEN)
    rows = AwayPlan.objects.visible_to(viewer).filter(there, property__in=ids)
    found: dict[int, list[PlanDates]] = defaultdict(list)
    for values in rows.order_by("starts_on", "pk").values_list(
        "pk", "property_id", "status", "starts_on", "ends_on", "hosting_allowed"
    ):
        plan = PlanDates(*values)
        found[plan.home].append(plan)
    return found


def stays_of(homes: Iterable[int], viewer: User, asked: Asked) -> dict[int, list[StayDates]]:
    """For each home the stays of the days, and those that end or begin where the days do."""
    rows = Booking.objects.visible_to(viewer).filter(
        property__in=list(homes),
        arrives_on__lte=asked.window.end,
        departs_on__gte=asked.window.start,
        status__in=SHOWN_STAYS,
    )
    found: dict[int, list[StayDates]] = defaultdict(list)
    own = ("pk", "property_id", "status", "arrives_on", "departs_on", "guest_name")
    plans = ("pk", "property_id", "status", "starts_on", "ends_on", "hosting_allowed")
    for values in rows.order_by("arrives_on", "pk").values_list(
        *own, *(f"away_plan__{name}" for name in plans)
    ):
        pk, home, status, arrives_on, departs_on, guest = values[: len(own)]
        plan = PlanDates(*values[len(own) :])
        found[home].append(StayDates(pk, home, status, arrives_on, departs_on, guest, plan))
    return found


def tasks_of(homes: Iterable[int], viewer: User, asked: Asked) -> dict[int, list[TaskDates]]:
    """For each home the tasks of the days, with the name of who has or did each, whoever asks."""
    doer = Colleague._base_manager.filter(pk=OuterRef("doer")).values("name")[:1]
    rows = (
        _shown_tasks(viewer, asked)
        .filter(property__in=list(homes))
        .alias(doer=Coalesce("done_by", "assignee"))
        .annotate(who=Subquery(doer))
    )
    found: dict[int, list[TaskDates]] = defaultdict(list)
    for values in rows.order_by("starts_on", "due_on", "pk").values_list(
        "pk", "property_id", "kind", "status", "starts_on", "due_on", "flag", "who"
    ):
        task = TaskDates(*values)
        found[task.home].append(task)
    return found
