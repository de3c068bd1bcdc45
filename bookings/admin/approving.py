"""The queue of plans that wait for a decision, and deciding them one after the other."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bookings import services
from bookings.guards import why_not
from bookings.models import AwayPlan
from bookings.steps import Attempt
from bookings.waiting import (
    LONG_AGO,
    Conflict,
    after,
    conflicts_of,
    place_of,
    say_changed,
    say_home,
    waiting,
    with_version,
)
from opsconsole.access.roles import role_required
from opsconsole.admin import ConsoleAdmin, Link, show
from opsconsole.admin.base import NOT_HERE
from opsconsole.admin.history import with_query
from opsconsole.admin.paging import KeysFirst
from opsconsole.admin.scope import as_pk
from opsconsole.database.refusals import ReasonMissing, Refused, told_as_refusals
from opsconsole.history.story import clock_of
from staffing.models import User
from staffing.on_duty import Cover, cover_during
from staffing.requests import person

PER_PAGE = 25
LONGEST = 500  # characters of a reason, as on every form
deciders_only = role_required("bookings.decide_awayplan", to="decide away plans")

STEPS = {"approve": "Approve", "decline": "Decline"}


class Decision(forms.Form):
    """What is sent to decide a plan: the step, why, and which version of the plan was seen."""

    step = forms.ChoiceField(
        choices=STEPS.items(),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), "Nothing was decided: choose to approve or to decline."
        ),
    )
    reason = forms.CharField(
        required=False,
        max_length=LONGEST,
        error_messages={
            "max_length": f"Say why in at most {LONGEST} characters; it has %(show_value)d now."
        },
    )
    version = forms.CharField(required=False)

    @property
    def complaint(self) -> str:
        """The first thing that is wrong with it."""
        return next((str(error) for errors in self.errors.values() for error in errors), "")


@dataclass(frozen=True)
class Answer:
    """What is said at a plan that was not decided, beside what was typed."""

    plan: Any
    sentence: str
    step: str
    reason: str


@dataclass(frozen=True)
class Card:
    """A plan that waits, as it is shown to somebody who decides."""

    plan: Any
    since: datetime.datetime | None
    waits: str
    leaves: str
    filed_by: str
    home_is: str
    conflicts: list[Conflict]
    cover: Cover
    approving: str  # "plain", "with a reason", or "" where somebody else has to
    answer: Answer | None


class ApprovingPages(ConsoleAdmin):
    """What the page of plans offers to those who decide them."""

    def get_urls(self) -> list[URLPattern]:
        look = self.admin_site.admin_view(require_safe(self.queue))
        decide = self.admin_site.admin_view(require_POST(self.decide))
        return [
            path("waiting/", look, name="bookings_awayplan_waiting"),
            path("waiting/<path:object_id>/", decide, name="bookings_awayplan_decide"),
            *super().get_urls(),
        ]

    def list_links(self, request: HttpRequest) -> list[Link]:
        """Those who decide find what waits for them."""
        links = super().list_links(request)
        if not self.allows(request, "decide"):
            return links
        return [Link("To decide", reverse("admin:bookings_awayplan_waiting"), "rule"), *links]

    @deciders_only
    def queue(self, request: HttpRequest) -> HttpResponse:
        """The plans that wait, oldest first."""
        return self._page(request, request.GET.get("p"))

    @deciders_only
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approve or decline a plan as it was seen, and go on to the next."""
        try:
            with told_as_refusals(), transaction.atomic():
                self.hold_to_change(request, object_id)
                plan = self._found(request, object_id)
                answer = self._decided(request, plan) if plan else None
        except Refused as refusal:
            plan = self._found(request, object_id)
            answer = _answer(plan, str(refusal), request) if plan else None
        if plan is None:
            messages.warning(request, NOT_HERE)
            return redirect("admin:bookings_awayplan_waiting")
        if answer:
            page = place_of(plan, person(request)) // PER_PAGE + 1
            return self._page(request, page, answer)
        messages.success(request, f"{plan}: {plan.get_status_display().lower()}.")
        return redirect(_way_to(after(plan, person(request)), person(request)))

    def _found(self, request: HttpRequest, object_id: str) -> Any | None:
        """The plan as it is now, whatever its state, if it is this person's to decide."""
        rows = AwayPlan.objects.visible_to(person(request)).filter(pk=as_pk(AwayPlan, object_id))
        return with_version(rows, person(request)).select_related("property", "zip_code").first()

    def _decided(self, request: HttpRequest, plan: Any) -> Answer | None:
        """Take the step; where it can't be taken, what is said instead."""
        form = Decision(request.POST)
        complaint = "" if form.is_valid() else form.complaint
        complaint = complaint or say_changed(plan, form.cleaned_data["version"], person(request))
        if complaint:
            return _answer(plan, complaint, request)
        take = {"approve": services.approve, "decline": services.decline}
        sent = form.cleaned_data
        take[sent["step"]](plan, by=person(request), reason=sent["reason"])
        return None

    def _page(self, request: HttpRequest, number: Any, answer: Answer | None = None) -> Any:
        viewer = person(request)
        rows = waiting(viewer).select_related("property", "zip_code")
        page = KeysFirst(rows, PER_PAGE).get_page(number)
        plans = list(page.object_list)
        is_elsewhere = answer is not None and answer.plan.pk not in {plan.pk for plan in plans}
        context = {
            "title": "Away plans to decide",
            "page": page,
            "has_plans": bool(plans) or AwayPlan.objects.visible_to(viewer).exists(),
            "cards": _cards(plans, viewer, answer),
            "elsewhere": answer if is_elsewhere else None,
            "said": list(messages.get_messages(request)),
            "messages": [],  # told beside the queue instead of on top of the page
            "longest": LONGEST,
        }
        return show(self, request, "bookings/waiting.html", **context)


def _answer(plan: Any, sentence: str, request: HttpRequest) -> Answer:
    typed = request.POST.get("reason", "")
    return Answer(plan, sentence, request.POST.get("step", ""), typed)


def _way_to(plan: Any | None, viewer: User) -> str:
    """The address at which a plan stands in the queue; the queue itself where there is none."""
    queue = reverse("admin:bookings_awayplan_waiting")
    if plan is None:
        return queue
    page = place_of(plan, viewer) // PER_PAGE + 1
    return f"{with_query(queue, p=page) if page > 1 else queue}#plan-{plan.pk}"


def _cards(plans: list[Any], viewer: User, answer: Answer | None) -> list[Card]:
    """What is shown of the plans of a page, in as many queries as for one of them."""
    names = User.names_of(plan.filed_by_id for plan in plans)
    cover = cover_during(
        [(plan.zip_code_id, (plan.starts_on, plan.ends_on)) for plan in plans], viewer
    )
    beside = zip(plans, conflicts_of(plans, viewer), cover, strict=True)
    return [
        Card(
            plan=plan,
            since=_since(plan),
            waits=_say_waits(plan),
            leaves=_say_leaves(plan),
            filed_by=names.get(plan.filed_by_id, ""),
            home_is=say_home(plan.property),
            conflicts=conflicts,
            cover=covered,
            approving=_approving(plan, viewer),
            answer=answer if answer and answer.plan.pk == plan.pk else None,
        )
        for plan, conflicts, covered in beside
    ]


def _approving(plan: Any, viewer: User) -> str:
    """Four eyes: whether, and how, this person may approve the plan."""
    refusal = why_not("approve", plan, Attempt(viewer))
    if refusal is None:
        return "plain"
    return "with a reason" if isinstance(refusal, ReasonMissing) else ""


def _since(plan: Any) -> datetime.datetime | None:
    """When it was submitted, by the clock of its home; None where nobody may tell."""
    return None if plan.since == LONG_AGO else plan.since.astimezone(clock_of(plan))


def _say_waits(plan: Any) -> str:
    since = _since(plan)
    if since is None:
        return "since before it came into your ZIP codes"
    count = (timezone.now().astimezone(clock_of(plan)).date() - since.date()).days
    return {0: "since today", 1: "since yesterday"}.get(count, f"for {count} days")


def _say_leaves(plan: Any) -> str:
    """How soon the residents leave: what waits for a decision may be urgent."""
    count = (plan.starts_on - plan.property.today).days
    if count < 0:
        return "begun already"
    return {0: "begins today", 1: "begins tomorrow"}.get(count, f"begins in {count} days")
