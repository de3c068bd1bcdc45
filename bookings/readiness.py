"""Who is in a home now, and whether it is ready for whom comes next: see docs/working-day.md.

Nobody types it. It follows from the stays, plans and tasks of the home, by the home's own clock, in
the statement that reads the homes: so a list shows it, and one filter finds the homes not ready.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Least

from bookings.models import AwayPlan, Booking, Property, Task
from opsconsole.dates import say_date

AHEAD = 7  # days: what comes later needs nothing yet
TO_COME = (Booking.Status.HELD, Booking.Status.CONFIRMED)
NOT_BEGUN = (Task.Status.UNASSIGNED, Task.Status.ASSIGNED, Task.Status.BLOCKED)
FOR_GUESTS, FOR_RESIDENTS = "guests", "the residents"


class State(TextChoices):
    """How a home stands, in the words of staff."""

    NOT_READY = "not_ready", "Not ready"
    BEING_PREPARED = "being_prepared", "Being prepared"
    GUESTS_IN = "guests_in", "Guests in"
    RESIDENTS_IN = "residents_in", "Residents in"
    READY = "ready", "Ready"
    EMPTY = "empty", "Empty"


class DateAt(Func):
    """The date of a moment by the clock of a time zone column."""

    template = "(%(expressions)s)::date"
    arg_joiner = " AT TIME ZONE "
    output_field = DateField()

    def __init__(self, at: datetime.datetime, zone: str) -> None:
        super().__init__(Value(at), F(zone))


def later(day: Any, count: int) -> ExpressionWrapper:
    """So many days after a day of the database's."""
    return ExpressionWrapper(day + Value(count), output_field=DateField())


def with_readiness(homes: QuerySet[Property], at: datetime.datetime) -> QuerySet[Any]:
    """Homes with their `readiness`, and with the days on which guests and residents come next."""
    here, today = Q(property=OuterRef("pk")), DateAt(at, "property__timezone")
    stays, tasks = Booking.objects.filter(here), Task.objects.filter(here)
    plans = AwayPlan.objects.filter(here, status__in=AwayPlan.HOSTING, starts_on__lte=today)
    to_come = stays.filter(status__in=TO_COME, departs_on__gt=today).order_by("arrives_on")
    back = plans.order_by("ends_on").values("ends_on")[:1]
    homes = homes.annotate(
        guests_on=Subquery(to_come.values("arrives_on")[:1]), back_on=Subquery(back)
    )
    work = tasks.open().filter(kind__in=Task.FOR_ARRIVALS)
    left_to_do = before_arrivals().filter(here, due_on__lte=OuterRef("next_on"))
    is_expected = Q(next_on__lte=later(DateAt(at, "timezone"), AHEAD))
    is_away = Exists(plans.filter(ends_on__gt=today))
    return homes.annotate(next_on=Least("guests_on", "back_on")).annotate(
        readiness=Case(
            When(lifecycle__in=("draft", "archived"), then=Value("")),
            When(_lacks_something(here, at), then=Value(State.NOT_READY)),
            When(
                Exists(work.filter(status=Task.Status.IN_PROGRESS)),
                then=Value(State.BEING_PREPARED),
            ),
            When(
                Exists(stays.filter(status=Booking.Status.CHECKED_IN)),
                then=Value(State.GUESTS_IN),
            ),
            When(~is_away, then=Value(State.RESIDENTS_IN)),
            When(
                is_expected & ~Exists(left_to_do),
                then=Value(State.READY),
            ),
            default=Value(State.EMPTY),
            output_field=CharField(),
        )
    )


def not_ready(homes: QuerySet[Property], at: datetime.datetime) -> QuerySet[Any]:
    """The homes whose state is "Not ready", found from the few tasks and stays that say so."""
    lacking = waiting_work(at).values("property")
    shut_out = _shut_out(at).values("property")
    return homes.filter(Q(pk__in=lacking) | Q(pk__in=shut_out), lifecycle__in=("active", "paused"))


def before_arrivals() -> QuerySet[Task]:
    """Open tasks that have to be done before somebody comes who is expected still.

    What is done before the residents leave matters to guests alone.
    """
    coming = Booking.objects.filter(away_plan=OuterRef("away_plan"), status__in=TO_COME)
    return Task.objects.open().filter(
        Q(kind=Task.Kind.RESTORE, away_plan__status__in=AwayPlan.HOSTING)
        | Q(kind=Task.Kind.TURNOVER, booking__status__in=TO_COME)
        | Q(Exists(coming), kind=Task.Kind.PREPARE),
        kind__in=Task.FOR_ARRIVALS,
    )


def waiting_work(at: datetime.datetime) -> QuerySet[Task]:
    """The tasks that make a home not ready: they could be worked on, and are not; or are late.

    Their days say when somebody comes (docs/tasks.md).
    """
    today, last = DateAt(at, "property__timezone"), _latest(at)
    return (
        before_arrivals()
        .filter(Q(status__in=NOT_BEGUN) | Q(due_on__lt=today))
        .filter(starts_on__lte=today, due_on__lte=later(today, AHEAD))
        .filter(due_on__lte=last + datetime.timedelta(days=AHEAD))
    )


def _shut_out(at: datetime.datetime) -> QuerySet[Booking]:
    """Guests who are due while their away plan is not on: the residents may still be there."""
    today = DateAt(at, "property__timezone")
    due = Booking.objects.filter(status__in=TO_COME, arrives_on__lte=_latest(at))
    return due.filter(arrives_on__lte=today, departs_on__gt=today).exclude(
        away_plan__status=AwayPlan.Status.ACTIVE
    )


def _lacks_something(here: Q, at: datetime.datetime) -> Q:
    return Q(Exists(waiting_work(at).filter(here))) | Q(Exists(_shut_out(at).filter(here)))


def _latest(at: datetime.datetime) -> datetime.date:
    """No clock shows a later date: a bound that an index can be asked for."""
    return at.astimezone(datetime.UTC).date() + datetime.timedelta(days=1)


# In words


def say_state(home: Any) -> str:
    """How a home stands that came `with_readiness`, and for whom: Ready, guests Nov 3, 2026."""
    if not home.readiness:
        return ""
    label = str(State(home.readiness).label)
    if home.readiness in (State.GUESTS_IN, State.RESIDENTS_IN) or home.next_on is None:
        return label
    return f"{label}, {say_next(home)}"


def say_next(home: Any) -> str:
    """Who comes next, and when; guests before residents."""
    if home.next_on is None:
        return "nobody expected"
    who = FOR_GUESTS if home.guests_on == home.next_on else FOR_RESIDENTS
    return f"{who} {say_date(home.next_on)}"


def reasons(homes: Iterable[Any], at: datetime.datetime) -> dict[int, list[tuple[str, Any]]]:
    """Why homes are not ready, in sentences with the record each is about, in two queries."""
    pks = [home.pk for home in homes]
    found: dict[int, list[tuple[str, Any]]] = defaultdict(list)
    tasks = waiting_work(at).filter(property__in=pks).select_related("property")
    for task in tasks.order_by("due_on", "pk"):
        found[task.property_id].append((_say_task(task, task.property.date_at(at)), task))
    shut_out = _shut_out(at).filter(property__in=pks).select_related("away_plan__property")
    for stay in shut_out:
        state = stay.away_plan.get_status_display().lower()
        sentence = f"The away plan is {state}, not active: guests can’t be let in yet"
        found[stay.property_id].append((sentence, stay.away_plan))
    return found


def _say_task(task: Task, today: datetime.date) -> str:
    state = task.get_status_display().lower()
    late = "overdue since" if task.due_on < today else "due"
    return f"{task.get_kind_display()}: {state}, {late} {say_date(task.due_on)}"
