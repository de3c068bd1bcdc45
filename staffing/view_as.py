"""View as a colleague: a manager sees the console as somebody else sees it, and changes nothing.

While it goes on, the request's person is the colleague, for both locks; who acts stays the
manager; the transaction is read-only; and no page takes a POST but the one that ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from opsconsole.access.middleware import SAFE_METHODS
from staffing.models import User, Viewing

SESSION_KEY = "viewing"
ENDING_PATHS = ("/view-as/end/", "/logout/")


class ViewAs:
    """Middleware, right before the locks are closed: makes the request the colleague's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        viewing = _of_session(request)
        if viewing is None or request.path in ENDING_PATHS:
            return self.get_response(request)
        request.viewing = viewing  # type: ignore[attr-defined]
        request.viewer, request.user = request.user, viewing.person  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """Nothing is sent while looking as somebody else."""
        if not hasattr(request, "viewing") or request.method in SAFE_METHODS:
            return None
        return TemplateResponse(request, "console/viewing_refused.html", status=403).render()


def may_be_viewed_as(manager: User) -> QuerySet[User]:
    """The colleagues whose console this person may look at: active ones, engineers never."""
    people = User.objects.visible_to(manager).colleagues().filter(is_active=True)
    return people.filter(is_superuser=False).exclude(pk=manager.pk)


def begin(request: HttpRequest, person: User, reason: str) -> Viewing:
    """Note who looks, as whom and why, and go on as that person from the next request on."""
    viewing = Viewing.objects.create(
        viewer=cast(User, request.user), person=person, reason=reason.strip()
    )
    request.session[SESSION_KEY] = viewing.pk
    return viewing


def end(request: HttpRequest) -> HttpResponse:
    """Be oneself again."""
    viewing = _of_session(request)
    request.session.pop(SESSION_KEY, None)
    if viewing is not None:
        viewing.ended_at = timezone.now()
        viewing.save(update_fields=["ended_at"])
        messages.success(
            request, f"You see the console as yourself again, not as {viewing.person}."
        )
    return redirect("admin:index")


def _of_session(request: HttpRequest) -> Viewing | None:
    """The view that goes on, if both people still are what it takes."""
    pk = request.session.get(SESSION_KEY)
    if pk is None or not request.user.is_authenticated:
        return None
    viewer = request.user
    viewing = Viewing.objects.going_on().filter(pk=pk, viewer=viewer).first()
    if viewing is None or not viewer.has_perm("staffing.add_viewing"):
        return None
    person = may_be_viewed_as(viewer).filter(pk=viewing.person_id).first()
    if person is None:
        return None
    viewing.person = person
    return viewing
