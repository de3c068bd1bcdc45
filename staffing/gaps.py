"""ZIP codes with homes or open plans that are not served, or have days without staff or a primary.

One statement answers for every ZIP code: ranges of days are added up and taken away by the set.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection

from opsconsole.dates import Span
from staffing.care import care
from staffing.models import User, ZipAssignment, ZipCode

AHEAD = datetime.timedelta(days=60)
NOT_SERVED, NOBODY, NO_PRIMARY = "Not served", "Nobody assigned", "No primary"
NO_HOMES = "There are no homes yet, so there is nothing to cover: import or add homes first."
NO_HOMES_THERE = "No home lies in a ZIP code or city like that."

# The names in braces are compiled querysets, each with parameters of its own.
GAPS = """
    WITH home AS (
        SELECT zip_code_id, count(*) AS homes FROM ({homes}) home GROUP BY zip_code_id
    ),
    away AS (
        SELECT zip_code_id, range_agg(daterange(starts_on, ends_on)) AS days
        FROM ({plans}) plan GROUP BY zip_code_id
    ),
    held AS (
        SELECT content_object_id AS zip_code_id,
            range_agg(daterange(starts_on, ends_on)) AS days,
            range_agg(daterange(starts_on, ends_on)) FILTER (WHERE duty = 'primary') AS by_primary
        FROM ({assignments}) assignment GROUP BY content_object_id
    ),
    place AS (
        SELECT zip_code.*, coalesce(home.homes, 0) AS homes, away.days AS away,
            asked.days - coalesce(held.days, '{{}}') AS nobody,
            asked.days - coalesce(held.by_primary, '{{}}') AS no_primary
        FROM home FULL JOIN away USING (zip_code_id)
        JOIN ({zip_codes}) zip_code ON zip_code.id = zip_code_id
        CROSS JOIN (SELECT datemultirange(daterange(%s, %s)) AS days) asked
        LEFT JOIN held ON held.zip_code_id = zip_code.id
    ),
    gap AS (
        SELECT *, coalesce(nobody && away, false) AS is_urgent
        FROM place WHERE NOT is_served OR NOT isempty(no_primary)
    )
"""


@dataclass(frozen=True)
class Gap:
    """A ZIP code that is not served, or has days without staff, or without a primary.

    Urgent: residents are away, or will be, while nobody at all is assigned.
    """

    zip_code_id: int
    code: str
    city: str
    is_served: bool
    homes: int
    is_urgent: bool
    nobody: list[Span]
    only_no_primary: list[Span]

    @property
    def reasons(self) -> list[str]:
        """What is missing, the worst first."""
        found = [
            (not self.is_served, NOT_SERVED),
            (self.nobody, NOBODY),
            (self.only_no_primary, NO_PRIMARY),
        ]
        return [reason for is_so, reason in found if is_so]


@dataclass(frozen=True)
class Counts:
    """How many ZIP codes have homes or open plans, residents away, a gap, and an urgent one."""

    places: int
    away: int
    gaps: int
    urgent: int


class Gaps:
    """The gaps from a day on, urgent ones first: to be counted and sliced by a paginator."""

    only_urgent = False

    def __init__(self, person: User, start: datetime.date, query: str = "") -> None:
        self.person, self.start, self.end, self.query = person, start, start + AHEAD, query

    @cached_property
    def counts(self) -> Counts:
        """What was looked at, and what of it has a gap: no gap among nothing is no good news."""
        [row] = self._select(
            "SELECT (SELECT count(*) FROM place), (SELECT count(away) FROM place), "
            "count(*), count(*) FILTER (WHERE is_urgent) FROM gap"
        )
        return Counts(*row)

    def count(self) -> int:
        """How many ZIP codes have a gap."""
        return self.counts.urgent if self.only_urgent else self.counts.gaps

    __len__ = count

    def __getitem__(self, part: slice) -> list[Gap]:
        start = part.start or 0
        rows = self._select(
            "SELECT id, code, city, is_served, homes, is_urgent, "
            "nobody::text, (no_primary - nobody)::text "
            "FROM gap WHERE is_urgent OR NOT %s "
            "ORDER BY is_urgent DESC, is_served, isempty(nobody), code LIMIT %s OFFSET %s",
            self.only_urgent,
            part.stop - start,
            start,
        )
        return [
            Gap(pk, code, city, is_served, homes, is_urgent, _spans(nobody), _spans(no_primary))
            for pk, code, city, is_served, homes, is_urgent, nobody, no_primary in rows
        ]

    def say_none(self) -> str:
        """That there is no gap, and among how much; or that there is nothing to look after yet."""
        counts, there = self.counts, " there" if self.query else ""
        if not counts.places:
            return NO_HOMES_THERE if self.query else NO_HOMES
        looked_at = _count(counts.places, "ZIP code with homes", "ZIP codes with homes")
        if not self.only_urgent:
            each = "it" if counts.places == 1 else "each"
            is_well = f"{each} is served, and has a primary on all of these sixty days"
            return f"No gap{there} in {looked_at}: {is_well}."
        if not counts.away:
            return f"No residents are away{there} in these sixty days, in {looked_at}."
        away = _count(counts.away, "ZIP code", "ZIP codes")
        return f"Residents are away{there} in {away}, with somebody assigned on all of their days."

    def _select(self, select: str, *params: Any) -> list[tuple[Any, ...]]:
        homes, of_homes = self._homes().query.sql_with_params()
        plans, of_plans = self._plans().query.sql_with_params()
        assignments, of_assignments = self._assignments().query.sql_with_params()
        zip_codes, of_zip_codes = self._zip_codes().query.sql_with_params()
        gaps = GAPS.format(homes=homes, plans=plans, assignments=assignments, zip_codes=zip_codes)
        values = [*of_homes, *of_plans, *of_assignments, *of_zip_codes, self.start, self.end]
        with connection.cursor() as cursor:
            cursor.execute(gaps + select, [*values, *params])
            return cursor.fetchall()

    def _plans(self) -> Any:
        plans = care().plans.visible_to(self.person)
        return plans.filter(starts_on__lt=self.end, ends_on__gt=self.start).values(
            "zip_code_id", "starts_on", "ends_on"
        )

    def _assignments(self) -> Any:
        held = ZipAssignment.objects.visible_to(self.person).of_active_people().order_by()
        return held.within(self.start, self.end).values(
            "content_object_id", "duty", "starts_on", "ends_on"
        )

    def _zip_codes(self) -> Any:
        zip_codes = ZipCode.objects.visible_to(self.person).order_by()
        return zip_codes.matching(self.query).values("id", "code", "city", "is_served")

    def _homes(self) -> Any:
        return care().homes.visible_to(self.person).values("zip_code_id")


class UrgentGaps(Gaps):
    """The ZIP codes in which residents are away, or will be, while nobody is assigned."""

    only_urgent = True


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _spans(multirange: str) -> list[Span]:
    """PostgreSQL's text of ranges of days, which psycopg2 leaves as it is."""
    return [
        (datetime.date.fromisoformat(first), datetime.date.fromisoformat(after))
        for first, after in re.findall(r"\[([\d-]+),([\d-]+)\)", multirange)
    ]
