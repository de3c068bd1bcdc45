"""Walking back through a history table by its ids, which rise with time.

There is no index by date alone that gives an order. The ids give one, and a moment is found among
them by halving, so that a walk starts where the dates that are asked for end.
"""

# ruff: noqa: S608  (the names of the history tables)

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

# Versions of one statement share its moment, and come between those of others: what was written
# within this time of another may have the lower id and the later date.
OUT_OF_ORDER = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Stretch:
    """Ids of a table to walk through, from `top` (not part of it) down to `low`.

    `low_date` is the moment at its lower end. `is_last`: nothing that is asked for lies below it.
    `is_short`: the whole table is no longer than a stretch.
    """

    top: int
    low: int
    low_date: datetime.datetime | None
    is_last: bool
    is_short: bool


@dataclass(frozen=True)
class Wanted:
    """A table, and where its stretch begins and ends at the latest."""

    table: str
    top: int | None = None  # an id that was reached before
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None


def stretches(wanted: Sequence[Wanted], most: int) -> list[Stretch]:
    """A stretch of at most so many ids for each, in one query."""
    if not wanted:
        return []
    parts, params = [], []
    for number, each in enumerate(wanted):
        until = each.until and each.until + OUT_OF_ORDER
        since = each.since and each.since - OUT_OF_ORDER
        parts.append(f"({_STRETCH.format(number=number, table=each.table)})")
        params += [most, until, until, until, each.top, since, since, since, most]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts) + " ORDER BY 1", params)
        return [Stretch(*row[1:]) for row in cursor.fetchall()]


# The lowest id whose version was written at a moment or later; null where none is asked for.
_HALVING = """
    WITH RECURSIVE half (low, high) AS (
        SELECT ends.first, ends.last + 1 WHERE %s::timestamptz IS NOT NULL
        UNION ALL
        SELECT CASE WHEN at < %s THEN middle + 1 ELSE low END,
            CASE WHEN at < %s THEN high ELSE middle END
        FROM (SELECT low, high, (low + high) / 2 AS middle FROM half WHERE low < high) h,
            LATERAL (SELECT history_date AS at FROM "{table}" WHERE history_id >= middle
                ORDER BY history_id LIMIT 1) found
    ) SELECT low FROM half WHERE low >= high
"""
_STRETCH = (
    """
    SELECT {number}, top.id, low.id,
        (SELECT history_date FROM "{table}" WHERE history_id >= low.id
            ORDER BY history_id LIMIT 1),
        low.id <= greatest(ends.first, since.id), ends.last - ends.first < %s
    FROM (SELECT coalesce(min(history_id), 0) AS first, coalesce(max(history_id), 0) AS last
            FROM "{table}") ends,
        LATERAL (SELECT ("""
    + _HALVING
    + """) AS id) until,
        LATERAL (SELECT least(%s::bigint, until.id, ends.last + 1) AS id) top,
        LATERAL (SELECT ("""
    + _HALVING
    + """) AS id) since,
        LATERAL (SELECT greatest(top.id - %s, ends.first, since.id) AS id) low
"""
)
