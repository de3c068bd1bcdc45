"""What the command palette finds: records by their words, among those that a person may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from bookings.models import AwayPlan, Booking, Property
from opsconsole.access.registry import visible
from opsconsole.database.words import words_of
from staffing.models import User, ZipCode

SHORTEST = 2  # letters that are searched for: one finds nearly everything
SHOWN = 5  # records of a kind
LOOKED_AT = 50  # of which the first by name are shown

type Entry = dict[str, str]  # as unfold's template takes it


def records(request: HttpRequest, term: str) -> Iterator[Entry]:
    """Homes and their open plans, bookings by guest, people and ZIP codes with these words."""
    if len(term) < SHORTEST:
        return
    homes = _found(request, Property, term)
    for home in homes[:SHOWN]:
        yield _entry(home, "house", f"{home.address}, {home.zip_code.code}")
    yield from _rest(Property, homes, term)
    for plan in _plans(request, homes[:SHOWN]):
        yield _entry(plan, "flight_takeoff", f"away plan, {plan.get_status_display().lower()}")
    for stay in _stays(request, term):
        yield _entry(stay, "luggage", f"{stay.property}, {stay.get_status_display().lower()}")
    people = _found(request, User, term)
    for person in people[:SHOWN]:
        yield _entry(person, "person", person.role_name)
    yield from _rest(User, people, term)
    places = _found(request, ZipCode, term)
    for place in places[:SHOWN]:
        yield _entry(place, "pin_drop", "ZIP code")
    yield from _rest(ZipCode, places, term)


def _found(request: HttpRequest, model: type[Model], term: str) -> list[Any]:
    """What the list of these records finds, the first by name of those looked at."""
    page = admin.site._registry[model]
    if not page.has_view_permission(request):
        return []
    rows = visible(model._default_manager.all(), request.user)
    matching, _ = page.get_search_results(request, rows, term)
    if model is Property:
        matching = matching.select_related("zip_code")
    return sorted(matching.order_by()[:LOOKED_AT], key=str)


def _plans(request: HttpRequest, homes: list[Property]) -> Iterable[AwayPlan]:
    if not request.user.has_perm("bookings.view_awayplan"):
        return []
    plans = AwayPlan.objects.visible_to(request.user).open().filter(property__in=homes)
    return plans.select_related("property").order_by("starts_on", "pk")[:SHOWN]


def _stays(request: HttpRequest, term: str) -> Iterable[Booking]:
    """The latest, by the name of the guest."""
    if not request.user.has_perm("bookings.view_booking"):
        return []
    stays = Booking.objects.visible_to(request.user)
    for word in words_of(term):
        stays = stays.filter(guest_name__icontains=word)
    return stays.select_related("property").order_by("-arrives_on", "pk")[:SHOWN]


def _rest(model: type[Model], found: list[Any], term: str) -> Iterator[Entry]:
    """Where the others stand."""
    if len(found) > SHOWN:
        link = f"{_page(model, 'changelist')}?{urlencode({'q': term})}"
        name = str(model._meta.verbose_name_plural)
        yield {
            "title": f"All {name} with “{term}”",
            "icon": "search",
            "description": "list",
            "link": link,
        }


def _entry(record: Model, icon: str, description: str) -> Entry:
    link = _page(type(record), "change", record.pk)
    return {"title": str(record), "icon": icon, "description": description, "link": link}


def _page(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
