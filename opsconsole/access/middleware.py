"""What every request passes: a look at its letters, and one transaction that knows who acts."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from django.core.exceptions import ObjectDoesNotExist, SuspiciousOperation
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import get_template

from opsconsole.access.acting import Source, as_actor
from opsconsole.access.local import is_nested, with_settings
from opsconsole.access.lock import as_held
from opsconsole.access.standing import stands
from opsconsole.database.refusals import OUTSIDE_SENTENCE, sentence_for

logger = logging.getLogger(__name__)

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
UNLOCKED = (
    "The console is closed: the database's own lock on its rows has a hole. "
    "An engineer finds it with `manage.py access_status` and mends it with `manage.py migrate`.\n"
)


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
    """Wraps the view and the rendering of its template in one transaction, under both locks.

    It has to be middleware: ATOMIC_REQUESTS would commit, and forget who acts and what they may
    see, before a TemplateResponse renders. Who waits longer than `PATIENCE` for a lock is told to
    try again, and holds no thread of the server.
    """

    PATIENCE = "5s"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not stands():
            return HttpResponse(UNLOCKED, status=503, content_type="text/plain; charset=utf-8")
        request.request_id = uuid.uuid4()  # type: ignore[attr-defined]
        with with_settings(self._settings(request)):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """What lock 2 refuses or hides where lock 1 had not is denied or not here, never a 500.

        The answer asks the database nothing: PostgreSQL takes no more queries after an error.
        """
        if isinstance(error, Error) and sentence_for(error) == OUTSIDE_SENTENCE:
            status = 403
        elif isinstance(error, ObjectDoesNotExist):  # a record that this one refers to
            logger.warning("%s: %s", request.path, error)
            status = 404
        else:
            return None
        transaction.set_rollback(True)
        return HttpResponse(get_template(f"{status}.html").render(), status=status)

    def _settings(self, request: HttpRequest) -> dict[str, str]:
        """Who acts and what they may see; a view as somebody else writes nothing.

        (Inside another transaction, a test's, read-only could not be taken back.)
        """
        viewer = getattr(request, "viewer", None)
        read_only = {"transaction_read_only": "on"} if viewer and not is_nested() else {}
        return {
            **as_actor(
                viewer or request.user,
                source=Source.CONSOLE,
                request_id=request.request_id,  # type: ignore[attr-defined]
            ),
            **as_held(request.user),
            "lock_timeout": self.PATIENCE,
            **read_only,
        }
