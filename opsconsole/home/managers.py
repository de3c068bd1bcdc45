"""The home page of managers: what waits, what is not ready, who is missing, how much there is."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from bookings.models import Property
from bookings.readiness import (
    expecting,
    not_ready,
    reasons,
    say_next,
    soonest_first,
    with_readiness,
)
from bookings.waiting import AGES, LONG_AGO, by_age, waiting
from opsconsole.exports.models import Export
from opsconsole.home.cards import link_to
from opsconsole.home.countdown import say_left
from opsconsole.home.first_steps import facts, first_steps
from opsconsole.home.load import load
from opsconsole.home.numbers import Number, bars, list_of, on_the_day
from opsconsole.imports.models import ImportBatch
from staffing.gaps import Gaps
from staffing.models import User
from staffing.requests import person

FEW = 5
SOON = 8  # homes


def for_managers(request: HttpRequest) -> dict[str, Any]:
    """Each number leads to the list that shows exactly what it counts."""
    viewer, now, today = person(request), timezone.now(), timezone.localdate()
    work, known = load(viewer, today), facts(viewer, today)
    return {
        "home_page": "console/index/managers.html",
        "facts": known,
        "first_steps": first_steps(known, request),
        "plans": _plans(viewer, now),
        "homes": _homes(viewer, now),
        "gaps": _gaps(viewer, today),
        "load": work,
        "load_chart": bars(work.sums),
        "imports": _imports(viewer),
        "exports": exports_of(viewer, today),
    }


def _plans(viewer: User, now: datetime.datetime) -> dict[str, Any]:
    """Plans that wait, by how long they have."""
    counts, page = by_age(viewer, now), "bookings_awayplan_changelist"
    ages = [
        Number(age.label, counts[slug], list_of(page, waits=slug)) for slug, age in AGES.items()
    ]
    oldest = waiting(viewer).select_related("property", "zip_code")[:FEW]
    return {
        "all": Number(
            "To decide", sum(counts.values()), reverse("admin:bookings_awayplan_waiting")
        ),
        "ages": ages,
        "chart": bars(ages),
        "oldest": [(plan, _since(plan, now)) for plan in oldest],
    }


def _since(plan: Any, now: datetime.datetime) -> str:
    return "" if plan.since == LONG_AGO else say_left(plan.since, now)


def _homes(viewer: User, now: datetime.datetime) -> dict[str, Any]:
    """Homes that are not ready for who comes within a week, soonest first, and why."""
    found = not_ready(Property.objects.visible_to(viewer), now)
    soonest = soonest_first(found, now).select_related("zip_code")[:SOON]
    homes = with_readiness(soonest, now)
    why = reasons(homes, now) if homes else {}
    link = list_of("bookings_property_changelist", readiness="not_ready")
    return {
        "all": Number("Homes not ready", found.count(), link),
        "soonest": [(home, say_next(home), _with_links(why.get(home.pk, []))) for home in homes],
        "ready": 0 if homes else expecting(Property.objects.visible_to(viewer), now).count(),
    }


def _with_links(why: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(sentence, link_to(record)) for sentence, record in why]


def _gaps(viewer: User, today: datetime.date) -> dict[str, Any]:
    """ZIP codes with homes that are not served, or have days without staff or without a primary."""
    gaps, page = Gaps(viewer, today), "staffing_zipassignment_coverage"
    urgent = list_of(page, view="uncovered")
    return {
        "urgent": Number("Owner away, no staff", gaps.counts.urgent, urgent),
        "all": Number("ZIP codes with gaps", gaps.count(), list_of(page, view="gaps")),
        "first": gaps[0:SOON],
        "none": gaps.say_none(),
    }


def _imports(viewer: User) -> dict[str, Any]:
    """Imports with rows that were rejected, or that failed; the latest of them."""
    found = ImportBatch.objects.visible_to(viewer).filter(ImportBatch.HAS_PROBLEMS)
    link = list_of("imports_importbatch_changelist", problems="yes")
    latest = [(batch, link_to(batch)) for batch in found[:FEW]]
    return {"all": Number("With problems", found.count(), link), "latest": latest}


def exports_of(viewer: User, today: datetime.date) -> Number:
    """The files that left the console today."""
    day = on_the_day("exported_at", today)
    rows = Export.objects.visible_to(viewer).filter(exported_at__date=today)
    return Number("Exports today", rows.count(), list_of("exports_export_changelist", **day))
