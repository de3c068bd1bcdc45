"""What of homes, plans, bookings and tasks is a person's own, and is erased with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from bookings.models import (
    AccessSecret,
    AwayPlan,
    Booking,
    ChecklistItem,
    Property,
    RecordNote,
    Task,
)
from staffing.belongings import Belonging, Keeper, Whom, counted

# The notes of a plan are theirs who owned the home when the plan was filed, whoever owns it by now.
# Where the history does not reach back so far, the earliest owner that is known.
EVER_OWNED = """
    r.property_id IN (
        SELECT h.id FROM bookings_historicalproperty h WHERE h.owner_id = %s
        UNION SELECT h.id FROM bookings_property h WHERE h.owner_id = %s
    )
"""
OWNER_THEN = """
    coalesce((
        SELECT h.owner_id FROM bookings_historicalproperty h
        WHERE h.id = r.property_id AND h.history_date <= (
            SELECT min(p.history_date) FROM bookings_historicalawayplan p WHERE p.id = r.id
        ) ORDER BY h.history_date DESC, h.history_id DESC LIMIT 1
    ), (
        SELECT h.owner_id FROM bookings_historicalproperty h WHERE h.id = r.property_id
        ORDER BY h.history_date, h.history_id LIMIT 1
    ), (SELECT h.owner_id FROM bookings_property h WHERE h.id = r.property_id))
"""


def keeper() -> Keeper:
    """What this app keeps of people."""
    return Keeper(
        belongings=(
            Belonging(Property, _homes, mentioning=("name", "amenities")),
            Belonging(AwayPlan, _plans, emptied=("notes",), mentioning=("decision_reason",)),
            Belonging(
                Booking,
                _as_a_guest,
                emptied=("guest_email", "guest_phone"),
                renamed=("guest_name",),
                mentioning=("cancel_reason",),
            ),
            Belonging(Booking, _by_their_phone, emptied=("guest_phone",)),
            Belonging(Task, _of_their_homes, mentioning=("notes", "reason")),
            Belonging(ChecklistItem, _lines, mentioning=("note",)),
            Belonging(AccessSecret, _of_their_homes, mentioning=("label",)),
            Belonging(RecordNote, _of_their_homes, mentioning=("text",)),
        ),
        what_is_open=_what_is_open,
        has_namesakes=_is_a_guest_called_the_same,
    )


def _homes(whom: Whom) -> tuple[str, list[Any]]:
    return "r.owner_id = %s", [whom.person.pk]


def _plans(whom: Whom) -> tuple[str, list[Any]]:
    return f"{EVER_OWNED} AND {OWNER_THEN} = %s", [whom.person.pk] * 3


def _of_their_homes(whom: Whom) -> tuple[str, list[Any]]:
    return EVER_OWNED, [whom.person.pk] * 2


def _lines(whom: Whom) -> tuple[str, list[Any]]:
    of_their_homes = EVER_OWNED.replace("r.", "t.")
    tasks = f"SELECT t.id FROM bookings_task t WHERE {of_their_homes}"  # noqa: S608  (our own SQL)
    return f"r.task_id IN ({tasks})", [whom.person.pk] * 2


def _as_a_guest(whom: Whom) -> tuple[str, list[Any]]:
    return "lower(r.guest_email) = ANY(%s)", [whom.emails]


def _by_their_phone(whom: Whom) -> tuple[str, list[Any]]:
    return "r.guest_phone = ANY(%s)", [list(whom.mentions.phones)]


def _what_is_open(whom: Whom) -> Iterator[str]:
    plans = AwayPlan.objects.open().filter(property__owner=whom.person)
    yield from counted(plans.count(), "open away plan", "open away plans")
    as_guest = Q()
    for email in whom.emails:
        as_guest |= Q(guest_email__iexact=email)
    stays = Booking.objects.live().filter(Q(property__owner=whom.person) | as_guest)
    yield from counted(stays.count(), "live booking", "live bookings")
    tasks = Task.objects.open().filter(assignee=whom.person)
    yield from counted(tasks.count(), "open task", "open tasks")


def _is_a_guest_called_the_same(whom: Whom) -> bool:
    guests = Booking.objects.exclude(guest_email__in=["", *whom.emails])
    return any(guests.filter(guest_name__iexact=name).exists() for name in whom.mentions.names)
