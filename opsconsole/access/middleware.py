"""What every request passes: a look at its letters, and one transaction that knows who acts."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponseBase

from opsconsole.access.acting import Source, acting


class RefuseNul:
    """Answers 400 to a request whose address, cookies or headers hold a NUL character.

    Text of PostgreSQL can't hold one: wherever it reached a query, the answer would be a 500.
    """

    HEADERS = ("HTTP_USER_AGENT", "HTTP_ACCEPT", "HTTP_REFERER")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        texts = [request.path, *request.COOKIES.values()]
        texts += [value for values in request.GET.lists() for value in values[1]]
        texts += [request.META.get(name, "") for name in self.HEADERS]
        if any("\0" in text for text in texts):
            raise SuspiciousOperation("A NUL character in the request.")
        return self.get_response(request)


class OneTransactionPerRequest:
    """Wraps the view and the rendering of its template in one transaction.

    It has to be middleware: ATOMIC_REQUESTS would commit, and forget who acts, before a
    TemplateResponse renders.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = uuid.uuid4()  # type: ignore[attr-defined]
        person = request.user if request.user.is_authenticated else None
        with acting(person, source=Source.CONSOLE, request_id=request.request_id):  # type: ignore[attr-defined]
            with connection.cursor() as cursor:
                # Who waits longer is told to try again, and holds no thread of the server.
                cursor.execute("SET LOCAL lock_timeout = '5s'")
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response
