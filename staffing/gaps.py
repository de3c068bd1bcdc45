"""Days on which a served ZIP code with homes or open plans has no primary, or nobody at all.

One statement answers for every ZIP code: ranges of days are added up and taken away by the set.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

from django.db import connection

from opsconsole.dates import Span
from staffing.care import care
from staffing.models import User, ZipAssignment, ZipCode

AHEAD = datetime.timedelta(days=60)

# {homes}, {plans}, {assignments} and {served} are compiled querysets with parameters of their own.
GAPS = """
    WITH away AS (
        SELECT zip_code_id, range_agg(daterange(starts_on, ends_on)) AS days
        FROM ({plans}) plan GROUP BY zip_code_id
    ),
    held AS (
        SELECT content_object_id AS zip_code_id,
            range_agg(daterange(starts_on, ends_on)) AS days,
            range_agg(daterange(starts_on, ends_on)) FILTER (WHERE duty = 'primary') AS by_primary
        FROM ({assignments}) assignment GROUP BY content_object_id
    ),
    missing AS (
        SELECT zip_code.id, zip_code.code, zip_code.city, away.days AS away,
            asked.days - coalesce(held.days, '{{}}') AS nobody,
            asked.days - coalesce(held.by_primary, '{{}}') AS no_primary
        FROM ({served}) zip_code
        CROSS JOIN (SELECT datemultirange(daterange(%s, %s)) AS days) asked
        LEFT JOIN held ON held.zip_code_id = zip_code.id
        LEFT JOIN away ON away.zip_code_id = zip_code.id
        WHERE away.days IS NOT NULL OR zip_code.id IN (SELECT zip_code_id FROM ({homes}) home)
    ),
    gap AS (
        SELECT *, coalesce(nobody && away, false) AS is_urgent
        FROM missing WHERE NOT isempty(no_primary)
    )
"""


@dataclass(frozen=True)
class Gap:
    """A ZIP code with days on which nobody, or no primary, looks after its homes.

    Urgent: residents are away, or will be, while nobody at all is there.
    """

    zip_code_id: int
    code: str
    city: str
    is_urgent: bool
    nobody: list[Span]
    only_no_primary: list[Span]


class Gaps:
    """The gaps from a day on, urgent ones first: to be counted and sliced by a paginator."""

    only_urgent = False

    def __init__(self, person: User, start: datetime.date, query: str = "") -> None:
        self.person, self.start, self.end, self.query = person, start, start + AHEAD, query

    def count(self) -> int:
        """How many ZIP codes have a gap."""
        return self._select("SELECT count(*) FROM gap WHERE is_urgent OR NOT %s", self.only_urgent)[
            0
        ][0]

    __len__ = count

    def __getitem__(self, part: slice) -> list[Gap]:
        start = part.start or 0
        rows = self._select(
            "SELECT id, code, city, is_urgent, nobody::text, (no_primary - nobody)::text "
            "FROM gap WHERE is_urgent OR NOT %s "
            "ORDER BY is_urgent DESC, isempty(nobody), code LIMIT %s OFFSET %s",
            self.only_urgent,
            part.stop - start,
            start,
        )
        return [
            Gap(pk, code, city, is_urgent, _spans(nobody), _spans(only_no_primary))
            for pk, code, city, is_urgent, nobody, only_no_primary in rows
        ]

    def _select(self, select: str, *params: Any) -> list[tuple[Any, ...]]:
        plans, of_plans = self._plans().query.sql_with_params()
        assignments, of_assignments = self._assignments().query.sql_with_params()
        served, of_served = self._served().query.sql_with_params()
        homes, of_homes = self._homes().query.sql_with_params()
        gaps = GAPS.format(plans=plans, assignments=assignments, served=served, homes=homes)
        values = [*of_plans, *of_assignments, *of_served, self.start, self.end, *of_homes]
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

    def _served(self) -> Any:
        served = ZipCode.objects.visible_to(self.person).served().order_by()
        return served.matching(self.query).values("id", "code", "city")

    def _homes(self) -> Any:
        return care().homes.visible_to(self.person).values("zip_code_id")


class UrgentGaps(Gaps):
    """The ZIP codes in which residents are away, or will be, while nobody at all is there."""

    only_urgent = True


def _spans(multirange: str) -> list[Span]:
    """PostgreSQL's text of ranges of days, which psycopg2 leaves as it is."""
    return [
        (datetime.date.fromisoformat(first), datetime.date.fromisoformat(after))
        for first, after in re.findall(r"\[([\d-]+),([\d-]+)\)", multirange)
    ]
