"""The pages of reviewing: the plans that wait, what was found, and one plan with its changes."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from opsconsole.access.roles import role_required
from opsconsole.admin.days import day_field
from opsconsole.database.refusals import Refused
from opsconsole.history.changes import with_previous
from opsconsole.workbench.asking import from_day
from opsconsole.workbench.flags import FLAGS
from opsconsole.workbench.frame import show
from opsconsole.workbench.kinds import BOOKING, PLAN
from opsconsole.workbench.models import PlanReview
from opsconsole.workbench.naming import Names
from opsconsole.workbench.queue import Queue, as_far_back_as, is_any_change, outcomes, waiting
from opsconsole.workbench.reviewing import Seen, current, newest, reviewed, sign_off, since_then
from opsconsole.workbench.telling import tell_all
from staffing.requests import person

AHEAD = "todo"
TABS = {
    AHEAD: "To review",
    "flagged": "Flagged",
    **{str(outcome.value): str(outcome.label) for outcome in PlanReview.Outcome},
}
LOOKS_BACK = datetime.timedelta(days=30)
PER_PAGE = 25
TOLD = 50  # changes of one plan

look = role_required("workbench.view_planreview", to="see reviews of changes")


def review_urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of reviewing, for `AdminSite.get_urls`."""
    return [
        path("reviews/", site.admin_view(_queue_view(site)), name="reviews"),
        path("reviews/<int:plan>/", site.admin_view(_plan_view(site)), name="review"),
    ]


class QueueForm(forms.Form):
    """What the queue is asked for in its address."""

    tab = forms.ChoiceField(
        choices=TABS.items(),
        required=False,
        error_messages={"invalid_choice": "There is no such list: choose one of those below."},
    )
    since = day_field("Changed since")
    p = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100_000,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), "There is no such page: here is the first."
        ),
    )


class SignOffForm(forms.Form):
    """What somebody found, and how far they had seen the changes when they said so."""

    outcome = forms.ChoiceField(
        label="What you found",
        choices=PlanReview.Outcome,
        widget=UnfoldAdminSelectWidget(),
        error_messages={
            "required": "Choose what you found: OK, a query, or an escalation.",
            "invalid_choice": "Choose what you found: OK, a query, or an escalation.",
        },
    )
    note = forms.CharField(
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Needed for a query and for an escalation.",
    )
    plan_version = forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput())
    booking_version = forms.IntegerField(
        min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput()
    )

    def seen(self) -> Seen:
        """How far the person who sends it saw the changes."""
        sent = self.cleaned_data
        return Seen(sent["plan_version"], sent["booking_version"])


def _queue_view(site: AdminSite) -> Callable[[HttpRequest], HttpResponse]:
    @require_safe
    @look
    def queue(request: HttpRequest) -> HttpResponse:
        form = QueueForm(request.GET)
        form.is_valid()  # what is wrong is told; the rest is shown all the same
        asked = form.cleaned_data
        month = timezone.now() - LOOKS_BACK
        since = from_day(asked.get("since")) or as_far_back_as(month)
        tab, page = asked.get("tab") or AHEAD, asked.get("p") or 1
        found = waiting(since, size=PER_PAGE, page=page, flagged_only=tab == "flagged")
        totals = {AHEAD: found.count, "flagged": found.flagged, **outcomes()}
        is_queue = tab in (AHEAD, "flagged")
        rows = _waiting(found, request) if is_queue else _signed_off(tab, page, request)
        context = {
            "title": "Review of away plans",
            "form": form,
            "tab": tab,
            "tabs": [(name, title, totals[name]) for name, title in TABS.items()],
            "is_queue": is_queue,
            "rows": rows,
            "since": since,
            "is_any_change": found.count > 0 or is_any_change(since),
            "is_cut_short": not asked.get("since") and since > month,
            "p": page,
            "has_more": totals[tab] > page * PER_PAGE,
            "flags": FLAGS.values(),
        }
        return show(site, request, "workbench/queue.html", **context)

    return queue


def _waiting(queue: Queue, request: HttpRequest) -> list[dict[str, Any]]:
    names = Names.of_plans([row.plan for row in queue.rows], request.user)
    return [
        {
            "plan": names.of(PLAN.model, row.plan),
            "row": row,
            "first": row.first.astimezone(names.clock_of_plan(row.plan)),
            "last": row.last.astimezone(names.clock_of_plan(row.plan)),
            "flags": [FLAGS[slug] for slug in row.flags],
        }
        for row in queue.rows
    ]


def _signed_off(outcome: str, page: int, request: HttpRequest) -> list[dict[str, Any]]:
    rows = current().filter(outcome=outcome).order_by("-pk")
    shown = list(rows[PER_PAGE * (page - 1) : PER_PAGE * page])
    names = Names.of_plans([review.plan_id for review in shown], request.user)
    people = names.colleagues(review.reviewed_by_id for review in shown)
    return [
        {
            "plan": names.of(PLAN.model, review.plan_id),
            "review": review,
            "by": people.get(review.reviewed_by_id, ""),
        }
        for review in shown
    ]


def _plan_view(site: AdminSite) -> Callable[..., HttpResponse]:
    @require_http_methods(["GET", "HEAD", "POST"])
    @look
    def plan_page(request: HttpRequest, plan: int) -> HttpResponse:
        seen = newest(plan) if plan < 2**63 else Seen()
        if not seen.plan_version:
            raise Http404("There is no change of such a plan.")
        sent = request.POST if request.method == "POST" else None
        form = SignOffForm(sent, initial=vars(seen))
        if request.method == "POST":
            if not request.user.has_perm("workbench.review_planreview"):
                raise PermissionDenied("Your role may not review changes.")
            if form.is_valid() and _is_signed_off(request, plan, form):
                return redirect("admin:reviews")
        return show(site, request, "workbench/review.html", **_of_plan(request, plan, form))

    return plan_page


def _is_signed_off(request: HttpRequest, plan: int, form: SignOffForm) -> bool:
    sent = form.cleaned_data
    try:
        review = sign_off(
            plan, form.seen(), outcome=sent["outcome"], note=sent["note"], by=person(request)
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, f"Signed off: {review.get_outcome_display()}.")
    return True


def _of_plan(request: HttpRequest, plan: int, form: SignOffForm) -> dict[str, Any]:
    review = reviewed(plan)
    rows = []
    for kind, versions in zip((PLAN, BOOKING), since_then(plan, review), strict=True):
        latest = with_previous(versions.order_by("-history_id"), kind.history.objects.all())
        rows += [(kind, version) for version in latest[: TOLD + 1]]
    rows.sort(key=lambda found: (found[1].history_date, found[1].history_id))
    told = tell_all(rows[-TOLD:], request.user)
    earlier = list(PlanReview.objects.filter(plan_id=plan)[:TOLD])
    names = Names.of_plans([plan], request.user)
    people = names.colleagues(each.reviewed_by_id for each in earlier)
    return {
        "title": f"Review of {names.of(PLAN.model, plan)}",
        "plan": plan,
        "form": form,
        "told": told,
        "has_more": len(rows) > TOLD,
        "earlier": [(each, people.get(each.reviewed_by_id, "")) for each in earlier],
        "review": review,
        "may_review": request.user.has_perm("workbench.review_planreview"),
    }
