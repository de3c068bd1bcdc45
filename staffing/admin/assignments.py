"""The page of assignments: who looks after which ZIP code, from when to when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from opsconsole.admin import Link, ScopedRelatedFilter
from opsconsole.admin.empty import way
from opsconsole.admin.forms import ReasonForm
from opsconsole.imports.pages import import_urls
from staffing import services
from staffing.admin.assigning import assign_url
from staffing.admin.coverage import coverage_url
from staffing.admin.ending import end_url, ending_page
from staffing.admin.what_changes import WhatChanges
from staffing.models import ZipAssignment
from staffing.querysets import TodayIn
from staffing.requests import colleague, person
from staffing.resources import AssignmentResource


class AssignmentForm(ReasonForm):
    """Asks for a reason where one is needed."""

    needed_for = "Needed to take days away."


@admin.register(ZipAssignment)
class ZipAssignmentAdmin(WhatChanges):
    """Managers assign and end; staff see their own."""

    form = AssignmentForm
    imports = AssignmentResource
    if_empty = (
        "An assignment says who looks after a ZIP code, and from when on. Served ZIP codes and "
        "staff come first."
    )
    list_display = ["zip_code", "user", "duty", "starts_on", "ends_on", "holds_today", "note"]
    list_select_related = ["content_object", "user"]
    list_filter = [
        ("user", ScopedRelatedFilter),
        ("content_object", ScopedRelatedFilter),
        ("duty", ChoicesDropdownFilter),
    ]
    list_before_template = "staffing/assignment_links.html"
    search_fields = ["content_object__code", "user__full_name"]
    search_help_text = "Search by ZIP code or name"
    fields = [
        "user",
        "content_object",
        "duty",
        "covers_for",
        "starts_on",
        "ends_on",
        "note",
        "who_granted",
    ]
    readonly_fields = ["who_granted", "who_is_covered"]
    autocomplete_fields = ["user", "content_object", "covers_for"]
    queues_at = "content_object"
    actions = ["end_selected"]

    def get_urls(self) -> list[URLPattern]:
        """The pages about many assignments stand before those of one."""
        many = [coverage_url(self), assign_url(self), end_url(self)]
        return [*many, *import_urls(self, self.imports), *super().get_urls()]

    def list_links(self, request: HttpRequest) -> list[Link]:
        """Files come in from here."""
        if not self.allows(request, "import"):
            return []
        upload = reverse("admin:staffing_zipassignment_import")
        return [Link("Import from a file", upload, "upload_file")]

    def ways_to_fill(self, request: HttpRequest) -> list[Link]:
        """Many ZIP codes are assigned at once, on a page of its own."""
        links = super().ways_to_fill(request)
        if self.has_change_permission(request):
            links[1:2] = [way("Assign ZIP codes", "staffing_zipassignment_assign", "badge")]
        return links

    def get_queryset(self, request: HttpRequest) -> Any:
        today = TodayIn("content_object__timezone")
        return super().get_queryset(request).annotate(today_there=today)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whose it is, and where, stays: another is another assignment."""
        return [*self.readonly_fields, *(["user", "content_object"] if obj else [])]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """To read, a colleague is a name; to choose, a person."""
        fields: Any = self.fields
        if self.has_change_permission(request, obj):
            return fields
        return ["who_is_covered" if name == "covers_for" else name for name in fields]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing is deleted past the service: ending is the action."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_record(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> None:
        save = services.change if change else services.assign
        save(obj, by=person(request), reason=form.cleaned_data.get("change_reason", ""))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ends it, or calls it off, as the action on the list does: with a day and a reason."""
        if not self.has_delete_permission(request):
            raise PermissionDenied("Your role may not end assignments.")
        assignment = self.get_object(request, object_id)
        if assignment is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return ending_page(self, request, {assignment.pk})

    @action(description="End the selected assignments", permissions=["change"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Ask from which day and why first."""
        pks = set(queryset.order_by().values_list("pk", flat=True))
        if pks:
            return ending_page(self, request, pks)
        messages.info(request, "None of these assignments is there any more.")
        return None

    @display(description="covers for")
    def who_is_covered(self, assignment: ZipAssignment) -> str:
        return colleague(assignment.covers_for_id)

    @display(description="granted by")
    def who_granted(self, assignment: ZipAssignment) -> str:
        return colleague(assignment.granted_by_id)

    @display(description="ZIP code", ordering="content_object__code")
    def zip_code(self, assignment: ZipAssignment) -> str:
        return str(assignment.zip_code)

    @display(description="holds today", boolean=True)
    def holds_today(self, assignment: Any) -> bool:
        return assignment.holds_on(assignment.today_there)
