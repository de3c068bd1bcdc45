"""Addresses that are secrets: whoever has one needs no session. No log and no report has them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

CALENDAR = re.compile(r"/calendar/[^/\s?]+\.ics")
HIDDEN = {
    CALENDAR: "/calendar/….ics",
    re.compile(r"/sign-in-link/[^/\s?]+/(?!set-password/)[^/\s?]+"): "/sign-in-link/…",
}


class WithoutSession:
    """Before the session's middleware: whatever cookies come along, who asks for a calendar is
    nobody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if CALENDAR.fullmatch(request.path):
            request.COOKIES.clear()
        return self.get_response(request)


def hidden(text: str) -> str:
    """The text without the secret part of such addresses."""
    for pattern, shown in HIDDEN.items():
        text = pattern.sub(shown, text)
    return text


class HideAddresses(logging.Filter):
    """Takes such addresses out of what is logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always log it, otherwise worded where it names one."""
        message = record.getMessage()
        if (shown := hidden(message)) != message:
            record.msg, record.args = shown, ()
        return True


def hide_in_report(event: dict[str, Any], hint: Any) -> dict[str, Any]:
    """The same for errors that are reported."""
    request = event.get("request", {})
    if "url" in request:
        request["url"] = hidden(request["url"])
    return event
