"""How much work is due for whom on which day."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from bookings.models import Task
from opsconsole.home.numbers import Number, list_of
from staffing.models import User

LASTS = 7  # days
PEOPLE = 15  # those with the most of it
NOBODY = "Nobody yet"


@dataclass(frozen=True)
class Row:
    """The open tasks of one person: late ones, and those of each day."""

    name: str
    late: Number
    days: list[Number]

    @property
    def total(self) -> int:
        """All of them."""
        return self.late.count + sum(day.count for day in self.days)


@dataclass(frozen=True)
class Load:
    """The rows, nobody's first, and the sum of each day; `more` people are not shown."""

    days: list[datetime.date]
    rows: list[Row]
    late: Number
    sums: list[Number]
    more: int


def load(viewer: User, today: datetime.date) -> Load:
    """The open tasks that are late or due in the next days, in one query and one for the names."""
    days = [today + datetime.timedelta(days=count) for count in range(LASTS)]
    tasks = Task.objects.visible_to(viewer).open().filter(due_on__lte=days[-1])
    counts: dict[str, Any] = {f"day_{n}": Count("pk", Q(due_on=day)) for n, day in enumerate(days)}
    counts["late"] = Count("pk", Q(due_on__lt=today))
    counted: Any = tasks.order_by().values("assignee").annotate(**counts)
    found: dict[int | None, Any] = {row["assignee"]: row for row in counted}
    names = User.names_of(found)
    rows = [_row(pk, names.get(pk or 0, NOBODY), row, days) for pk, row in found.items()]
    rows.sort(key=lambda row: (row.name != NOBODY, -row.total, row.name))
    return Load(
        days,
        rows[: PEOPLE + 1],
        Number("Late", sum(row.late.count for row in rows), _late(today, "open")),
        [
            Number(f"{day:%a} {day.day}", sum(row.days[n].count for row in rows), _on(day, "open"))
            for n, day in enumerate(days)
        ],
        len(rows[PEOPLE + 1 :]),
    )


def _row(pk: int | None, name: str, row: dict[str, int], days: list[datetime.date]) -> Row:
    when = "open" if pk else "nobodys"
    whose = {"assignee__id__exact": pk} if pk else {}
    return Row(
        name,
        Number("Late", row["late"], _late(days[0], when, **whose)),
        [
            Number(f"{day:%a} {day.day}", row[f"day_{n}"], _on(day, when, **whose))
            for n, day in enumerate(days)
        ],
    )


def _late(today: datetime.date, when: str, **whose: Any) -> str:
    yesterday = today - datetime.timedelta(days=1)
    return list_of("bookings_task_changelist", when=when, due_on_to=yesterday, **whose)


def _on(day: datetime.date, when: str, **whose: Any) -> str:
    dates = {"due_on_from": day, "due_on_to": day}
    return list_of("bookings_task_changelist", when=when, **dates, **whose)
