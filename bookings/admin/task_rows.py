"""Tasks as rows of what they belong to."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from bookings.models import Task
from opsconsole.admin import RelatedRows


class TaskRows(RelatedRows):
    """The tasks of a plan, booking or home, to read; each opens its own page."""

    model = Task
    verbose_name_plural = "tasks"
    fields = ["kind", "status", "starts_on", "due_on", "priority"]
    ordering = ["due_on", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("property")
