"""The way back from the form of a record to the page that it was opened from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from bookings.timeline.asking import page
from opsconsole.admin import ConsoleAdmin, Link

NEXT = "next"


class ComesBack(ConsoleAdmin):
    """A form that goes back to the timeline or to the home page, where `?next=` names it."""

    def record_links(self, request: HttpRequest, obj: Any) -> list[Link]:
        """Back without saving."""
        way = way_back(request, obj)
        return [*([way] if way else []), *super().record_links(request, obj)]

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Back to where the record stands on that page."""
        if way := way_back(request, obj):
            return HttpResponseRedirect(way.path)
        return super().response_post_save_change(request, obj)


def way_back(request: HttpRequest, obj: Any) -> Link | None:
    """To the page that `?next=` names, at the place of the record; none to any other page.

    It is put together anew, so that nothing but these two pages is ever led to.
    """
    try:
        asked = urlsplit(request.GET.get(NEXT, ""))
    except ValueError:  # brackets that are no IPv6 address
        return None
    if asked.scheme or asked.netloc:
        return None
    query = f"?{asked.query}" if asked.query else ""
    if asked.path == page():
        there = f"{page()}{query}#home-{obj.property_id}"
        return Link("Back to the timeline", there, "view_timeline")
    if asked.path == (home := reverse("admin:index")):
        return Link("Back to my day", f"{home}{query}#{obj._meta.model_name}-{obj.pk}", "today")
    return None
