"""What starts or ends in a ZIP code soon, in plain words."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet, Value

from opsconsole.dates import say_date
from staffing.coverage import found
from staffing.gaps import AHEAD
from staffing.models import User, ZipAssignment


@dataclass(frozen=True)
class Change:
    """An assignment that starts or ends, and who is there from that day on."""

    day: datetime.date
    person_id: int
    person: str
    zip_code_id: int
    code: str
    duty: str
    is_start: bool
    then: list[ZipAssignment]

    @property
    def step(self) -> str:
        """What the person does: between their name and the ZIP code."""
        if self.is_start:
            return f"starts as {self.duty} in"
        return f"stops being {self.duty} in"

    @property
    def afterwards(self) -> str:
        """Who else is there from that day on."""
        others = ", ".join(f"{a.user} is {a.get_duty_display().lower()}" for a in self.then)
        if self.is_start:
            return others or "nobody else is there"
        if not others:
            return "nobody follows"
        has_primary = any(a.duty == ZipAssignment.Duty.PRIMARY for a in self.then)
        is_missed = self.duty == "primary" and not has_primary
        return f"nobody follows as primary, {others}" if is_missed else others

    def __str__(self) -> str:
        day = say_date(self.day)
        return f"{self.person} {self.step} {self.code} on {day}; {self.afterwards}."


def changes(viewer: User, day: datetime.date, query: str) -> QuerySet[Any]:
    """What starts or ends in the sixty days after a day, in order, as rows of values."""
    rows = ZipAssignment.objects.visible_to(viewer).of_active_people().order_by()
    rows = found(rows, query) if query else rows
    until = day + AHEAD
    starts = rows.filter(starts_on__gt=day, starts_on__lte=until)
    ends = rows.filter(ends_on__gt=day, ends_on__lte=until)
    return (
        _moments(ends, "ends_on", is_start=False)
        .union(_moments(starts, "starts_on", is_start=True), all=True)
        .order_by("day", "code", "is_start", "pk")
    )


def _moments(rows: QuerySet[Any], field: str, *, is_start: bool) -> QuerySet[Any]:
    return rows.annotate(
        day=F(field),
        code=F("content_object__code"),
        person=F("user__full_name"),
        is_start=Value(is_start),
    ).values("pk", "day", "code", "person", "is_start", "user_id", "content_object_id", "duty")


def tell_changes(rows: list[dict[str, Any]], viewer: User) -> list[Change]:
    """The changes of a page with who is there then; one query for all of them."""
    there: dict[int, list[ZipAssignment]] = defaultdict(list)
    here = ZipAssignment.objects.visible_to(viewer).of_active_people().select_related("user")
    for assignment in here.filter(
        content_object__any=[row["content_object_id"] for row in rows]
    ).order_by("user__full_name", "pk"):
        there[assignment.content_object_id].append(assignment)
    return [_change(row, there[row["content_object_id"]]) for row in rows]


def _change(row: dict[str, Any], here: list[ZipAssignment]) -> Change:
    others = [a for a in here if a.pk != row["pk"] and a.holds_on(row["day"])]
    return Change(
        day=row["day"],
        person_id=row["user_id"],
        person=row["person"],
        zip_code_id=row["content_object_id"],
        code=row["code"],
        duty=str(ZipAssignment.Duty(row["duty"]).label).lower(),
        is_start=row["is_start"],
        then=others,
    )
