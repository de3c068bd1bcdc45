"""Looking through the homes of a timeline for those with a conflict."""

from __future__ import annotations

import datetime

from bookings.timeline.asking import Asked
from bookings.timeline.bars import Row
from bookings.timeline.finding import homes
from bookings.timeline.layout import rows_of
from staffing.models import User

MOST = 2000  # homes looked through: conflicts are worked out and not kept


def with_a_conflict(
    viewer: User, asked: Asked, at: datetime.datetime
) -> tuple[list[Row], int | None]:
    """The rows that have one, among the first homes by name; how many those were if not all."""
    found = list(homes(viewer, asked)[: MOST + 1])
    rows = rows_of(found[:MOST], viewer, asked, at)
    return [row for row in rows if row.has_conflict], MOST if len(found) > MOST else None
