"""The page of bookings."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from bookings import guards, services
from bookings.admin.as_of import around
from bookings.admin.at_hand import StepsAtHand
from bookings.admin.bulk_steps import Bulk, BulkSteps
from bookings.admin.coming_back import ComesBack
from bookings.admin.labels import BOOKING_COLOURS
from bookings.admin.notes import Noted
from bookings.admin.task_rows import TaskRows
from bookings.admin.views import BOOKINGS
from bookings.models import Booking
from bookings.restoring import BOOKING
from opsconsole.admin import ScopedRelatedFilter
from opsconsole.admin.forms import ReasonForm
from opsconsole.admin.history import Happened, Way
from opsconsole.admin.restoring import Restorable
from staffing.requests import person

DERIVED: list[Any] = ["status", "held_until", "checked_in_at", "checked_out_at", "cancel_reason"]


class BookingForm(ReasonForm):
    """Asks for a reason where one is needed."""

    needed_for = (
        "Needed to cancel a booking, and to let guests in before the away plan is on and the home "
        "is prepared."
    )


@admin.register(Booking)
class BookingAdmin(ComesBack, Noted, Restorable, StepsAtHand, BulkSteps):
    """Guests and their dates. A status changes by a step: a button that says what it does."""

    form = BookingForm
    if_empty = "Guests are booked into approved away plans that allow hosting."
    list_display = ["guest", "stay", "state_now", "nights", "party_size", "zip_code", "channel"]
    list_select_related = ["property", "zip_code"]
    built_in_views = BOOKINGS
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("zip_code", ScopedRelatedFilter),
        ("channel", ChoicesDropdownFilter),
        ("arrives_on", RangeDateFilter),
    ]
    date_hierarchy = "arrives_on"
    search_fields = ["guest_name", "source_ref", "property__name"]
    search_help_text = "Search by guest, home or the channel’s reference"
    autocomplete_fields = ["away_plan"]
    fieldsets = [
        (None, {"fields": ["away_plan", "arrives_on", "departs_on", "party_size", "price"]}),
        ("Guest", {"fields": ["guest_name", "guest_phone", "guest_email"]}),
        ("Channel", {"fields": ["channel", "source_ref"]}),
        ("Stay", {"fields": DERIVED}),
    ]
    readonly_fields = DERIVED
    inlines = [TaskRows]
    queues_at = "property"
    belongs_to = "away_plan"
    table = guards.BOOKING
    restoring = BOOKING
    actions_submit_line = list(guards.BOOKING)
    bulk = {
        "confirm": Bulk("Confirm {}", "confirmed"),
        "check_in": Bulk("Check in the guests of {}", "checked in"),
        "check_out": Bulk("Check out the guests of {}", "checked out"),
        "no_show": Bulk("Say that nobody came for {}", "marked as a no-show"),
        "cancel": Bulk("Cancel {}", "cancelled"),
    }
    looked_at = ("property__zip_code", "away_plan__tasks", "away_plan__bookings")
    at_hand = {"check_in": "Check in", "check_out": "Check out"}

    def save_record(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> None:
        if change:
            reason = form.cleaned_data["change_reason"]
            services.change_booking(obj, by=person(request), reason=reason)
        else:
            services.hold(obj, by=person(request), at=timezone.now())

    def ways_from(self, request: HttpRequest, change: Happened) -> list[Way]:
        """Its plan, as it was around that."""
        return [*around(change, change.version.away_plan_id), *super().ways_from(request, change)]

    # Steps

    @action(description="Confirm", icon="check", permissions=["change"])
    def confirm(self, request: HttpRequest, booking: Booking, reason: str) -> None:
        services.confirm(booking, by=person(request))

    @action(description="Check in", icon="login", permissions=["change"])
    def check_in(self, request: HttpRequest, booking: Booking, reason: str) -> None:
        services.check_in(booking, by=person(request), at=timezone.now(), reason=reason)

    @action(description="Check out", icon="logout", permissions=["change"])
    def check_out(self, request: HttpRequest, booking: Booking, reason: str) -> None:
        services.check_out(booking, by=person(request), at=timezone.now())

    @action(description="Cancel booking", icon="cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, booking: Booking, reason: str) -> None:
        services.cancel_booking(booking, by=person(request), reason=reason)

    @action(description="No show", icon="person_off", permissions=["change"])
    def no_show(self, request: HttpRequest, booking: Booking, reason: str) -> None:
        services.mark_no_show(booking, by=person(request))

    # Columns

    @display(description="guest", ordering="guest_name", header=True)
    def guest(self, booking: Booking) -> list[str]:
        return [booking.guest_name, booking.property.name]

    @display(description="stay", ordering="arrives_on")
    def stay(self, booking: Booking) -> str:
        return booking.dates

    @display(description="state", ordering="status", label=BOOKING_COLOURS)
    def state_now(self, booking: Booking) -> str:
        return booking.get_status_display()
