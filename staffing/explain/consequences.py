"""What changes if assignments come or go: ZIP codes gained and lost, by whom, on which days."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import F

from opsconsole.access.people import sees_everything
from opsconsole.dates import Span
from staffing.care import Counted, counts_in
from staffing.explain.spans import overlap, span_of, without
from staffing.models import User, ZipAssignment, ZipCode
from staffing.querysets import TodayIn


@dataclass(frozen=True)
class Consequence:
    """What one person gains and loses in one ZIP code, from today on by its clock.

    `others` look after it on some of these days; on the days `left_alone` nobody would, and
    somebody does as things stand.
    """

    person: User
    zip_code: ZipCode
    today: datetime.date
    gains: list[Span]
    loses: list[Span]
    counts: list[Counted]
    others: list[ZipAssignment]
    left_alone: list[Span]


def what_changes_if(
    *,
    asker: User,
    added: Iterable[ZipAssignment] = (),
    removed: Iterable[ZipAssignment] = (),
) -> list[Consequence]:
    """The consequences of adding and removing assignments at once; nothing is saved.

    To end or change an assignment is to remove it as stored and to add it as it would be.
    Each consequence is about one person and one ZIP code, and names others who look after it.
    """
    if not sees_everything(asker):
        raise PermissionDenied("Only managers and auditors may ask what an assignment changes.")
    added, removed = list(added), list(removed)
    pairs = dict.fromkeys((row.user, row.content_object_id) for row in [*removed, *added])
    ids = {zip_code for _, zip_code in pairs}
    counts = counts_in(ids, asker)
    stored = _stored(ids, asker)
    gone = {row.pk for row in removed}
    coming = [row for row in added if row.user.is_active]
    after = [row for row in stored if row.pk not in gone] + coming
    zip_codes = {
        zip_code.pk: zip_code
        for zip_code in ZipCode.objects.filter(pk__in=ids).annotate(today=TodayIn(F("timezone")))
    }
    return [_consequence(person, zip_codes[pk], stored, after, counts[pk]) for person, pk in pairs]


def _stored(zip_codes: set[int], asker: User) -> list[ZipAssignment]:
    """Assignments that open these ZIP codes to somebody, at whatever time."""
    rows = ZipAssignment.objects.visible_to(asker).of_active_people()
    there = rows.filter(content_object__in=zip_codes)
    return list(there.select_related("user", "content_object"))


def _consequence(
    person: User,
    zip_code: ZipCode,
    stored: list[ZipAssignment],
    after: list[ZipAssignment],
    counts: list[Counted],
) -> Consequence:
    today: datetime.date = zip_code.today  # type: ignore[attr-defined]  # annotated
    past = (datetime.date.min, today)
    after = [row for row in after if row.content_object_id == zip_code.pk]
    before = [row for row in stored if row.content_object_id == zip_code.pk]
    held, would_hold = _days_of(person, before), _days_of(person, after)
    gains, loses = without(would_hold, [*held, past]), without(held, [*would_hold, past])
    others = [
        row
        for row in after
        if row.user_id != person.pk
        and any(overlap(span_of(row), span) for span in [*gains, *loses])
    ]
    left_alone = without(loses, [span_of(row) for row in after])
    return Consequence(person, zip_code, today, gains, loses, counts, others, left_alone)


def _days_of(person: User, assignments: list[ZipAssignment]) -> list[Span]:
    """The days that assignments open a ZIP code to a person; none to whom all are open."""
    if sees_everything(person):
        return []
    return [span_of(row) for row in assignments if row.user_id == person.pk]
