"""The page of assignments: who looks after which ZIP code, from when to when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from opsconsole.admin import ScopedRelatedFilter
from opsconsole.admin.forms import ReasonForm
from staffing.admin.what_changes import WhatChanges
from staffing.models import ZipAssignment
from staffing.querysets import TodayIn
from staffing.requests import colleague


@admin.register(ZipAssignment)
class ZipAssignmentAdmin(WhatChanges):
    """Managers assign; staff see their own."""

    form = ReasonForm
    list_display = ["zip_code", "user", "duty", "starts_on", "ends_on", "holds_today", "note"]
    list_select_related = ["content_object", "user"]
    list_filter = [
        ("user", ScopedRelatedFilter),
        ("content_object", ScopedRelatedFilter),
        ("duty", ChoicesDropdownFilter),
    ]
    search_fields = ["content_object__code", "user__full_name"]
    search_help_text = "Search by ZIP code or name"
    fields = ["user", "content_object", "duty", "starts_on", "ends_on", "note", "who_granted"]
    readonly_fields = ["who_granted"]
    autocomplete_fields = ["user", "content_object"]

    def get_queryset(self, request: HttpRequest) -> Any:
        today = TodayIn("content_object__timezone")
        return super().get_queryset(request).annotate(today_there=today)

    def save_record(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> None:
        if not change:
            obj.granted_by = request.user
        super().save_record(request, obj, form, change=change)

    @display(description="granted by")
    def who_granted(self, assignment: ZipAssignment) -> str:
        return colleague(assignment.granted_by_id)

    @display(description="ZIP code", ordering="content_object__code")
    def zip_code(self, assignment: ZipAssignment) -> str:
        return str(assignment.zip_code)

    @display(description="holds today", boolean=True)
    def holds_today(self, assignment: Any) -> bool:
        today = assignment.today_there
        return assignment.starts_on <= today and (
            assignment.ends_on is None or assignment.ends_on > today
        )
