"""The home page: what waits for this person today, counted over what they may see."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from bookings.models import AwayPlan, Booking, Property
from staffing.models import User, ZipCode
from staffing.requests import person

SHOWN = 8


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add tiles and lists to the context of the index page."""
    plans = AwayPlan.objects.visible_to(request.user).select_related("property", "zip_code")
    bookings = Booking.objects.visible_to(request.user).select_related("property", "zip_code")
    waiting = plans.waiting().order_by("starts_on", "pk")
    arriving = bookings.arriving_today().order_by("property__name", "pk")
    departing = bookings.departing_today().order_by("property__name", "pk")
    return {
        **context,
        "zip_codes": _zip_codes(person(request)),
        "tiles": [
            _tile(
                "Homes in your care",
                Property.objects.visible_to(request.user).not_archived(),
                "bookings_property",
            ),
            _tile(
                "Plans waiting for a decision",
                waiting,
                "bookings_awayplan",
                "?status__exact=submitted",
            ),
            _tile("Residents away now", plans.away_now(), "bookings_awayplan"),
            _tile("Arriving today", arriving, "bookings_booking", _arriving()),
            _tile("Leaving today", departing, "bookings_booking"),
        ],
        "waiting": waiting[:SHOWN],
        "arriving": arriving[:SHOWN],
        "departing": departing[:SHOWN],
    }


def _arriving() -> str:
    today = timezone.localdate().isoformat()
    return f"?arrives_on_from={today}&arrives_on_to={today}"


def _tile(label: str, rows: Any, page: str, query: str = "") -> dict[str, Any]:
    link = reverse(f"admin:{page}_changelist") + query
    return {"label": label, "count": rows.count(), "link": link}


def _zip_codes(who: User) -> str:
    """The ZIP codes a person looks after today, in words."""
    if who.sees_every_zip_code:
        return "You see every ZIP code."
    codes = ZipCode.objects.filter(pk__in=who.zip_code_ids()).values_list("code", flat=True)
    if not codes:
        return (
            "No ZIP code is assigned to you today, so there is nothing here yet. "
            "Ask an operations manager to assign you one."
        )
    return f"You look after {', '.join(codes)}."
