"""What makes a change of an away plan worth a look, each with the rule by which it is found.

A rule is SQL on a version `h` of a plan. The cheap part of it comes first: the rest is worked out
for the few versions that pass. `h.there` stands for its moment by the clock of the version's ZIP
code, from which its home has its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from opsconsole.access.acting import RESTORE
from opsconsole.workbench.kinds import PLAN

TABLE = PLAN.table
DAY_BEGINS, DAY_ENDS = 7, 20  # hours
REVERSALS = 3
MASS = 20
CLOSE, NEIGHBOURS = 5, 200  # what one request writes has ids close by

THERE = f"""(h.history_date AT TIME ZONE coalesce((SELECT z.timezone FROM staffing_zipcode z
    WHERE z.id = h.zip_code_id), '{settings.TIME_ZONE}'))"""  # noqa: S608
APPROVED = "h.status = 'approved' AND 'status' = ANY(h.changed_fields)"
TERMS = "h.changed_fields && ARRAY['starts_on', 'ends_on', 'hosting_allowed']::varchar[]"
EARLIER = "(r.history_date, r.history_id) < (h.history_date, h.history_id)"


@dataclass(frozen=True)
class Flag:
    """A sign that a change wants a look."""

    slug: str
    label: str
    rule: str
    sql: str

    @property
    def condition(self) -> RawSQL:
        """The rule, on versions of plans in a query that starts from them."""
        sql = re.sub(r"\bh\.", f"{TABLE}.", self.sql.replace("h.there", THERE))
        return RawSQL(sql, [], BooleanField())  # noqa: S611


FLAGS = {
    flag.slug: flag
    for flag in (
        Flag(
            "quick",
            "Approved at once",
            "It was approved within a minute of being filed.",
            f"""{APPROVED} AND EXISTS (SELECT FROM {TABLE} r WHERE r.id = h.id
                AND r.status = 'submitted'
                AND (r.history_type = '+' OR 'status' = ANY(r.changed_fields))
                AND r.history_date > h.history_date - interval '1 minute' AND {EARLIER})""",
        ),
        Flag(
            "self-approved",
            "Self-approved",
            "Who filed the plan approved it as well.",
            f"""{APPROVED} AND coalesce(h.filed_by_id = h.decided_by_id
                OR h.filed_by_id = h.history_user_id, false)""",
        ),
        Flag(
            "out-of-hours",
            "Out of hours",
            "It was made in the console before 7 a.m. or from 8 p.m. on, by the home’s own clock.",
            f"""(h.source = 'console' OR starts_with(h.source, '{RESTORE}'))
                AND NOT extract(hour FROM h.there) BETWEEN {DAY_BEGINS} AND {DAY_ENDS - 1}""",
        ),
        Flag(
            "reversed",
            "Back and forth",
            "Dates or hosting of the plan went back to what they had been before, three times or "
            "more.",
            f"""{TERMS} AND {REVERSALS} <= (SELECT count(*) FROM (
                SELECT value = lag(value, 2) OVER (
                    PARTITION BY name ORDER BY r.history_date, r.history_id) AS is_back
                FROM {TABLE} r, LATERAL (VALUES ('starts_on', r.starts_on::text),
                    ('ends_on', r.ends_on::text), ('hosting_allowed', r.hosting_allowed::text)
                    ) AS term (name, value)
                WHERE r.id = h.id AND (r.history_type = '+' OR name = ANY(r.changed_fields))
                    AND ({EARLIER} OR r.history_id = h.history_id)
                ) steps WHERE is_back)""",  # noqa: S608
        ),
        Flag(
            "after-start",
            "Changed after the start",
            "Dates or hosting were changed on the day the absence began, or later.",
            f"""{TERMS} AND h.history_type = '~' AND h.there::date >= (SELECT r.starts_on
                FROM {TABLE} r WHERE r.id = h.id AND {EARLIER}
                ORDER BY r.history_date DESC, r.history_id DESC LIMIT 1)""",  # noqa: S608
        ),
        Flag(
            "mass",
            "Mass change",
            f"One request changed {MASS} away plans or more, and was no import.",
            f"""CASE WHEN h.history_type = '~' AND h.batch_id IS NULL AND EXISTS (
                    SELECT FROM {TABLE} r WHERE r.request_id = h.request_id
                    AND r.history_id BETWEEN h.history_id - {CLOSE} AND h.history_id + {CLOSE}
                    AND r.history_id <> h.history_id)
                THEN {MASS} <= (SELECT count(*) FROM {TABLE} r WHERE r.request_id = h.request_id
                    AND r.history_id
                    BETWEEN h.history_id - {NEIGHBOURS} AND h.history_id + {NEIGHBOURS})
                ELSE false END""",  # noqa: S608
        ),
    )
}


def flags_of(numbers: Collection[int]) -> dict[int, list[Flag]]:
    """The flags of these versions of plans, in one query."""
    rules = {f"is_{slug.replace('-', '_')}": flag.condition for slug, flag in FLAGS.items()}
    rows = PLAN.history.objects.filter(history_id__in=numbers).annotate(**rules)
    return {
        number: [flag for flag, is_so in zip(FLAGS.values(), found, strict=True) if is_so]
        for number, *found in rows.values_list("history_id", *rules).order_by()
    }
