"""Health checks, answered before anything that could stand in their way: hosts, sign-in, SSL."""

from __future__ import annotations

from collections.abc import Callable

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase

ALIVE, READY = "/health/alive", "/health/ready"


class HealthChecks:
    """`/health/alive`: the process answers. `/health/ready`: it reaches its database, else 503.

    The first middleware, because a probe calls by an address that is no host of the console.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == ALIVE:
            return HttpResponse("alive\n", content_type="text/plain")
        if request.path == READY:
            return _ready()
        return self.get_response(request)


def _ready() -> HttpResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("no database\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")
