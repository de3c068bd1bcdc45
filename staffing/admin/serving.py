"""The page on which many ZIP codes are served, or service is withdrawn: preview, then one press."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from opsconsole.access.roles import role_required
from opsconsole.admin import show
from opsconsole.database.refusals import ReasonMissing, Refused, told_as_refusals
from opsconsole.imports.problems import Level
from staffing import serving
from staffing.models import User
from staffing.requests import person
from staffing.serving import Drifted, Serving, Shown
from staffing.zip_parser import parse
from staffing.zip_reference import Found, Reference

LONGEST_TEXT = 500_000  # characters: every ZIP code there is, one on a line
TOLD = 50  # sentences of a kind
SHOWN = 200  # ZIP codes of a table
PAGE = "admin:staffing_zipcode_serve"
WAYS = {"yes": "Serve them", "no": "Withdraw service from them"}
STALE = "The form was changed, or this preview is not yours: look at this one before you go on."


class ServeForm(forms.Form):
    """Which ZIP codes, by whatever names them, and what is to become of them."""

    zip_codes = forms.CharField(
        label="ZIP codes",
        max_length=LONGEST_TEXT,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text="Codes, ranges, towns and counties, each on a line or between commas: 06511; "
        "06510–06519; New Haven, CT; New Haven County, CT.",
        error_messages={"required": "Write which ZIP codes are meant."},
    )
    served = forms.ChoiceField(
        label="What is to become of them",
        choices=list(WAYS.items()),
        widget=UnfoldAdminSelectWidget(),
        error_messages={"invalid_choice": "Choose whether they are served."},
    )
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Kept in the history of each.",
    )

    def __init__(self, viewer: User, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.viewer, self.found = viewer, Found()

    @property
    def is_served(self) -> bool:
        """What is to become of the ZIP codes."""
        return bool(self.cleaned_data["served"] == "yes")

    def clean(self) -> dict[str, Any]:
        """Ask the reference; all that can't be read is told at once, up to a point."""
        cleaned = super().clean() or {}
        if "zip_codes" in cleaned and "served" in cleaned:
            phrases = parse(cleaned["zip_codes"])
            withdraw = cleaned["served"] == "no"
            self.found = Reference(self.viewer).find_all(phrases, withdraw=withdraw)
            errors = list(dict.fromkeys(self.found.errors))
            if not (errors or self.found.places):
                errors = ["This text names no ZIP codes: write some as 06511 or New Haven, CT."]
            if len(errors) > TOLD:
                errors[TOLD:] = [f"And {len(errors) - TOLD:,} more that can’t be read."]
            for error in errors:
                self.add_error("zip_codes", error)
        return cleaned

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """What the reference found, and what it doubts, each a level and a sentence."""
        of_each = (remark for remarks in self.found.places.values() for remark in remarks)
        said = [(r.level.value, r.sentence) for r in (*self.found.remarks, *of_each)]
        return sorted(dict.fromkeys(said), key=lambda one: one[0] != Level.WARNING)


def serve_url(model_admin: ModelAdmin[Any]) -> URLPattern:
    """The page as a URL pattern for `ModelAdmin.get_urls`; it goes before its own."""

    @role_required("staffing.change_zipcode", to="serve ZIP codes")
    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            asked = {"zip_codes": request.GET.get("zip_codes", "")[:200], "served": "yes"}
            return _page(model_admin, request, ServeForm(person(request), initial=asked))
        form = ServeForm(person(request), request.POST)
        if form.is_valid() and "token" in request.POST:
            return _serve(model_admin, request, form)
        return _page(model_admin, request, form)

    name = PAGE.removeprefix("admin:")
    return path("serve/", model_admin.admin_site.admin_view(view), name=name)


def preview_chosen(
    model_admin: ModelAdmin[Any], request: HttpRequest, chosen: QuerySet[Any], *, is_served: bool
) -> HttpResponse:
    """The preview of what was chosen in the list, however many they are."""
    codes = chosen.order_by("code").values_list("code", flat=True)
    data = {"zip_codes": "\n".join(codes), "served": "yes" if is_served else "no"}
    return _page(model_admin, request, ServeForm(person(request), data))


def _serve(model_admin: ModelAdmin[Any], request: HttpRequest, form: ServeForm) -> HttpResponse:
    """Do what the preview showed; what drifted since is told, and nothing is written."""
    asked, shown = _read_token(request.POST["token"], form.viewer)
    if asked != _asked(form):
        return _page(model_admin, request, form, 409, stale=STALE)
    try:
        with told_as_refusals():
            done = serving.serve(
                form.found.places,
                is_served=form.is_served,
                by=form.viewer,
                reason=form.cleaned_data["reason"],
                shown=shown,
            )
    except Drifted as drifted:
        return _page(model_admin, request, form, 409, drifted=drifted)
    except ReasonMissing as missing:
        form.add_error("reason", str(missing))
        return _page(model_admin, request, form)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(model_admin, request, form)
    messages.success(request, _say_done(done))
    return redirect("admin:staffing_zipcode_changelist")


def _page(
    model_admin: ModelAdmin[Any], request: HttpRequest, form: ServeForm, status: int = 200,
    **context: Any,
) -> HttpResponse:  # fmt: skip
    """The form, below the preview of what it asks for where it can be read."""
    is_read = form.is_bound and not form.errors.keys() - {"reason", "__all__"}
    if is_read:
        comes_to = serving.preview(
            form.found.places, is_served=form.is_served, viewer=form.viewer
        )  # fmt: skip
        context |= _preview(form, comes_to)
    context |= {"title": "Serve or withdraw ZIP codes", "form": form, "page": reverse(PAGE)}
    response = show(model_admin, request, "staffing/serve.html", **context)
    response.status_code = status
    return response


def _preview(form: ServeForm, comes_to: Serving) -> dict[str, Any]:
    remarks, touched = form.remarks, comes_to.touched
    return {
        "serving": comes_to,
        "remarks": remarks[:TOLD],
        "more_remarks": max(len(remarks) - TOLD, 0),
        "touched": touched[:SHOWN],
        "more_touched": max(len(touched) - SHOWN, 0),
        "changed": comes_to.changed[:SHOWN],
        "more_changed": max(len(comes_to.changed) - SHOWN, 0),
        "button": _button(comes_to),
        "token": signing.dumps(
            [_asked(form), comes_to.shown], salt=_salt(form.viewer), compress=True
        ),
    }


def _button(comes_to: Serving) -> str:
    count = _many(len(comes_to.changed))
    return f"Serve {count}" if comes_to.is_served else f"Withdraw service from {count}"


def _say_done(done: Serving) -> str:
    count = _many(len(done.changed))
    how = "as it was" if len(done.same) == 1 else "as they were"
    left = f" {_many(len(done.same))} left {how}." if done.same else ""
    if done.is_served:
        return f"Served now: {count}.{left} To take it back, withdraw service on the same page."
    return f"Not served any more: {count}.{left} To take it back, serve them on the same page."


def _many(number: int) -> str:
    return "1 ZIP code" if number == 1 else f"{number:,} ZIP codes"


def _asked(form: ServeForm) -> list[Any]:
    """What is asked for, as a token can carry it; the reason may still be written."""
    text = form.cleaned_data["zip_codes"]
    return [hashlib.sha256(text.encode(errors="replace")).hexdigest(), form.cleaned_data["served"]]


def _salt(viewer: User) -> str:
    """A preview is for the person who saw it."""
    return f"staffing.serve.{viewer.pk}"


def _read_token(token: str, viewer: User) -> tuple[Any, Shown]:
    try:
        asked, shown = signing.loads(token, salt=_salt(viewer))
    except signing.BadSignature:
        return None, {}
    return asked, shown
