"""The way back from the form of a record to the timeline that it was opened from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from bookings.timeline.asking import page
from opsconsole.admin import ConsoleAdmin, Link

NEXT = "next"


class ComesBack(ConsoleAdmin):
    """A form that goes back to the timeline once it is saved, where `?next=` names it."""

    def record_links(self, request: HttpRequest, obj: Any) -> list[Link]:
        """Back without saving."""
        links = super().record_links(request, obj)
        if way := way_back(request):
            title = "Back to the timeline"
            links = [Link(title, _to_the_row(way, obj), "view_timeline"), *links]
        return links

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Back to the home's row."""
        if way := way_back(request):
            return HttpResponseRedirect(_to_the_row(way, obj))
        return super().response_post_save_change(request, obj)


def way_back(request: HttpRequest) -> str:
    """The address of the timeline in `?next=`; nothing for any other address.

    It is put together anew, so that nothing but the timeline's own page is ever led to.
    """
    try:
        asked = urlsplit(request.GET.get(NEXT, ""))
    except ValueError:  # brackets that are no IPv6 address
        return ""
    if asked.scheme or asked.netloc or asked.path != page():
        return ""
    return f"{page()}?{asked.query}" if asked.query else page()


def _to_the_row(way: str, obj: Any) -> str:
    return f"{way}#home-{obj.property_id}"
