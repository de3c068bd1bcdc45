"""Who covers ZIP codes during given days, and on which of them nobody does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from opsconsole.dates import FOREVER, Span, say_span
from staffing.explain.spans import merged, overlap, span_of, without
from staffing.models import OnDuty, User, ZipAssignment

Duty = ZipAssignment.Duty
SHOWN = 6  # people of one duty; "Who covers what" has them all


@dataclass(frozen=True)
class Turn:
    """Somebody who is on duty on some of the days; `days` is empty where on all of them."""

    name: str
    is_viewer: bool
    days: str


@dataclass(frozen=True)
class Turns:
    """Those of one duty, and how many more there are than are told."""

    duty: str
    told: list[Turn]
    more: int


@dataclass(frozen=True)
class Cover:
    """Who covers a ZIP code during some days, and the days without anybody or without a primary."""

    by_duty: list[Turns]
    nobody: list[str]
    only_no_primary: list[str]


@dataclass(frozen=True)
class Covered:
    """The days on which somebody, and on which a primary, looks after a ZIP code."""

    by_anybody: list[Span]
    by_primary: list[Span]


def cover_during(wanted: Sequence[tuple[int, Span]], viewer: User) -> list[Cover]:
    """For each ZIP code (its id) with its days, who covers it then; one query for all of them."""
    on_duty: dict[int, list[OnDuty]] = defaultdict(list)
    for entry in _on_duty(wanted, viewer):
        on_duty[entry.zip_code_id].append(entry)
    return [_cover(on_duty[zip_code], days, viewer) for zip_code, days in wanted]


def covered_days(zip_codes: Iterable[int], days: Span, viewer: User) -> dict[int, Covered]:
    """When each of these ZIP codes is looked after, in as few spans as possible."""
    ids = set(zip_codes)
    anybody: dict[int, list[Span]] = defaultdict(list)
    primary: dict[int, list[Span]] = defaultdict(list)
    for zip_code, duty, first, after in (
        _within(days, ids, viewer)
        .order_by()
        .values_list("zip_code_id", "duty", "starts_on", "ends_on")
    ):
        for spans in (anybody, primary) if duty == Duty.PRIMARY else (anybody,):
            spans[zip_code].append((first, after or FOREVER))
    return {pk: Covered(merged(anybody[pk]), merged(primary[pk])) for pk in ids}


def _on_duty(wanted: Sequence[tuple[int, Span]], viewer: User) -> Iterable[OnDuty]:
    if not wanted:
        return []
    first = min(start for _, (start, _) in wanted)
    after = max(end for _, (_, end) in wanted)
    there = _within((first, after), [zip_code for zip_code, _ in wanted], viewer)
    return there.order_by("starts_on", "name", "pk")


def _within(days: Span, zip_codes: Iterable[int], viewer: User) -> QuerySet[OnDuty]:
    first, after = days
    return (
        OnDuty.objects.visible_to(viewer)
        .filter(zip_code__any=list(zip_codes), starts_on__lt=after)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=first))
    )


def _cover(there: list[OnDuty], days: Span, viewer: User) -> Cover:
    there = [entry for entry in there if overlap(span_of(entry), days)]
    primaries = [span_of(entry) for entry in there if entry.duty == Duty.PRIMARY]
    nobody = without([days], map(span_of, there))
    return Cover(
        by_duty=[turns for duty in Duty if (turns := _turns(duty, there, days, viewer))],
        nobody=[say_span(span) for span in nobody],
        only_no_primary=[say_span(span) for span in without(without([days], primaries), nobody)],
    )


def _turns(duty: Duty, there: list[OnDuty], days: Span, viewer: User) -> Turns | None:
    entries = [entry for entry in there if entry.duty == duty]
    told = [
        Turn(entry.name, entry.person_id == viewer.pk, _days_of(entry, days))
        for entry in entries[:SHOWN]
    ]
    return Turns(str(duty.label), told, len(entries) - len(told)) if told else None


def _days_of(entry: OnDuty, days: Span) -> str:
    start, end = span_of(entry)
    part = max(start, days[0]), min(end, days[1])
    return "" if part == days else say_span(part)
