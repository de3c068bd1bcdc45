"""Who is in a home now, and whether it is ready for whom comes next: see docs/working-day.md.

Nobody types it. It follows from the stays, plans and tasks of the home, by the home's own clock, in
the statement that reads the homes: so a list shows it, and one filter finds the homes not ready.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import (
    Case,
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

BEFORE_ARRIVALS = "before arrivals"


class Row(NamedTuple):
    """A stay, plan or task of a home, as far as it says how the home stands."""

    status: str
    first: datetime.date
    last: datetime.date
    other: str  # of a stay, the status of its plan; of a task, whether it is before arrivals


type Known = dict[str, list[Row]]  # of one home: its stays, plans and tasks


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


def with_readiness(homes: Iterable[Any], at: datetime.datetime) -> list[Any]:
    """Homes with their `readiness`, and the days on which guests and residents come and go next.

    In one query, whatever the number of homes.
    """
    homes = list(homes)
    found = _known([home.pk for home in homes])
    for home in homes:
        _tell(home, found[home.pk], home.date_at(at))
    return homes


def _tell(home: Any, known: Known, today: datetime.date) -> None:
    """Who comes and goes next, and the first line of the table in docs/working-day.md that fits."""
    ahead = today + datetime.timedelta(AHEAD)
    stays, plans, tasks = known["stay"], known["plan"], known["task"]
    to_come = [stay for stay in stays if stay.status in TO_COME and stay.last > today]
    hosting = [plan for plan in plans if plan.status in AwayPlan.HOSTING]
    begun = [plan.last for plan in hosting if plan.first <= today]
    home.away_on = min((plan.first for plan in plans if plan.last > today), default=None)
    home.guests_on = min((stay.first for stay in to_come), default=None)
    home.next_on = soonest = min([stay.first for stay in to_come] + begun, default=None)
    to_do = [task for task in tasks if task.other == BEFORE_ARRIVALS]
    if home.lifecycle in ("draft", "archived"):
        home.readiness = ""
    elif any(_waits(task, today) for task in to_do) or any(_shut(s, today) for s in to_come):
        home.readiness = State.NOT_READY
    elif any(task.status == Task.Status.IN_PROGRESS for task in tasks):
        home.readiness = State.BEING_PREPARED
    elif any(stay.status == Booking.Status.CHECKED_IN for stay in stays):
        home.readiness = State.GUESTS_IN
    elif not any(ends > today for ends in begun):
        home.readiness = State.RESIDENTS_IN
    elif soonest and soonest <= ahead and all(task.last > soonest for task in to_do):
        home.readiness = State.READY
    else:
        home.readiness = State.EMPTY


def _waits(task: Row, today: datetime.date) -> bool:
    """What `waiting_work` finds: it could be worked on and is not, or it is late."""
    is_due = task.first <= today and task.last <= today + datetime.timedelta(AHEAD)
    return is_due and (task.status in NOT_BEGUN or task.last < today)


def _shut(stay: Row, today: datetime.date) -> bool:
    """What `_shut_out` finds: the guests are due, and the residents may still be there."""
    return stay.first <= today and stay.other != AwayPlan.Status.ACTIVE


def _known(pks: list[int]) -> dict[int, Known]:
    """The stays, plans and tasks of homes that say how the homes stand, in one query."""
    stays, plans = Booking.objects.live(), AwayPlan.objects.filter(status__in=AwayPlan.BLOCKING)
    tasks = Task.objects.open().filter(kind__in=Task.FOR_ARRIVALS)
    is_before = Case(When(_is_before_arrivals(), then=Value(BEFORE_ARRIVALS)), default=Value(""))
    rows = _columns("plan", plans, pks, "starts_on", "ends_on", F("status")).union(
        _columns("stay", stays, pks, "arrives_on", "departs_on", F("away_plan__status")),
        _columns("task", tasks, pks, "starts_on", "due_on", is_before),
        all=True,
    )
    found: dict[int, Known] = defaultdict(lambda: defaultdict(list))
    for pk, what, *row in rows:
        found[pk][what].append(Row(*row))
    return found


def _columns(
    what: str, rows: QuerySet[Any], pks: list[int], first: str, last: str, other: Any
) -> QuerySet[Any]:
    rows = rows.filter(property__any=pks).order_by().annotate(what=Value(what), other=other)
    return rows.values_list("property", "what", "status", first, last, "other")


def soonest_first(homes: QuerySet[Property], at: datetime.datetime) -> QuerySet[Any]:
    """Homes in the order in which guests or residents come to them next."""
    guests = _to_come(at).filter(property=OuterRef("pk")).order_by("arrives_on")
    back = _begun(at).filter(property=OuterRef("pk")).order_by("ends_on")
    soonest = Least(Subquery(guests.values("arrives_on")[:1]), Subquery(back.values("ends_on")[:1]))
    return homes.order_by(soonest, "pk")


def _to_come(at: datetime.datetime) -> QuerySet[Booking]:
    """Guests who are expected, or who should be there and are not yet."""
    today = DateAt(at, "property__timezone")
    return Booking.objects.filter(status__in=TO_COME, departs_on__gt=today)


def _begun(at: datetime.datetime) -> QuerySet[AwayPlan]:
    """Plans whose residents are away, or whose home has not been handed back to them."""
    today = DateAt(at, "property__timezone")
    return AwayPlan.objects.filter(status__in=AwayPlan.HOSTING, starts_on__lte=today)


def not_ready(homes: QuerySet[Property], at: datetime.datetime) -> QuerySet[Any]:
    """The homes whose state is "Not ready", found from the few tasks and stays that say so."""
    lacking = waiting_work(at).values("property")
    shut_out = _shut_out(at).values("property")
    return homes.filter(Q(pk__in=lacking) | Q(pk__in=shut_out), lifecycle__in=("active", "paused"))


def expecting(homes: QuerySet[Property], at: datetime.datetime) -> QuerySet[Any]:
    """The homes to which guests or residents come within a week."""
    ahead = later(DateAt(at, "property__timezone"), AHEAD)
    guests = _to_come(at).filter(arrives_on__lte=ahead).values("property")
    back = _begun(at).filter(ends_on__lte=ahead).values("property")
    return homes.filter(Q(pk__in=guests) | Q(pk__in=back), lifecycle__in=("active", "paused"))


def before_arrivals() -> QuerySet[Task]:
    """Open tasks that have to be done before somebody comes who is expected still."""
    return Task.objects.open().filter(_is_before_arrivals(), kind__in=Task.FOR_ARRIVALS)


def _is_before_arrivals() -> Q:
    """What is done before the residents leave matters to guests alone."""
    coming = Booking.objects.filter(away_plan=OuterRef("away_plan"), status__in=TO_COME)
    return (
        Q(kind=Task.Kind.RESTORE, away_plan__status__in=AwayPlan.HOSTING)
        | Q(kind=Task.Kind.TURNOVER, booking__status__in=TO_COME)
        | Q(Exists(coming), kind=Task.Kind.PREPARE)
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


def _latest(at: datetime.datetime) -> datetime.date:
    """No clock shows a later date: a bound that an index can be asked for."""
    return at.astimezone(datetime.UTC).date() + datetime.timedelta(days=1)


# In words


def say_state(home: Any) -> str:
    """How a home stands that came `with_readiness`, and for whom: Ready, guests Nov 3, 2026."""
    return ", ".join(filter(None, state_and_next(home)))


def state_and_next(home: Any) -> tuple[str, str]:
    """How a home stands, and who comes next where that matters to it."""
    if not home.readiness:
        return "", ""
    label = str(State(home.readiness).label)
    if home.readiness in (State.GUESTS_IN, State.RESIDENTS_IN) or home.next_on is None:
        return label, ""
    return label, say_next(home)


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
