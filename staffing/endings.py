"""What ending assignments would do: who loses what, and which ZIP codes are left with nobody."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from opsconsole.dates import say_date
from staffing.models import User, ZipAssignment
from staffing.previews import say_codes
from staffing.querysets import TodayIn


@dataclass(frozen=True)
class Ending:
    """One assignment and the day from which it would no longer hold."""

    assignment: ZipAssignment
    day: datetime.date

    @property
    def is_called_off(self) -> bool:
        """Whether it has not begun by then: it is deleted, and only the history keeps it."""
        return self.assignment.starts_on >= self.day

    @property
    def is_late(self) -> bool:
        """Whether it ends by then as it is."""
        ends_on = self.assignment.ends_on
        return ends_on is not None and ends_on <= self.day

    @property
    def first_day_lost(self) -> datetime.date:
        """The first day that the person loses."""
        return max(self.day, self.assignment.starts_on)

    @property
    def sentence(self) -> str:
        """What becomes of it."""
        if self.is_late:
            return f"Ends on {say_date(self.assignment.ends_on or self.day)} already: leave it out."
        if self.is_called_off:
            return "Has not begun by then: called off, the history keeps it."
        return f"Ends on {say_date(self.day)}."


def endings(chosen: QuerySet[ZipAssignment], on: datetime.date | None) -> list[Ending]:
    """What becomes of the chosen assignments: on a day, or today by each ZIP code's clock."""
    rows: Any = (
        chosen.annotate(today_there=TodayIn(F("content_object__timezone")))
        .select_related("user", "content_object")
        .order_by("user__full_name", "user", "content_object__code", "starts_on")
    )
    return [Ending(assignment, on or assignment.today_there) for assignment in rows]


def losses(ends: list[Ending]) -> list[str]:
    """A sentence for each person who loses something."""
    lost: dict[tuple[User, datetime.date], list[str]] = defaultdict(list)
    for end in ends:
        if not end.is_late:
            lost[end.assignment.user, end.first_day_lost].append(end.assignment.zip_code.code)
    return [
        f"{person} loses {say_codes(codes)} from {say_date(day)} on."
        for (person, day), codes in lost.items()
    ]


def left_alone(ends: list[Ending]) -> list[str]:
    """The ZIP codes with nobody else on the first day that is lost."""
    others: dict[int, list[ZipAssignment]] = defaultdict(list)
    for other in (
        ZipAssignment.objects.of_active_people()
        .filter(content_object__in=[end.assignment.content_object_id for end in ends])
        .exclude(pk__in=[end.assignment.pk for end in ends])
    ):
        others[other.content_object_id].append(other)
    return sorted(
        {
            end.assignment.zip_code.code
            for end in ends
            if not end.is_late
            and not any(
                other.holds_on(end.first_day_lost)
                for other in others[end.assignment.content_object_id]
            )
        }
    )
