"""A calendar is known by its address alone: no session is looked up, and the address is secret."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

ADDRESS = re.compile(r"/calendar/[^/\s?]+\.ics")
HIDDEN = "/calendar/….ics"


class WithoutSession:
    """Before the session's middleware: whatever cookies come along, the request is nobody's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if ADDRESS.fullmatch(request.path):
            request.COOKIES.clear()
        return self.get_response(request)


class HideAddresses(logging.Filter):
    """Takes the addresses of calendars out of what is logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always log it, otherwise worded where it names one."""
        if ADDRESS.search(message := record.getMessage()):
            record.msg, record.args = ADDRESS.sub(HIDDEN, message), ()
        return True


def hide_in_report(event: dict[str, Any], hint: Any) -> dict[str, Any]:
    """The same for errors that are reported."""
    request = event.get("request", {})
    if "url" in request:
        request["url"] = ADDRESS.sub(HIDDEN, request["url"])
    return event
