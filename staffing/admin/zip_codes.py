"""The page of ZIP codes: where they are, whether we serve them, who looks after them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import action, display

from opsconsole.admin import ConsoleAdmin, Empty, Link, RelatedRows
from opsconsole.admin.forms import ReasonForm
from opsconsole.imports.pages import import_urls
from staffing.admin.serving import preview_chosen, serve_url
from staffing.models import ZipAssignment, ZipCode
from staffing.requests import person
from staffing.serving import place_of, preview, refuse_unexplained
from staffing.zip_resources import ZipCodeResource

NONE_SERVED = "No ZIP code is served yet"
HOW_TO_SERVE = (
    "A ZIP code is served where the company looks after homes: say which, by code, range, town or "
    "county, or import them from a file."
)


class AssignmentsHere(RelatedRows):
    """Who looks after this ZIP code, past and future included."""

    model = ZipAssignment
    verbose_name_plural = "assignments"
    fields = ["user", "duty", "starts_on", "ends_on", "note"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "content_object")


class ZipCodeForm(ReasonForm):
    """Asks for a reason where one is needed."""

    needed_for = "Needed to withdraw service where homes or open plans are."


@admin.register(ZipCode)
class ZipCodeAdmin(ConsoleAdmin):
    """Facts come from a reference and are read-only; serving a ZIP code is a decision."""

    form = ZipCodeForm
    imports = ZipCodeResource
    if_empty = "ZIP codes come from the reference: `manage.py load_zip_codes` brings all of them."
    actions = ["serve_selected", "withdraw_selected"]
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
        return [serve_url(self), *import_urls(self, self.imports), *super().get_urls()]

    def list_links(self, request: HttpRequest) -> list[Link]:
        """Many are served from here, or out of a file."""
        if not self.has_change_permission(request):
            return []
        return [
            Link("Serve or withdraw…", reverse("admin:staffing_zipcode_serve"), "playlist_add"),
            Link("Import from a file", reverse("admin:staffing_zipcode_import"), "upload_file"),
        ]

    def ways_to_fill(self, request: HttpRequest) -> list[Link]:
        """They are all there: what is brought is which of them are served."""
        ways = super().ways_to_fill(request)
        if not ways:
            return []
        return [
            Link("Serve ZIP codes", reverse("admin:staffing_zipcode_serve"), "playlist_add"),
            *ways,
        ]

    @action(description="Serve the selected ZIP codes…", permissions=["change"])
    def serve_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """The preview comes first."""
        return self._preview_chosen(request, queryset, is_served=True)

    @action(description="Withdraw service from the selected ZIP codes…", permissions=["change"])
    def withdraw_selected(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """The preview comes first."""
        return self._preview_chosen(request, queryset, is_served=False)

    def _preview_chosen(
        self, request: HttpRequest, queryset: QuerySet[Any], *, is_served: bool
    ) -> HttpResponse | None:
        if not queryset.exists():
            messages.info(request, "None of these ZIP codes is in the list any more.")
            return None
        return preview_chosen(self, request, queryset, is_served=is_served)

    def save_record(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> None:
        """Withdrawing service where homes or open plans are is told first, and explained."""
        if "is_served" in form.changed_data:
            place = place_of(obj, is_served=not obj.is_served)
            comes_to = preview([place], is_served=obj.is_served, viewer=person(request))
            refuse_unexplained(comes_to, form.cleaned_data.get("change_reason", ""))
        super().save_record(request, obj, form, change=change)

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
