"""The plans that wait for a review: those with a change that no sign-off speaks of.

One statement over the changes since a day: flagged plans first, of those the longest waiting.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models import Count

from opsconsole.access.local import put_settings
from opsconsole.workbench.flags import FLAGS, MASS
from opsconsole.workbench.kinds import BOOKING, PLAN
from opsconsole.workbench.models import PlanReview
from opsconsole.workbench.reviewing import current

LOOK = 10_000  # changes of plans
TABLE = PlanReview._meta.db_table
IN_MEMORY = {"work_mem": "64MB"}  # sorting on disk would take longer


@dataclass(frozen=True)
class Waiting:
    """A plan with changes that nobody has looked at yet."""

    plan: int
    first: datetime.datetime
    last: datetime.datetime
    count: int
    is_stale: bool
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Queue:
    """A page of the plans that wait, and how many there are in all."""

    rows: list[Waiting]
    count: int
    flagged: int


def waiting(
    since: datetime.datetime, *, size: int, page: int = 1, flagged_only: bool = False
) -> Queue:
    """The plans changed since then that wait for a review."""
    put_settings(IN_MEMORY)
    with connection.cursor() as cursor:
        cursor.execute(
            STATEMENT,
            {
                "since": since,
                "flagged_only": flagged_only,
                "size": size,
                "skipped": size * (page - 1),
            },
        )
        found = cursor.fetchall()
    rows = [
        Waiting(
            *(plan, first, last, count, is_stale),
            flags=tuple(slug for slug, is_so in zip(FLAGS, rules, strict=True) if is_so),
        )
        for plan, first, last, count, is_stale, _, _, *rules in found
        if plan is not None
    ]
    return Queue(rows, count=found[0][5], flagged=found[0][6])


def as_far_back_as(day: datetime.datetime) -> datetime.datetime:
    """That day, or a later one where more changes came since than are looked through unasked."""
    ids = PLAN.history.objects.order_by("-history_id").values_list("history_date", flat=True)
    reached = ids[LOOK : LOOK + 1].first()
    return max(day, reached) if reached else day


def is_any_change(since: datetime.datetime) -> bool:
    """Whether a plan changed since then at all: else that none waits says nothing."""
    return any(
        kind.history.objects.filter(history_date__gte=since).exists() for kind in (PLAN, BOOKING)
    )


def outcomes() -> dict[str, int]:
    """How many plans each outcome holds of, the newest sign-off of each counting."""
    counted = current().order_by().values_list("outcome").annotate(Count("pk"))
    return {str(outcome): 0 for outcome in PlanReview.Outcome} | dict(counted)


def _rule(slug: str) -> str:
    """The rule of a flag on a row of the statement. How many one request changed is counted once
    for all its rows, instead of for each."""
    if slug == "mass":
        return f"h.history_type = '~' AND h.batch_id IS NULL AND h.of_request >= {MASS}"
    return FLAGS[slug].sql


STATEMENT = f"""
    WITH changed AS MATERIALIZED (
        SELECT id AS plan_id FROM {PLAN.table} WHERE history_date >= %(since)s
        UNION SELECT away_plan_id FROM {BOOKING.table} WHERE history_date >= %(since)s
    ), reviewed AS MATERIALIZED (
        SELECT changed.plan_id, newest.* FROM changed CROSS JOIN LATERAL (
            SELECT plan_version, booking_version FROM {TABLE} r
            WHERE r.plan_id = changed.plan_id ORDER BY r.id DESC LIMIT 1
        ) newest
    ), requests AS MATERIALIZED (
        SELECT request_id, count(*) AS of_request FROM {PLAN.table}
        WHERE history_date >= %(since)s AND request_id IS NOT NULL
        GROUP BY request_id HAVING count(*) >= {MASS}
    ), changes AS (
        SELECT h.id AS plan, h.history_date AS at, reviewed.plan_id IS NOT NULL AS is_stale,
            {", ".join(f'({_rule(slug)}) AS "{slug}"' for slug in FLAGS)}
        FROM (SELECT v.*, coalesce(requests.of_request, 0) AS of_request,
                v.history_date AT TIME ZONE coalesce(z.timezone, '{settings.TIME_ZONE}') AS there
            FROM {PLAN.table} v LEFT JOIN requests USING (request_id)
            LEFT JOIN staffing_zipcode z ON z.id = v.zip_code_id
            WHERE v.history_date >= %(since)s) h
        LEFT JOIN reviewed ON reviewed.plan_id = h.id
        WHERE h.history_id > coalesce(reviewed.plan_version, 0)
        UNION ALL
        SELECT b.away_plan_id, b.history_date, reviewed.plan_id IS NOT NULL,
            {", ".join("false" for _ in FLAGS)}
        FROM {BOOKING.table} b LEFT JOIN reviewed ON reviewed.plan_id = b.away_plan_id
        WHERE b.history_date >= %(since)s
            AND b.history_id > coalesce(reviewed.booking_version, 0)
    ), plans AS MATERIALIZED (
        SELECT plan, min(at) AS first, max(at) AS last, count(*) AS count,
            bool_or(is_stale) AS is_stale,
            {", ".join(f'bool_or("{slug}") AS "{slug}"' for slug in FLAGS)},
            bool_or({" OR ".join(f'"{slug}"' for slug in FLAGS)}) AS is_flagged
        FROM changes GROUP BY plan
    ), totals AS (
        SELECT count(*) AS count, count(*) FILTER (WHERE is_flagged) AS flagged FROM plans
    )
    SELECT page.plan, page.first, page.last, page.count, page.is_stale,
        totals.count, totals.flagged, {", ".join(f'page."{slug}"' for slug in FLAGS)}
    FROM totals LEFT JOIN (
        SELECT * FROM plans WHERE is_flagged OR NOT %(flagged_only)s
        ORDER BY is_flagged DESC, first, plan LIMIT %(size)s OFFSET %(skipped)s
    ) page ON true
    ORDER BY page.is_flagged DESC, page.first, page.plan
"""  # noqa: S608  (names of the models' own tables, and the rules)
