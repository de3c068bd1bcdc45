"""The page of ZIP codes: where they are, whether we serve them, who looks after them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from opsconsole.admin import ConsoleAdmin, Empty, Link, RelatedRows
from opsconsole.admin.forms import ReasonForm
from opsconsole.imports.pages import import_urls
from staffing.models import ZipAssignment, ZipCode
from staffing.requests import person
from staffing.zip_resources import ZipCodeResource

NONE_SERVED = "No ZIP code is served yet"
HOW_TO_SERVE = (
    "A ZIP code is served where the company looks after homes. Open one and set “served”, or "
    "import those that are."
)


class AssignmentsHere(RelatedRows):
    """Who looks after this ZIP code, past and future included."""

    model = ZipAssignment
    verbose_name_plural = "assignments"
    fields = ["user", "duty", "starts_on", "ends_on", "note"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "content_object")


@admin.register(ZipCode)
class ZipCodeAdmin(ConsoleAdmin):
    """Facts come from a reference and are read-only; serving a ZIP code is a decision."""

    form = ReasonForm
    if_empty = "ZIP codes come from the reference: `manage.py load_zip_codes` brings all of them."
    list_display = ["code", "place", "county", "kind", "is_served", "looked_after_by"]
    list_filter = [
        ("is_served", BooleanRadioFilter),
        ("kind", ChoicesDropdownFilter),
    ]
    ordering = ["-is_served", "code"]
    search_fields = ["code", "city"]
    search_help_text = "Search by ZIP code or city"
    fields = ["code", "city", "state", "county", "timezone", "kind", "is_served"]
    readonly_fields = ["code", "city", "state", "county", "timezone", "kind"]
    inlines = [AssignmentsHere]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        current = ZipAssignment.objects.visible_to(request.user).current().select_related("user")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("assignments", current.order_by("-duty", "pk"), to_attr="assigned_today")
            )
        )

    def get_urls(self) -> list[URLPattern]:
        """The pages about many ZIP codes stand before those of one."""
        return [*import_urls(self, ZipCodeResource), *super().get_urls()]

    def list_links(self, request: HttpRequest) -> list[Link]:
        """Files come in from here."""
        if not self.has_change_permission(request):
            return []
        upload = reverse("admin:staffing_zipcode_import")
        return [Link("Import from a file", upload, "upload_file")]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """ZIP codes come from the reference: `manage.py load_zip_codes`."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; where none of all these is served, with what to do about it."""
        is_office = person(request).sees_every_zip_code
        if is_office and not ZipCode.objects.visible_to(request.user).served().exists():
            notice = Empty(NONE_SERVED, HOW_TO_SERVE, self.ways_to_fill(request))
            extra_context = {**(extra_context or {}), "notice": notice}
        return super().changelist_view(request, extra_context)

    @display(description="place", ordering="city")
    def place(self, zip_code: ZipCode) -> str:
        return f"{zip_code.city}, {zip_code.state}"

    @display(description="looked after today by")
    def looked_after_by(self, zip_code: Any) -> str:
        return ", ".join(
            f"{assignment.user} ({assignment.get_duty_display().lower()})"
            for assignment in zip_code.assigned_today
        )
