"""What stands in somebody's calendar: their tasks, and for staff who comes and goes in their homes.

No door code, phone or email leaves the console by it, and of guests no more than a first name.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.urls import reverse

from bookings.calendar.file import Entry
from bookings.models import Booking, Task
from opsconsole.access.people import sees_everything
from staffing.models import User

BACK, AHEAD = datetime.timedelta(days=14), datetime.timedelta(days=90)
MOST = 2_000
STAYS = ("confirmed", "checked_in", "checked_out")


def entries_of(viewer: User, today: datetime.date, console: str) -> list[Entry]:
    """The entries from a fortnight ago to ninety days ahead, in the order of their days.

    Managers and auditors, who see every home, have their own tasks alone. `console` begins the
    address of each record.
    """
    span = (today - BACK, today + AHEAD)
    tasks = Task.objects.visible_to(viewer).filter(assignee=viewer, due_on__range=span)
    tasks = tasks.exclude(status=Task.Status.CANCELLED)
    found = [_task(task, console) for task in _told(tasks, "due_on")]
    if not sees_everything(viewer):
        stays = Booking.objects.visible_to(viewer).filter(status__in=STAYS)
        coming = _told(stays.filter(arrives_on__range=span), "arrives_on")
        leaving = _told(stays.filter(departs_on__range=span), "departs_on")
        found += [_stay(stay, "arrives", stay.arrives_on, console) for stay in coming]
        found += [_stay(stay, "leaves", stay.departs_on, console) for stay in leaving]
    return sorted(found, key=lambda entry: (entry.last, entry.uid))[:MOST]


def _told(rows: QuerySet[Any], day: str) -> QuerySet[Any]:
    """With the home, and the newest version: when, and which."""
    history = rows.model.history.filter(id=OuterRef("pk")).order_by().values("id")
    versions = {
        "version": Subquery(history.annotate(newest=Max("history_id")).values("newest")),
        "changed_at": Subquery(history.annotate(newest=Max("history_date")).values("newest")),
    }
    told = rows.select_related("property__zip_code").annotate(**versions)
    return told.order_by(day, "pk")[:MOST]


def _task(task: Any, console: str) -> Entry:
    status = task.get_status_display()
    return _entry(
        task,
        "due",
        task.starts_on,
        task.due_on,
        f"{task.get_kind_display()}: {task.property.name}",
        f"{status}. Due {task.due_on:%b} {task.due_on.day}, by the clock of the home.",
        console,
    )


def _stay(stay: Any, verb: str, day: datetime.date, console: str) -> Entry:
    home, first_name = stay.property, (stay.guest_name.split() or ["Guests"])[0]
    hour = (
        f"Check-in from {home.check_in_from:%H:%M}"
        if verb == "arrives"
        else f"Check-out until {home.check_out_until:%H:%M}"
    )
    title = f"{first_name}, party of {stay.party_size}, {verb}: {home.name}"
    return _entry(stay, verb, day, day, title, f"{hour}, by the clock of the home.", console)


def _entry(
    record: Any,
    what: str,
    first: datetime.date,
    last: datetime.date,
    title: str,
    details: str,
    console: str,
) -> Entry:
    name, home = record._meta.model_name, record.property
    page = reverse(f"admin:bookings_{name}_change", args=[record.pk])
    return Entry(
        uid=f"{name}-{record.pk}-{what}",
        first=first,
        last=last,
        title=title,
        place=f"{home.address} {home.zip_code.code}",
        details=f"{details}\n{console}{page}",
        changed_at=record.changed_at or datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        version=record.version or 0,
    )
