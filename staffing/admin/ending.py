"""The page between choosing assignments and ending them: from which day, why, and what it does."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from unfold.widgets import CHECKBOX_CLASSES

from opsconsole.access.roles import role_required
from opsconsole.admin import show
from opsconsole.database.refusals import Refused
from staffing import services
from staffing.admin.forms import EndForm
from staffing.endings import endings, left_alone, losses
from staffing.models import ZipAssignment
from staffing.requests import person

MOST = 1000  # assignments at once
LIST = "admin:staffing_zipassignment_changelist"


def end_url(model_admin: ModelAdmin[Any]) -> URLPattern:
    """The page as a URL pattern for `ModelAdmin.get_urls`; it goes before its own."""

    @role_required("staffing.change_zipassignment", to="end assignments")
    def view(request: HttpRequest) -> HttpResponse:
        pks = {int(pk) for pk in request.POST.getlist("chosen") if _is_id(pk)}
        if not pks:
            messages.info(request, "Choose the assignments to end in the list first.")
            return redirect(LIST)
        form = EndForm(request.POST)
        if not form.is_valid() or "look" in request.POST:
            return ending_page(model_admin, request, pks, form)
        return _end(model_admin, request, pks, form)

    name = "staffing_zipassignment_end"
    return path("end/", model_admin.admin_site.admin_view(view), name=name)


def ending_page(
    model_admin: ModelAdmin[Any], request: HttpRequest, pks: set[int], form: EndForm | None = None
) -> HttpResponse:
    """Show what ending these would do, with the form that does it; nothing is written."""
    if len(pks) > MOST:
        messages.error(request, f"{len(pks):,} are too many: end at most {MOST:,} at once.")
        return redirect(LIST)
    form = form or EndForm()
    chosen = ZipAssignment.objects.visible_to(person(request)).filter(pk__in=pks)
    on = form.cleaned_data.get("on") if form.is_bound and hasattr(form, "cleaned_data") else None
    ends = endings(chosen, on)
    return show(
        model_admin,
        request,
        "staffing/end.html",
        title="End assignments",
        form=form,
        ends=ends,
        count=sum(not end.is_late for end in ends),
        box=" ".join(CHECKBOX_CLASSES),
        losses=losses(ends),
        left_alone=left_alone(ends),
        missing=len(pks) - len(ends),
    )


def _end(
    model_admin: ModelAdmin[Any], request: HttpRequest, pks: set[int], form: EndForm
) -> HttpResponse:
    asked = form.cleaned_data
    try:
        ended, called_off = services.end_many(
            pks, by=person(request), reason=asked["reason"], on=asked["on"]
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return ending_page(model_admin, request, pks, form)
    said = [f"{ended:,} ended"] * bool(ended) + [f"{called_off:,} called off"] * bool(called_off)
    messages.success(request, f"Assignments: {', '.join(said)}.")
    return redirect(LIST)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
