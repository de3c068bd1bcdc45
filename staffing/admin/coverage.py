"""The page "Who covers what": people, ZIP codes, map, gaps, overlaps, coming changes, on a day."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from opsconsole.access.roles import role_required
from opsconsole.admin import show
from opsconsole.dates import Span, say_date, say_span
from staffing import changes, coverage
from staffing.admin.coverage_map import map_of
from staffing.admin.forms import VIEWS, CoverageForm
from staffing.care import care
from staffing.gaps import AHEAD, NO_PRIMARY, NOBODY, NOT_SERVED, Gap, Gaps, UrgentGaps
from staffing.models import User, ZipAssignment
from staffing.places import WORST, places
from staffing.requests import person

PAGE = 50

type Rows = Callable[[User, datetime.date, str], Any]

ROWS: dict[str, Rows] = {
    "people": coverage.people,
    "zip-codes": coverage.zip_codes,
    "map": places,
    "gaps": Gaps,
    "uncovered": UrgentGaps,
    "overlaps": coverage.overlaps,
    "changes": changes.changes,
}


def coverage_url(model_admin: ModelAdmin[Any]) -> URLPattern:
    """The page as a URL pattern for `ModelAdmin.get_urls`; it goes before its own."""

    @role_required("staffing.view_zipassignment", to="see who covers what")
    def view(request: HttpRequest) -> HttpResponse:
        viewer = person(request)
        if not viewer.sees_every_zip_code:
            raise PermissionDenied("Your role may not see who covers what: it is for the office.")
        context = _page(request, viewer)
        return show(model_admin, request, "staffing/coverage/page.html", **context)

    name = "staffing_zipassignment_coverage"
    return path("coverage/", model_admin.admin_site.admin_view(view), name=name)


def _page(request: HttpRequest, viewer: User) -> dict[str, Any]:
    form = CoverageForm(request.GET)
    form.is_valid()  # what is wrong is told beside the box; the rest is shown all the same
    asked = form.cleaned_data
    view, day = asked.get("view") or "people", asked.get("as_of") or timezone.localdate()
    query = asked.get("q", "")
    found, order = ROWS[view](viewer, day, query), asked.get("order") or WORST
    if view == "map":
        found = found.in_order(order)
    page = Paginator(found, PAGE).get_page(request.GET.get("p"))
    return {
        "title": "Who covers what",
        "form": form,
        "view": view,
        "views": VIEWS.items(),
        "day": day,
        "until": day + AHEAD,
        "query": query,
        "page": page,
        "rows": _rows(view, page, viewer, day),
        "order": order,
        "map": map_of(found, PAGE, asked) if view == "map" else None,
        "nothing": "" if page.object_list else _say_nothing(view, found, query, viewer),
        "may_assign": request.user.has_perm("staffing.change_zipassignment"),
        "may_serve": request.user.has_perm("staffing.change_zipcode"),
    }


def _rows(view: str, page: Page[Any], viewer: User, day: datetime.date) -> list[Any]:
    rows = list(page.object_list)
    if view == "people":
        homes = coverage.homes_of(rows, viewer, day)
        return [(row, homes.get(row.pk, 0), row.held_count - len(row.held)) for row in rows]
    if view == "zip-codes":
        homes = care().homes.count_in((row.pk for row in rows), viewer)
        return [(row, _by_duty(row), homes.get(row.pk, 0)) for row in rows]
    if view in ("gaps", "uncovered"):
        return [(gap, _say_gap(gap, day)) for gap in rows]
    return changes.tell_changes(rows, viewer) if view == "changes" else rows


def _by_duty(zip_code: Any) -> list[tuple[str, list[Any]]]:
    return [
        (duty.label, [assignment for assignment in zip_code.held if assignment.duty == duty])
        for duty in ZipAssignment.Duty
    ]


def _say_gap(gap: Gap, day: datetime.date) -> list[tuple[str, str]]:
    """What is missing and when, a line for each span of days."""
    spans = [(NOBODY, span) for span in gap.nobody]
    spans += [(NO_PRIMARY, span) for span in gap.only_no_primary]
    spans.sort(key=lambda entry: entry[1])
    lines = [(what, _say_span(span, day)) for what, span in spans]
    return lines if gap.is_served else [(NOT_SERVED, ""), *lines]


def _say_span(span: Span, day: datetime.date) -> str:
    first, after = span
    if after == day + AHEAD:
        return f"from {say_date(first)} on, to the end of these 60 days"
    return say_span(span)


# Where there is nothing to show: that there is nothing to look after is no good news


def _say_nothing(view: str, found: Any, query: str, viewer: User) -> str:
    if isinstance(found, Gaps):
        return found.say_none()
    if view == "changes":
        return _say_no_change(query, viewer)
    if view == "overlaps":
        there = "found has" if query else "has"
        is_any = ZipAssignment.objects.visible_to(viewer).exists()
        return f"No ZIP code {there} two primaries at once." if is_any else NO_ASSIGNMENTS
    if view == "people":
        return "Nobody is called so, or has that ZIP code on this day." if query else NO_STAFF
    return NONE_LIKE_IT if query else NONE_SERVED


def _say_no_change(query: str, viewer: User) -> str:
    if not ZipAssignment.objects.visible_to(viewer).exists():
        return NO_ASSIGNMENTS
    named = " of that name or ZIP code" if query else ""
    return f"Nothing{named} starts or ends in these sixty days."


NO_STAFF = "There is no active staff yet: add people first."
NO_ASSIGNMENTS = "There are no assignments yet: assign ZIP codes to staff first."
NONE_SERVED = "No ZIP code is served yet: open one under ZIP codes and set “served”."
NONE_LIKE_IT = (
    "No ZIP code that is served, or has homes, begins so, lies in such a city, or has somebody of "
    "that name on this day."
)
