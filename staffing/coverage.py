"""Who covers what on a day: the rows of the coverage page, each view a page of them at a time."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.db.models import (
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
    Window,
)
from django.db.models.functions import Coalesce, Greatest, Least, RowNumber

from opsconsole.dates import FOREVER
from staffing.care import care
from staffing.models import User, ZipAssignment, ZipCode

SHOWN = 12  # ZIP codes of one person in a row; the list of assignments has them all


def holding(viewer: User, day: datetime.date) -> QuerySet[ZipAssignment]:
    """The assignments that hold on a day, with the names they are shown with."""
    held = ZipAssignment.objects.visible_to(viewer).of_active_people().on(day)
    return held.select_related("content_object", "user", "covers_for")


# By person


def people(viewer: User, day: datetime.date, query: str) -> QuerySet[Any]:
    """Active staff with what they look after on a day."""
    first = (
        holding(viewer, day)
        .annotate(place=Window(RowNumber(), partition_by="user", order_by="content_object__code"))
        .filter(place__lte=SHOWN)
    )
    staff = User.objects.visible_to(viewer).filter(user_type="staff", is_active=True)
    return (
        (staff.filter(_about_person(viewer, day, query)) if query else staff)
        .annotate(held_count=Count("zip_assignments", filter=_held_on(day)))
        .order_by("full_name", "pk")
        .prefetch_related(
            Prefetch("zip_assignments", first.order_by("content_object__code"), to_attr="held")
        )
    )


def homes_of(people: Iterable[Any], viewer: User, day: datetime.date) -> dict[int, int]:
    """How many homes lie in the ZIP codes that each of these people has on a day."""
    held = holding(viewer, day).filter(user__in=[person.pk for person in people])
    counted = (
        care()
        .homes.visible_to(viewer)
        .filter(zip_code__assignments__in=held.values("pk").order_by())
        .values("zip_code__assignments__user")
        .annotate(count=Count("pk", distinct=True))
    )
    return {row["zip_code__assignments__user"]: row["count"] for row in counted}


def _held_on(day: datetime.date) -> Q:
    """Of a person's assignments, those that hold on a day."""
    open_end = Q(zip_assignments__ends_on__isnull=True) | Q(zip_assignments__ends_on__gt=day)
    return open_end & Q(
        zip_assignments__starts_on__lte=day,
        zip_assignments__permission__codename="operate_zipcode",
    )


def _about_person(viewer: User, day: datetime.date, query: str) -> Q:
    there = holding(viewer, day).filter(user=OuterRef("pk"), content_object__code__startswith=query)
    return Q(full_name__icontains=query) | Q(Exists(there.order_by()))


# By ZIP code


def zip_codes(viewer: User, day: datetime.date, query: str) -> QuerySet[Any]:
    """Served ZIP codes, and those with homes or open plans, with who looks after each on a day."""
    held = holding(viewer, day)
    found = ZipCode.objects.visible_to(viewer).filter(_matters(viewer))
    if query:
        somebody = held.filter(content_object=OuterRef("pk"), user__full_name__icontains=query)
        named = found.matching(query).order_by().values("pk")
        found = found.filter(Q(pk__in=named) | Exists(somebody.order_by()))
    return found.order_by("code").prefetch_related(
        Prefetch("assignments", held.order_by("user__full_name", "pk"), to_attr="held")
    )


def _matters(viewer: User) -> Q:
    """Of ZIP codes, those that somebody should look after, served or not."""
    matters = Q(is_served=True)
    for kind in (care().homes, care().plans):
        there = kind.visible_to(viewer).values("zip_code")
        matters |= Q(pk__in=there.distinct())  # few enough for PostgreSQL to keep in memory
    return matters


# Overlaps


def overlaps(viewer: User, day: datetime.date, query: str) -> QuerySet[Any]:
    """Two primaries of one ZIP code at once, from a day on: `user` and `other_name`."""
    mine = ZipAssignment.objects.visible_to(viewer).of_active_people().filter(duty="primary")
    here = "content_object__assignments"
    another = FilteredRelation(here, condition=Q(**{f"{here}__duty": "primary"}))
    rows = (
        mine.within(day, None)
        .annotate(other=another)
        .filter(
            Q(other__ends_on__isnull=True)
            | (Q(other__ends_on__gt=F("starts_on")) & Q(other__ends_on__gt=day)),
            other__pk__gt=F("pk"),
            other__starts_on__lt=Coalesce("ends_on", Value(FOREVER)),
            other__user__is_active=True,
            other__permission=F("permission"),
        )
        .annotate(
            other_id=F("other__user_id"),
            other_name=F("other__user__full_name"),
            both_from=Greatest("starts_on", F("other__starts_on")),
            both_until=Least("ends_on", F("other__ends_on")),
        )
    )
    asked = found(rows, query, "other_name__icontains") if query else rows
    return asked.select_related("content_object", "user").order_by(
        "both_from", "content_object__code", "pk", "other_id"
    )


def found(rows: QuerySet[Any], query: str, *others: str) -> QuerySet[Any]:
    """Assignments whose ZIP code begins so, or whose person (or `others`) is called so."""
    about = Q(content_object__code__startswith=query) | Q(user__full_name__icontains=query)
    for name in others:
        about |= Q(**{name: query})
    return rows.filter(about)
