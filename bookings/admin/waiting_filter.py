"""The filter of plans by how long they have waited for a decision."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from bookings.waiting import AGES, with_version
from staffing.requests import person


class WaitsFilter(DropdownFilter):
    """Plans that wait, by the time since they were submitted."""

    title = "waiting"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(age.slug, age.label) for age in AGES.values()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        age = AGES.get(self.value() or "")
        if age is None:
            return queryset
        plans = with_version(queryset.waiting(), person(request))
        return plans.filter(age.condition(timezone.now()))
