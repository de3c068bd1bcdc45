"""What a version costs: a save and set-based writes, beside no history and simple-history's own.

And what it takes to find one: the pages of the workbench over ten million, a week's changes.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.db import connection

from bench import week, workbench
from bench.models import Stock, Untracked
from bench.runner import Limit, Row
from bench.timing import side_by_side
from bookings.models import AwayPlan
from opsconsole.history.triggers import history_triggers
from tests.factories import make_property

DAY = datetime.date(2030, 1, 1)
SAVES = 200
ROWS = 20_000


def rows() -> Iterator[Row | Limit]:
    """A save, an insert of many rows, an update of many rows; then the pages that read them."""
    home = make_property()
    common: dict[str, Any] = {
        "zip_code_id": home.zip_code_id,
        "starts_on": DAY,
        "ends_on": DAY + datetime.timedelta(1),
    }
    tracked = AwayPlan.objects.create(property=home, **common)
    stock = Stock.objects.create(property_id=home.pk, **common)
    plain = Untracked.objects.create(property_id=home.pk, **common)

    ours, theirs, _ = side_by_side(*(_saves(record) for record in (tracked, stock, plain)))
    yield Row(f"{SAVES} saves with history", ours, "simple-history's own", theirs, 1.5, False)

    ours, none = side_by_side(_insert(home), _without_history(_insert(home)), runs=5)
    yield Row(
        f"insert of {ROWS:,} rows in one statement", ours, "history switched off", none, 1.5, True
    )

    ours, none = side_by_side(_update, _without_history(_update), runs=5)
    yield Row("update of as many in one statement", ours, "history switched off", none, 2.5, True)

    yield from workbench.rows()
    yield from week.rows()


def _saves(record: Any) -> Any:
    def save() -> None:
        for number in range(SAVES):
            record.notes = f"note {number} {record.notes[:3]}"
            record.save()

    return save


def _insert(home: Any) -> Any:
    def insert() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO bookings_awayplan (property_id, zip_code_id, starts_on, ends_on,"
                " hosting_allowed, status, decision_reason, notes)"
                " SELECT %s, %s, date '2031-01-01', date '2031-01-02', false, 'draft', '', ''"
                " FROM generate_series(1, %s)",
                [home.pk, home.zip_code_id, ROWS],
            )
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the foreign keys' share belongs to it

    return insert


def _update() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bookings_awayplan SET notes = md5(random()::text) WHERE id IN"
            " (SELECT id FROM bookings_awayplan ORDER BY id LIMIT %s)",
            [ROWS],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _without_history(work: Any) -> Any:
    """The same on the same table, its history triggers off for the moment."""
    names = [trigger.get_pgid(AwayPlan) for trigger in history_triggers()]

    def worked() -> None:
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(f"ALTER TABLE bookings_awayplan DISABLE TRIGGER {name}")
            work()
            for name in names:
                cursor.execute(f"ALTER TABLE bookings_awayplan ENABLE TRIGGER {name}")

    return worked
