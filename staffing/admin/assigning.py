"""The page that assigns many ZIP codes at once: fill in, preview, commit what was previewed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone

from opsconsole.access.roles import role_required
from opsconsole.admin import show
from opsconsole.database.refusals import Refused
from staffing import services
from staffing.admin.forms import AssignForm
from staffing.models import User
from staffing.previews import Outcome, Pair, Wish, effects, preview
from staffing.requests import person

SHOWN = 200  # pairs of a preview, first those that are not new
VARIANTS = {"new": "success", "has": "info", "overlaps": "warning", "not_staff": "danger"}
STALE = "The form was changed, or this preview is not yours: look at this one before you commit."


def assign_url(model_admin: ModelAdmin[Any]) -> URLPattern:
    """The page as a URL pattern for `ModelAdmin.get_urls`; it goes before its own."""

    @role_required("staffing.change_zipassignment", to="assign ZIP codes")
    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return again(request, AssignForm(person(request), initial=_asked_for(request)))
        form = AssignForm(person(request), request.POST)
        if not form.is_valid():
            return again(request, form)
        if "token" not in request.POST:
            return again(request, form, **_preview(form, person(request)))
        return commit(request, form)

    def commit(request: HttpRequest, form: AssignForm) -> HttpResponse:
        asked, previewed = _read_token(request.POST["token"], person(request))
        if asked != _terms(form):
            return again(request, form, 409, stale=STALE, **_preview(form, person(request)))
        try:
            pairs = services.assign_many(
                form.wish(),
                by=person(request),
                reason=form.cleaned_data["reason"],
                previewed=previewed,
            )
        except services.Drifted as drifted:
            return again(request, form, 409, drifted=drifted, **_preview(form, person(request)))
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return again(request, form)
        messages.success(request, _say_done(pairs))
        return redirect("admin:staffing_zipassignment_coverage")

    def again(
        request: HttpRequest, form: AssignForm, status: int = 200, **context: Any
    ) -> HttpResponse:
        context |= {"title": "Assign ZIP codes", "form": form}
        response = show(model_admin, request, "staffing/assign.html", **context)
        response.status_code = status
        return response

    name = "staffing_zipassignment_assign"
    return path("assign/", model_admin.admin_site.admin_view(view), name=name)


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    """What a link fills in: a ZIP code, a person."""
    return {
        "zip_codes": request.GET.get("zip_codes", "")[:200],
        "people": [pk for pk in request.GET.getlist("people") if pk.isdecimal()],
        "starts_on": timezone.localdate(),
    }


def _preview(form: AssignForm, viewer: User) -> dict[str, Any]:
    wish = form.wish()
    pairs = preview(wish)
    counts = Counter(pair.outcome for pair in pairs)
    shown = sorted(pairs, key=lambda pair: pair.outcome == Outcome.NEW)[:SHOWN]
    return {
        "pairs": [(pair, VARIANTS[pair.outcome]) for pair in shown],
        "more": len(pairs) - len(shown),
        "counts": [(outcome.label, counts[outcome]) for outcome in Outcome],
        "effects": effects(wish, pairs),
        "will_write": counts[Outcome.NEW],
        "token": _make_token(form, pairs, viewer),
    }


def _say_done(pairs: list[Pair]) -> str:
    written = sum(pair.outcome == Outcome.NEW for pair in pairs)
    left = f", {len(pairs) - written:,} left as they were" if written < len(pairs) else ""
    return f"Assigned: {written:,} new{left}."


def _terms(form: AssignForm) -> dict[str, Any]:
    """What is asked for, as a token can carry it."""
    wish: Wish = form.wish()
    return {
        "people": [user.pk for user in wish.people],
        "zip_codes": [zip_code.pk for zip_code in wish.zip_codes],
        "duty": wish.duty,
        "dates": [str(wish.starts_on), str(wish.ends_on)],
        "covers_for": wish.covers_for and wish.covers_for.pk,
        "texts": [wish.note, form.cleaned_data["reason"]],
    }


def _salt(viewer: User) -> str:
    """A preview is for the person who saw it."""
    return f"staffing.assign.{viewer.pk}"


def _make_token(form: AssignForm, pairs: list[Pair], viewer: User) -> str:
    previewed = {pair.key: pair.sentence for pair in pairs}
    return signing.dumps([_terms(form), previewed], salt=_salt(viewer), compress=True)


def _read_token(token: str, viewer: User) -> tuple[Any, dict[str, str]]:
    try:
        asked, previewed = signing.loads(token, salt=_salt(viewer))
    except signing.BadSignature:
        return None, {}
    return asked, previewed
