"""What is true of homes, plans, bookings and tasks whatever happened, read from the database.

Written from the rules and not from the code: it shares none with what it judges but the models.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

from django.utils import timezone

from bookings.models import AwayPlan, Booking, Property, Task
from staffing.models import User, ZipAssignment

DAY = datetime.timedelta(days=1)
BLOCKING = {"submitted", "approved", "preparing", "active"}
HOSTING = {"approved", "preparing", "active"}
LIVE = {"held", "confirmed", "checked_in"}
COMING = {"held", "confirmed"}
UNTOUCHED = {"unassigned", "assigned"}
OPEN = UNTOUCHED | {"in_progress", "blocked"}

# From each state, those that it may become; a state that ends a record becomes none.
CHARTS: dict[type[Any], dict[str, set[str]]] = {
    Property: {
        "draft": {"active", "archived"},
        "active": {"paused", "archived"},
        "paused": {"active", "archived"},
        "archived": set(),
    },
    AwayPlan: {
        "draft": {"submitted", "withdrawn"},
        "submitted": {"approved", "declined", "withdrawn"},
        "approved": {"preparing", "cancelled", "submitted"},
        "preparing": {"active", "cancelled"},
        "active": {"completed"},
        **{end: set() for end in ("completed", "declined", "withdrawn", "cancelled")},
    },
    Booking: {
        "held": {"confirmed", "cancelled"},
        "confirmed": {"checked_in", "cancelled", "no_show"},
        "checked_in": {"checked_out"},
        **{end: set() for end in ("checked_out", "cancelled", "no_show")},
    },
    Task: {
        "unassigned": {"assigned", "blocked", "cancelled"},
        "assigned": {"unassigned", "in_progress", "blocked", "cancelled"},
        "in_progress": {"unassigned", "done", "blocked", "cancelled"},
        "blocked": {"unassigned", "assigned", "cancelled"},
        "done": {"verified"},
        **{end: set() for end in ("verified", "cancelled")},
    },
}
KEPT: dict[type[Any], tuple[str, ...]] = {  # what has to be in the history
    Property: ("lifecycle", "zip_code_id", "timezone"),
    AwayPlan: ("status", "zip_code_id", "starts_on", "ends_on", "hosting_allowed"),
    Booking: ("status", "zip_code_id", "arrives_on", "departs_on", "away_plan_id"),
    Task: ("status", "zip_code_id", "starts_on", "due_on", "assignee_id"),
}

type Days = tuple[datetime.date, datetime.date]


class Want(NamedTuple):
    """One task that the rules want, told by what it is for."""

    plan: int
    booking: int | None
    kind: str


class Rows:
    """Everything of some homes, as the database has it now."""

    def __init__(self, homes: Iterable[int]) -> None:
        pks = list(homes)
        self.homes = {home.pk: home for home in Property.objects.filter(pk__in=pks)}
        self.plans = _of(AwayPlan, pks)
        self.bookings = _of(Booking, pks)
        self.tasks = _of(Task, pks)

    def of(self, model: type[Any]) -> dict[int, Any]:
        """All of one kind, by their ids."""
        rows: dict[type[Any], dict[int, Any]] = {
            Property: self.homes,
            AwayPlan: self.plans,
            Booking: self.bookings,
            Task: self.tasks,
        }
        return rows[model]

    def kept(self) -> dict[tuple[type[Any], int], tuple[Any, ...]]:
        """What of each record has to be in the history."""
        return {
            (model, pk): tuple(getattr(row, name) for name in names)
            for model, names in KEPT.items()
            for pk, row in self.of(model).items()
        }


def _of(model: type[Any], homes: list[int]) -> dict[int, Any]:
    return {row.pk: row for row in model.objects.filter(property__in=homes).order_by("pk")}


def hold_all(rows: Rows) -> None:
    """Fail at the first rule that does not hold."""
    plans_never_overlap(rows)
    bookings_have_their_place(rows)
    everything_lies_where_its_home_does(rows)
    deciders_are_not_filers(rows)
    tasks_are_what_is_wanted(rows)
    tasks_are_with_who_looks_after_them(rows)


def plans_never_overlap(rows: Rows) -> None:
    """Two plans of one home that block their dates share no night."""
    blocking = [plan for plan in rows.plans.values() if plan.status in BLOCKING]
    for one, other in _pairs_of_one_home(blocking):
        assert not _share((one.starts_on, one.ends_on), (other.starts_on, other.ends_on)), (
            f"plans {one.pk} and {other.pk} overlap"
        )


def bookings_have_their_place(rows: Rows) -> None:
    """Guests stay inside a plan that hosts, in a home with room for them, alone."""
    live = [booking for booking in rows.bookings.values() if booking.status in LIVE]
    for stay in live:
        plan, home = rows.plans[stay.away_plan_id], rows.homes[stay.property_id]
        assert plan.status in HOSTING, f"booking {stay.pk} is live, its plan {plan.status}"
        assert plan.hosting_allowed, f"booking {stay.pk} is in a plan without guests"
        assert plan.starts_on <= stay.arrives_on < stay.departs_on <= plan.ends_on
        assert stay.party_size <= home.max_guests, f"booking {stay.pk}: more than fit in"
    for one, other in _pairs_of_one_home(live):
        assert not _share((one.arrives_on, one.departs_on), (other.arrives_on, other.departs_on)), (
            f"bookings {one.pk} and {other.pk} overlap"
        )


def everything_lies_where_its_home_does(rows: Rows) -> None:
    """One ZIP code for a home and all that is in it, and that one's clock."""
    for model in (AwayPlan, Booking, Task):
        for row in rows.of(model).values():
            assert row.zip_code_id == rows.homes[row.property_id].zip_code_id, repr(row)
    for home in rows.homes.values():
        assert home.timezone == home.zip_code.timezone


def deciders_are_not_filers(rows: Rows) -> None:
    """Who filed a plan did not approve it, but for a manager who said why."""
    people = dict(User.objects.values_list("pk", "user_type"))
    for plan in rows.plans.values():
        if plan.status in HOSTING and plan.filed_by_id and plan.filed_by_id == plan.decided_by_id:
            assert people[plan.decided_by_id] == "manager", f"plan {plan.pk}"
            assert plan.decision_reason.strip(), f"plan {plan.pk}"


def tasks_are_what_is_wanted(rows: Rows) -> None:
    """Each wanted task is there once, none that nobody wants, the days right or flagged."""
    wanted, overtaken = wants(rows)
    generated = [task for task in rows.tasks.values() if task.generated_key]
    found = Counter(_want_of(task) for task in generated)
    assert not [want for want, count in found.items() if count > 1], "a task is there twice"
    assert not wanted.keys() - found.keys(), f"missing: {wanted.keys() - found.keys()}"
    for task in generated:
        want = _want_of(task)
        if task.status in UNTOUCHED:
            days = task.starts_on, task.due_on
            assert wanted.get(want) == days, f"{want} is {task.status}: {days}"
        elif task.status in OPEN | {"done"} and want not in overtaken:
            is_right = wanted.get(want) == (task.starts_on, task.due_on)
            assert bool(task.flag) != is_right, f"task {task.pk}: flagged “{task.flag}”"
    for task in rows.tasks.values():
        if task.status in UNTOUCHED and task.kind not in ("issue", "inspect"):
            assert task.generated_key, f"orphaned task {task.pk}"


def wants(rows: Rows) -> tuple[dict[Want, Days], set[Want]]:
    """The tasks that plans and bookings want, with their days, and those that events overtook."""
    stays: dict[int, list[Booking]] = defaultdict(list)
    for booking in rows.bookings.values():
        if booking.status not in ("cancelled", "no_show"):
            stays[booking.away_plan_id].append(booking)
    wanted: dict[Want, Days] = {}
    overtaken: set[Want] = set()
    for plan in rows.plans.values():
        theirs = sorted(stays[plan.pk], key=lambda s: (s.arrives_on, s.departs_on, s.pk))
        for want, days, is_over in [*_of_plan(plan, theirs), *_of_stays(plan, theirs)]:
            if is_over or plan.status == "completed":
                overtaken.add(want)
            elif plan.status in HOSTING:
                wanted[want] = days
    return wanted, overtaken


def _of_plan(plan: Any, stays: Sequence[Any]) -> Iterator[tuple[Want, Days, bool]]:
    leave, back = plan.starts_on, plan.ends_on
    let_in = any(stay.status not in COMING for stay in stays)
    yield Want(plan.pk, None, "prepare"), (leave - 3 * DAY, leave - DAY), let_in
    nights = (back - leave).days
    if nights >= 14 and not plan.hosting_allowed:
        middle = leave + (nights // 2) * DAY
        yield Want(plan.pk, None, "inspect"), (middle, middle + 2 * DAY), False
    last_gone = max([leave, *(stay.departs_on for stay in stays)])
    last_gone = min(last_gone, back)
    days = max(last_gone, back - 2 * DAY), max(last_gone, back - DAY)
    yield Want(plan.pk, None, "restore"), days, False


def _of_stays(plan: Any, stays: Sequence[Any]) -> Iterator[tuple[Want, Days, bool]]:
    for stay in stays:
        came, went = stay.status not in COMING, stay.status == "checked_out"
        yield Want(plan.pk, stay.pk, "check_in"), (stay.arrives_on, stay.arrives_on), came
        yield Want(plan.pk, stay.pk, "check_out"), (stay.departs_on, stay.departs_on), went
    for before, after in pairwise(stays):
        days = min(before.departs_on, after.arrives_on), after.arrives_on
        yield Want(plan.pk, after.pk, "turnover"), days, after.status not in COMING


def _want_of(task: Any) -> Want:
    return Want(task.away_plan_id, task.booking_id, task.kind)


def tasks_are_with_who_looks_after_them(rows: Rows) -> None:
    """Whoever has an open task looks after its ZIP code on the day it is due, or today."""
    active = set(User.objects.filter(is_active=True).values_list("pk", flat=True))
    duties = list(ZipAssignment.objects.all())
    for task in rows.tasks.values():
        if task.status in OPEN and task.assignee_id:
            day = max(task.due_on, today_at(rows.homes[task.property_id]))
            assert task.assignee_id in active, f"task {task.pk} is with who left"
            assert any(
                duty.user_id == task.assignee_id
                and duty.content_object_id == task.zip_code_id
                and duty.starts_on <= day < (duty.ends_on or datetime.date.max)
                for duty in duties
            ), f"task {task.pk} is with who does not look after its ZIP code on {day}"


def today_at(home: Any) -> datetime.date:
    """The date that a calendar in this home shows."""
    return timezone.now().astimezone(zoneinfo.ZoneInfo(home.timezone)).date()


class Diary:
    """Follows the history from one step to the next: every change is told, with who made it."""

    def __init__(self, homes: Sequence[int]) -> None:
        self.homes = homes
        self.known: dict[tuple[type[Any], int], tuple[Any, ...]] = {}
        self.read: dict[type[Any], int] = dict.fromkeys(KEPT, 0)
        self.follow(Rows(homes), nobody=True)

    def follow(self, rows: Rows, *, nobody: bool = False) -> None:
        """What the versions since the last time tell leads from what was to what is."""
        told = dict(self.known)
        for model, names in KEPT.items():
            for version in self._new_of(model):
                key = (model, version.id)
                after = tuple(getattr(version, name) for name in names)
                _allow_move(model, told.get(key), after, version)
                assert nobody or version.history_user_id or version.source == "task", (
                    f"nobody is named for {key}"
                )
                told[key] = after
        now = rows.kept()
        assert told == now, {
            k: (told.get(k), now.get(k)) for k in told | now if told.get(k) != now.get(k)
        }
        self.known = now

    def _new_of(self, model: type[Any]) -> list[Any]:
        of_homes = {"id__in" if model is Property else "property_id__in": self.homes}
        new = model.history.filter(**of_homes, history_id__gt=self.read[model])
        versions = list(new.order_by("history_id"))
        if versions:
            self.read[model] = versions[-1].history_id
        return versions


def _allow_move(model: type[Any], before: Any, after: tuple[Any, ...], version: Any) -> None:
    """Only as the chart of its states has it."""
    assert version.history_type != "-", f"{version} was deleted"
    if before is not None and before[0] != after[0]:
        assert after[0] in CHARTS[model][before[0]], f"{version}: {before[0]} became {after[0]}"


def _pairs_of_one_home(rows: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    by_home: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_home[row.property_id].append(row)
    for theirs in by_home.values():
        yield from combinations(theirs, 2)


def _share(one: Days, other: Days) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])
