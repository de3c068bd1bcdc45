"""The rows of a timeline: a home each, with lanes of bars that know where they stand."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.urls import reverse

from bookings.models import Property
from bookings.timeline.asking import Asked
from bookings.timeline.bars import (
    KINDS,
    PLAN,
    PLAN_STATES,
    STAY,
    STAY_STATES,
    TASK,
    TASK_STATES,
    Bar,
    Lane,
    Row,
)
from bookings.timeline.conflicts import (
    Note,
    at_work,
    gaps_of,
    is_late,
    misfits,
    not_served,
    overlaps,
    turnovers,
    uncovered,
)
from bookings.timeline.finding import (
    OPEN,
    SHOWN_PLANS,
    PlanDates,
    StayDates,
    TaskDates,
    plans_of,
    sees_tasks,
    stays_of,
    tasks_of,
)
from bookings.timeline.windows import ONE_DAY, Mark, say_days
from opsconsole.dates import Span
from staffing.models import User
from staffing.on_duty import Covered, covered_days


class Clocks:
    """Today by the clocks of the homes, all at one moment."""

    def __init__(self, at: datetime.datetime) -> None:
        self.at = at
        self._days: dict[str, datetime.date] = {}

    def today_in(self, timezone: str) -> datetime.date:
        """Today's date in a time zone."""
        if timezone not in self._days:
            self._days[timezone] = self.at.astimezone(ZoneInfo(timezone)).date()
        return self._days[timezone]


def rows_of(
    found: Sequence[Property], viewer: User, asked: Asked, at: datetime.datetime
) -> list[Row]:
    """The rows of these homes; stays and tasks for those whose role reads them."""
    ids, clocks = [home.pk for home in found], Clocks(at)
    plans = plans_of(ids, viewer, asked)
    stays = stays_of(ids, viewer, asked) if viewer.has_perm("bookings.view_booking") else {}
    tasks = tasks_of(ids, viewer, asked) if sees_tasks(viewer) else {}
    zip_codes = {home.zip_code_id for home in found}
    covered = covered_days(zip_codes, (asked.window.start, asked.window.end), viewer)
    painter = _Painter(asked)
    return [
        painter.row(
            home,
            clocks.today_in(home.timezone),
            plans.get(home.pk, []),
            stays.get(home.pk, []),
            tasks.get(home.pk, []),
            covered[home.zip_code_id],
        )
        for home in found
    ]


class _Painter:
    """Places bars in the window; the addresses are worked out once, and not for each."""

    def __init__(self, asked: Asked) -> None:
        self.window, self.asked = asked.window, asked
        self.home, self.plan, self.stay, self.task = (
            reverse(f"admin:bookings_{name}_change", args=[0]).replace("/0/", "/{}/")
            for name in ("property", "awayplan", "booking", "task")
        )

    def row(
        self,
        home: Property,
        today: datetime.date,
        plans: list[PlanDates],
        stays: list[StayDates],
        tasks: list[TaskDates],
        covered: Covered,
    ) -> Row:
        """A home with its lanes. What else is to be shown of a home becomes a lane of its own."""
        lanes = [
            Lane("Away plans", self._plans(home, today, plans, covered.by_anybody)),
            Lane("Bookings", self._stays(stays, today)),
            Lane("Tasks", self._tasks(tasks, today)),
        ]
        return Row(
            home=home,
            link=self.home.format(home.pk),
            today=today,
            today_at=self.window.place_of(today),
            gaps=gaps_of(home, covered, (max(today, self.window.start), self.window.end)),
            lanes=[lane for lane in lanes if lane.bars],
        )

    def _plans(
        self, home: Property, today: datetime.date, plans: list[PlanDates], held: list[Span]
    ) -> list[Bar]:
        in_the_way, layers = overlaps(plans), _Layers()
        bars = []
        for plan in plans:
            mark = self.window.clip(plan.starts_on, plan.ends_on)
            if mark is None or not self._is_shown(plan):
                continue
            gaps = uncovered(plan, held, today, self.window.end)
            alone = [
                Note("Nobody there", f"Nobody looks after {home.zip_code.code} {say_days(*gap)}.")
                for gap in gaps
            ]
            if not home.zip_code.is_served and plan.status in OPEN and plan.ends_on > today:
                alone.insert(0, not_served(home))
            bars.append(
                Bar(
                    kind=PLAN,
                    link=self.plan.format(plan.pk),
                    dates_at="id_starts_on",
                    look=self._look(plan.status, plan.starts_on, plan.ends_on),
                    state=PLAN_STATES[plan.status],
                    about="hosting" if plan.hosting_allowed else "",
                    first=plan.starts_on,
                    until=plan.ends_on,
                    mark=mark,
                    depth=layers.place(mark),
                    notes=[*in_the_way.get(plan.pk, ()), *alone],
                    uncovered=[part for gap in gaps if (part := self.window.clip(*gap))],
                )
            )
        return bars

    def _is_shown(self, plan: PlanDates) -> bool:
        wanted = self.asked.status
        return plan.status == wanted if wanted else plan.status in SHOWN_PLANS

    def _stays(self, stays: list[StayDates], today: datetime.date) -> list[Bar]:
        unfit, tight, layers = misfits(stays), turnovers(stays, today), _Layers()
        bars = []
        for stay in stays:
            mark = self.window.clip(stay.arrives_on, stay.departs_on)
            if mark is None or self.asked.status not in ("", stay.plan.status):
                continue
            bars.append(
                Bar(
                    kind=STAY,
                    link=self.stay.format(stay.pk),
                    dates_at="id_arrives_on",
                    look=self._look(stay.status, stay.arrives_on, stay.departs_on),
                    state=STAY_STATES[stay.status],
                    about=stay.guest,
                    first=stay.arrives_on,
                    until=stay.departs_on,
                    mark=mark,
                    depth=layers.place(mark),
                    notes=[*unfit.get(stay.pk, ()), *tight.get(stay.pk, ())],
                )
            )
        return bars

    def _tasks(self, tasks: list[TaskDates], today: datetime.date) -> list[Bar]:
        """What is overdue is still to be done today: its bar goes on until then."""
        layers, bars = _Layers(), []
        for task in tasks:
            last = today if is_late(task, today) else task.due_on
            mark = self.window.clip(task.starts_on, last + ONE_DAY)
            if mark is None:
                continue
            state = TASK_STATES[task.status]
            bars.append(
                Bar(
                    kind=TASK,
                    link=self.task.format(task.pk),
                    dates_at="id_due_on",
                    look=self._look(task.status, task.starts_on, last + ONE_DAY),
                    state=f"{state}, {task.who}" if task.who else state,
                    about=KINDS[task.kind],
                    first=task.starts_on,
                    until=task.due_on,
                    mark=mark,
                    depth=layers.place(mark),
                    notes=[*at_work(task, today)],
                )
            )
        return bars

    def _look(self, status: str, first: datetime.date, after: datetime.date) -> str:
        """The classes of a bar: its status, and the ends that lie outside of the window."""
        look = f"timeline-{status}"
        if first < self.window.start:
            look += " timeline-from-before"
        return f"{look} timeline-goes-on" if self.window.end < after else look


class _Layers:
    """Puts bars that begin one after the other into the first layer that is free for them."""

    def __init__(self) -> None:
        self._taken_until: list[int] = []

    def place(self, mark: Mark) -> int:
        """The layer of the next bar."""
        end = mark.start + mark.length
        for layer, taken in enumerate(self._taken_until):
            if taken <= mark.start:
                self._taken_until[layer] = end
                return layer
        self._taken_until.append(end)
        return len(self._taken_until) - 1
