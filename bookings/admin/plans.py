"""The page of away plans."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from bookings import guards, services
from bookings.admin.approving import ApprovingPages
from bookings.admin.as_of import AsOfPages
from bookings.admin.at_hand import StepsAtHand
from bookings.admin.bulk_steps import Bulk, BulkSteps
from bookings.admin.coming_back import ComesBack
from bookings.admin.labels import PLAN_COLOURS
from bookings.admin.notes import Noted
from bookings.admin.task_rows import TaskRows
from bookings.admin.timeline import TimelinePage
from bookings.admin.views import PLANS
from bookings.admin.waiting_filter import WaitsFilter
from bookings.models import AwayPlan, Booking
from bookings.plan_resources import AwayPlanResource
from bookings.restoring import PLAN
from opsconsole.admin import Link, RelatedRows, RowsBelow, ScopedRelatedFilter
from opsconsole.admin.forms import ReasonForm
from opsconsole.admin.restoring import Restorable
from opsconsole.imports.pages import import_urls
from staffing.requests import colleague, person

DERIVED: list[Any] = ["status", "who_filed", "who_decided", "decided_at", "decision_reason"]


STAYS_IN_PLAN = RowsBelow(
    title="Bookings in this plan",
    none="No bookings in this plan.",
    model=Booking,
    belongs_by="away_plan",
    fields=("guest_name", "party_size", "arrives_on", "departs_on", "status"),
    rows=lambda stays: stays.order_by("arrives_on", "pk"),
)


class BookingsOfPlan(RelatedRows):
    """The bookings inside a plan, to read; each opens its own page."""

    model = Booking
    fields = ["guest_name", "party_size", "arrives_on", "departs_on", "status"]
    ordering = ["arrives_on"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("property")


class PlanForm(ReasonForm):
    """Asks for a reason where one is needed."""

    needed_for = (
        "Needed to decline or cancel a plan, to change what was approved, and to approve what you "
        "filed yourself."
    )


@admin.register(AwayPlan)
class AwayPlanAdmin(
    ComesBack, ApprovingPages, TimelinePage, AsOfPages, Noted, Restorable, StepsAtHand, BulkSteps
):
    """Plans, their dates and state. A status changes by a step: a button that says what it does."""

    form = PlanForm
    imports = AwayPlanResource
    if_empty = (
        "A plan says when the residents of a home are away. Active homes come first; plans from a "
        "file are drafts until they are submitted."
    )
    list_display = ["plan", "away", "state_now", "nights", "zip_code", "may_host", "stays"]
    built_in_views = PLANS
    list_filter = [
        ("status", ChoicesDropdownFilter),
        WaitsFilter,
        ("zip_code", ScopedRelatedFilter),
        ("starts_on", RangeDateFilter),
    ]
    rows_below = STAYS_IN_PLAN
    date_hierarchy = "starts_on"
    search_fields = ["property__name", "property__street"]
    search_help_text = "Search by home"
    autocomplete_fields = ["property"]
    fieldsets = [
        (None, {"fields": ["property", "starts_on", "ends_on", "hosting_allowed", "notes"]}),
        (
            "Decision",
            {"fields": DERIVED},
        ),
    ]
    readonly_fields = DERIVED
    inlines = [BookingsOfPlan, TaskRows]
    bulk = {
        "submit": Bulk("Submit {} for a decision", "submitted"),
        "approve": Bulk("Approve {}", "approved"),
        "decline": Bulk("Decline {}", "declined"),
        "withdraw": Bulk("Withdraw {}", "withdrawn"),
        "start_preparing": Bulk("Start preparing {}", "being prepared"),
        "start": Bulk("Start {}: the residents have left", "active"),
        "complete": Bulk("Hand back the homes of {}", "handed back"),
        "cancel": Bulk("Cancel {}", "cancelled"),
    }
    looked_at = ("property__zip_code", "property__away_plans", "bookings", "tasks")
    queues_at = "property"
    belongs_to = "property"
    table = guards.PLAN
    restoring = PLAN
    actions_submit_line = list(guards.PLAN)
    at_hand = {
        "start_preparing": "Start preparing",
        "start": "Residents have left",
        "complete": "Hand back",
    }

    def get_urls(self) -> list[URLPattern]:
        """The pages of an import stand under `import/`."""
        return [*import_urls(self, self.imports), *super().get_urls()]

    def list_links(self, request: HttpRequest) -> list[Link]:
        """Files come in from here."""
        links = super().list_links(request)
        if self.allows(request, "import"):
            upload = reverse("admin:bookings_awayplan_import")
            links = [Link("Import from a file", upload, "upload_file"), *links]
        return links

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        stays = Booking.objects.visible_to(request.user).order_by("arrives_on", "pk")
        plans = super().get_queryset(request).prefetch_related(Prefetch("bookings", stays))
        return plans.select_related("property", "zip_code")  # for choices as well: names have it

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deciding is a permission of its own."""
        return self.allows(request, "decide", obj)

    def save_record(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> None:
        if change:
            services.revise(obj, by=person(request), reason=form.cleaned_data["change_reason"])
        else:
            services.file_plan(obj, by=person(request))

    # Steps

    @action(description="Approve", icon="check", permissions=["decide"])
    def approve(self, request: HttpRequest, plan: AwayPlan, reason: str) -> None:
        services.approve(plan, by=person(request), reason=reason)

    @action(description="Decline", icon="block", permissions=["decide"])
    def decline(self, request: HttpRequest, plan: AwayPlan, reason: str) -> None:
        services.decline(plan, by=person(request), reason=reason)

    @action(description="Submit for a decision", icon="send", permissions=["change"])
    def submit(self, request: HttpRequest, plan: AwayPlan, reason: str) -> None:
        services.submit(plan, by=person(request))

    @action(description="Withdraw", icon="undo", permissions=["change"])
    def withdraw(self, request: HttpRequest, plan: AwayPlan, reason: str) -> None:
        services.withdraw(plan, by=person(request), reason=reason)

    @action(description="Start preparing", icon="cleaning_services", permissions=["change"])
    def start_preparing(self, request: HttpRequest, plan: AwayPlan, reason: str) -> None:
        services.start_preparing(plan, by=person(request))

    @action(description="Residents have left", icon="flight_takeoff", permissions=["change"])
    def start(self, request: HttpRequest, plan: AwayPlan, reason: str) -> None:
        services.start(plan, by=person(request))

    @action(description="Hand back", icon="key", permissions=["change"])
    def complete(self, request: HttpRequest, plan: AwayPlan, reason: str) -> None:
        services.complete(plan, by=person(request))

    @action(description="Cancel plan", icon="cancel", permissions=["decide"])
    def cancel(self, request: HttpRequest, plan: AwayPlan, reason: str) -> None:
        services.cancel(plan, by=person(request), reason=reason)

    # Colleagues, by name: the rest of their record is not staff's to see

    @display(description="filed by")
    def who_filed(self, plan: AwayPlan) -> str:
        return colleague(plan.filed_by_id)

    @display(description="decided by")
    def who_decided(self, plan: AwayPlan) -> str:
        return colleague(plan.decided_by_id)

    # Columns

    @display(description="home", ordering="property__name", header=True)
    def plan(self, plan: AwayPlan) -> list[str]:
        return [plan.property.name, plan.property.address]

    @display(description="away", ordering="starts_on")
    def away(self, plan: AwayPlan) -> str:
        return plan.dates

    @display(description="may host", boolean=True, ordering="hosting_allowed")
    def may_host(self, plan: AwayPlan) -> bool:
        return plan.hosting_allowed

    @display(description="live bookings")
    def stays(self, plan: AwayPlan) -> int:
        return sum(booking.status in Booking.LIVE for booking in plan.bookings.all())

    @display(description="state", ordering="status", label=PLAN_COLOURS)
    def state_now(self, plan: AwayPlan) -> str:
        return plan.get_status_display()
