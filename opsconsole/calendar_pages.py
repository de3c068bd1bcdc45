"""The page on which one makes and ends the address of one's calendar, and the calendar itself."""

from __future__ import annotations

import hashlib

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import quote_etag
from django.views.decorators.http import require_POST, require_safe

from bookings.calendar.entries import entries_of
from bookings.calendar.file import calendar_of
from bookings.calendar.services import end_address, make_address, person_behind
from bookings.models import CalendarFeed
from opsconsole.access.lock import hold_to
from staffing.requests import address_of, person

WRONG_ONES, WITHIN = 60, 600  # addresses that lead nowhere, from one place, in so many seconds


def calendar_urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of calendars, for `AdminSite.get_urls`."""

    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        return _page(request, site)

    @require_POST
    def make(request: HttpRequest) -> HttpResponse:
        token = make_address(person(request))
        address = request.build_absolute_uri(reverse("admin:calendar_feed", args=[token]))
        return _page(request, site, address)

    return [
        path("calendar/", site.admin_view(page), name="calendar"),
        path("calendar/make/", site.admin_view(make), name="calendar_make"),
        path("calendar/end/", site.admin_view(end), name="calendar_end"),
        path("calendar/<str:token>.ics", feed, name="calendar_feed"),
    ]


def _page(request: HttpRequest, site: AdminSite, address: str = "") -> HttpResponse:
    """What there is, and a new address this once."""
    feeds = CalendarFeed.objects.none()
    if not getattr(request, "viewer", None):
        feeds = CalendarFeed.objects.visible_to(request.user).filter(ended_at=None)
    context = {
        **site.each_context(request),
        "title": "My calendar",
        "feed": feeds.first(),
        "address": address,
    }
    response = TemplateResponse(request, "bookings/calendar/page.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End one's own address."""
    if end_address(person(request)):
        messages.success(request, "The address has ended: nobody reads your calendar by it.")
    return redirect("admin:calendar")


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """A calendar, in the scope of whose it is as they are now, whoever asks."""
    if _tried_too_many(request):
        return _answer(HttpResponse("Too many wrong addresses: wait.\n", status=429))
    who = person_behind(token)
    if who is None:
        _count_wrong(request)
        return _answer(HttpResponse("There is no such calendar.\n", status=404))
    hold_to(who)
    console = request.build_absolute_uri("/").rstrip("/")
    entries = entries_of(who, timezone.localdate(), console)
    content = calendar_of(f"OpsConsole: {who}", entries)
    tag = quote_etag(hashlib.sha256(content).hexdigest()[:32])
    is_known = request.headers.get("If-None-Match") == tag
    response = HttpResponse(status=304) if is_known else HttpResponse(content)
    response["ETag"] = tag
    return _answer(response, "text/calendar; charset=utf-8")


def _answer(response: HttpResponse, kind: str = "text/plain; charset=utf-8") -> HttpResponse:
    """Kept by no cache, and named in no log: the address is the secret."""
    response["Content-Type"] = kind
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _tried_too_many(request: HttpRequest) -> bool:
    return int(cache.get(_key(request), 0)) >= WRONG_ONES


def _count_wrong(request: HttpRequest) -> None:
    """Counted in this process alone: nobody guesses a token; this spares the database."""
    cache.add(_key(request), 0, WITHIN)
    cache.incr(_key(request))


def _key(request: HttpRequest) -> str:
    address = hashlib.sha256(address_of(request).encode()).hexdigest()
    return f"wrong-calendars:{address}"
