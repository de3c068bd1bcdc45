"""What is on for one person in some days: each list at most one longer than the page shows."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from bookings.models import AwayPlan, Booking, Task
from bookings.readiness import TO_COME, DateAt
from opsconsole.history.versions import with_newest
from opsconsole.home.days import Days
from staffing.models import User

MOST = 60  # cards of a part of the page: more are read in a list
AT_THE_DOOR = (Task.Kind.CHECK_IN, Task.Kind.CHECK_OUT)  # told with the guests


@dataclass(frozen=True)
class WhatsOn:
    """The stays, plans and tasks that a person may see, in these days of each home."""

    viewer: User
    days: Days
    at: datetime.datetime

    def arriving(self) -> list[Any]:
        """Guests to let in, also those that are late."""
        is_to_come = Q(status__in=TO_COME, departs_on__gt=DateAt(self.at, "property__timezone"))
        stays = self._rows(Booking, "arrives_on").filter(is_to_come)
        return self._first(stays, "arrives_on", "property__check_in_from")

    def departing(self) -> list[Any]:
        """Guests to see out, also those that should have left."""
        stays = self._rows(Booking, "departs_on").filter(status=Booking.Status.CHECKED_IN)
        return self._first(stays, "departs_on", "property__check_out_until")

    def plans(self) -> list[Any]:
        """Residents who leave, and who return."""
        leaving = self._on("starts_on") & Q(status__in=("approved", "preparing"))
        returning = self._on("ends_on") & Q(status=AwayPlan.Status.ACTIVE)
        plans = AwayPlan.objects.visible_to(self.viewer).filter(leaving | returning)
        return self._first(plans.select_related("property__owner"), "starts_on")

    def own_tasks(self) -> list[Any]:
        """Theirs, but for turnovers; those at the door stand with the guests until begun."""
        at_the_door = Q(kind__in=AT_THE_DOOR, status__in=Task.UNTOUCHED)
        tasks = self._tasks().filter(assignee=self.viewer).exclude(kind=Task.Kind.TURNOVER)
        tasks = tasks.exclude(at_the_door)
        return self._first(tasks, "zip_code__code", "due_on", "-priority")

    def turnovers(self) -> list[Any]:
        """Whoever has them: who comes to the home wants to know."""
        tasks = self._tasks().filter(kind=Task.Kind.TURNOVER)
        return self._first(tasks, "due_on", "-priority")

    def nobodys(self) -> list[Any]:
        """What waits for somebody to take it."""
        elsewhere = (*AT_THE_DOOR, Task.Kind.TURNOVER)
        tasks = self._tasks().nobodys().exclude(kind__in=elsewhere)
        return self._first(tasks, "zip_code__code", "due_on", "-priority")

    def _tasks(self) -> Any:
        return self._rows(Task, "due_on").open().select_related("booking")

    def _rows(self, model: Any, field: str) -> Any:
        return model.objects.visible_to(self.viewer).filter(self._on(field))

    def _on(self, field: str) -> Q:
        return self.days.on(field, self.at)

    def _first(self, rows: QuerySet[Any], *order: str) -> list[Any]:
        found = with_newest(rows.select_related("property__zip_code"))
        return list(found.order_by(*order, "pk")[: MOST + 1])
