"""The home page of auditors: the plans that wait for a review, and who looked or took what."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from opsconsole.home.managers import exports_of
from opsconsole.home.numbers import Number, list_of, on_the_day
from opsconsole.workbench.flags import FLAGS
from opsconsole.workbench.kinds import PLAN
from opsconsole.workbench.models import PlanReview
from opsconsole.workbench.naming import Names
from opsconsole.workbench.queue import Queue, as_far_back_as, is_any_change, outcomes, waiting
from opsconsole.workbench.review_pages import AHEAD, LOOKS_BACK
from staffing.models import User, Viewing
from staffing.requests import person

SHOWN = 8


def for_auditors(request: HttpRequest) -> dict[str, Any]:
    """The head of the review queue, with the numbers of its lists."""
    viewer, today = person(request), timezone.localdate()
    since = as_far_back_as(timezone.now() - LOOKS_BACK)
    queue = waiting(since, size=SHOWN)
    return {
        "home_page": "console/index/auditors.html",
        "since": since,
        "numbers": [*_numbers(queue), exports_of(viewer, today), _views(viewer, today)],
        "queue": _told(queue, viewer),
        "is_any_change": queue.count > 0 or is_any_change(since),
        "flags": [(flag, list_of("changes", flag=slug)) for slug, flag in FLAGS.items()],
    }


def _numbers(queue: Queue) -> list[Number]:
    """What waits, what of it is flagged, and what asks for an answer."""
    held = outcomes()
    tabs = {AHEAD: ("To review", queue.count), "flagged": ("Flagged", queue.flagged)}
    for outcome in (PlanReview.Outcome.QUERY, PlanReview.Outcome.ESCALATED):
        tabs[str(outcome.value)] = (str(outcome.label), held[str(outcome.value)])
    return [
        Number(label, count, list_of("reviews", tab=tab)) for tab, (label, count) in tabs.items()
    ]


def _told(queue: Queue, viewer: User) -> list[dict[str, Any]]:
    names = Names.of_plans([row.plan for row in queue.rows], viewer)
    return [
        {
            "plan": names.of(PLAN.model, row.plan),
            "row": row,
            "first": row.first.astimezone(names.clock_of_plan(row.plan)),
            "flags": [FLAGS[slug] for slug in row.flags],
        }
        for row in queue.rows
    ]


def _views(viewer: User, today: datetime.date) -> Number:
    """How often somebody began to see the console as a colleague today."""
    rows = Viewing.objects.visible_to(viewer).filter(started_at__date=today)
    link = list_of("staffing_viewing_changelist", **on_the_day("started_at", today))
    return Number("Views as colleagues today", rows.count(), link)
