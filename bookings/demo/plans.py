"""The away plans of the demo company, each taken from its filing to where it stands today."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import partial

from bookings import services
from bookings.demo import chores
from bookings.demo.duty import Duty
from bookings.demo.events import Event, Step
from bookings.demo.moments import OFFICE, RESIDENTS_LEAVE, RESIDENTS_RETURN, Diary, Hours, spread
from bookings.demo.rows import Row, is_true
from bookings.models import AwayPlan, Property, Task
from bookings.steps import step_on
from staffing.models import User

Status = AwayPlan.Status
LOOKED_THROUGH_AFTER = 3  # days
ONE_WITHOUT_A_KEY = 5  # of so many homes that are being prepared
UNDER_WAY = (Status.PREPARING, Status.ACTIVE, Status.COMPLETED)


class PlanStory:
    """What happened to one plan: `events()` tells it in order."""

    def __init__(self, row: Row, home: Property, duty: Duty, today: datetime.date) -> None:
        self.row, self.home, self.duty, self.today = row, home, duty, today
        self.status = row["status"]
        self.starts, self.nights = int(row["starts_in_days"]), int(row["nights"])
        self.diary = Diary(today, row["plan"])
        self.plan = AwayPlan(
            property=home, hosting_allowed=is_true(row["hosting_allowed"]), notes=row["notes"]
        )
        self._set_dates(*self._first_dates())

    def events(self) -> Iterator[Event]:
        """Filed, decided, moved perhaps, and carried out as far as today allows."""
        row = self.row
        yield self._by(row["filed_by"], int(row["filed_in_days"]), self._file)
        if row["decided_in_days"]:
            decide = self._decline if self.status == Status.DECLINED else self._approve
            yield self._by(row["decided_by"], int(row["decided_in_days"]), decide)
        if row["moved_in_days"]:
            yield from self._move()
        if row["closed_in_days"]:
            yield from self._close(int(row["closed_in_days"]))
        if self.status in UNDER_WAY:
            yield from self._carry_out()

    def _move(self) -> Iterator[Event]:
        """New dates; unless they only shorten the plan it is decided anew."""
        day, (starts, nights) = int(self.row["moved_in_days"]), self._first_dates()
        shortens = starts <= self.starts and self.starts + self.nights <= starts + nights
        yield self._by(self.row["filed_by"], day, self._revise)
        if not shortens and self.status != Status.SUBMITTED:
            yield self._by(self.row["decided_by"], day + 1, self._approve)

    def _close(self, day: int) -> Iterator[Event]:
        if self.status == Status.CANCELLED:
            yield self._by(self.row["decided_by"], day, self._cancel)
        else:
            yield self._by(self.row["filed_by"], day, self._withdraw)

    def _carry_out(self) -> Iterator[Event]:
        yield self._on_duty(self.starts - spread(self.row["plan"], 2, 4), self._prepare)
        if self.status != Status.PREPARING:
            yield self._on_duty(self.starts, self._start, RESIDENTS_LEAVE)
        yield from self._inspect()
        if self.status == Status.COMPLETED:
            yield self._on_duty(self.starts + self.nights, self._hand_back, RESIDENTS_RETURN)
            if self.starts + self.nights < -LOOKED_THROUGH_AFTER:
                look = partial(chores.look_through, self.plan)
                manager = self.duty.a_manager(f"{self.row['plan']} look")
                day = self.starts + self.nights + LOOKED_THROUGH_AFTER
                yield Event(self.diary.on(day), manager, look)

    def _inspect(self) -> Iterator[Event]:
        """An empty home, on the day in the middle, where that has come."""
        middle = self.starts + self.nights // 2
        if middle < 0 and self.status != Status.PREPARING:
            yield self._on_duty(middle, partial(chores.do, self.plan, Task.Kind.INSPECT))

    # Steps

    def _file(self, by: User, at: datetime.datetime) -> None:
        self.plan.property = self.home  # which has its id by now
        services.file_plan(self.plan, by=by, at=at)

    def _approve(self, by: User, at: datetime.datetime) -> None:
        closed_later = self.status == Status.CANCELLED
        services.approve(self.plan, by=by, reason="" if closed_later else self.row["reason"], at=at)

    def _decline(self, by: User, at: datetime.datetime) -> None:
        services.decline(self.plan, by=by, reason=self.row["reason"], at=at)

    def _revise(self, by: User, at: datetime.datetime) -> None:
        self._set_dates(self.starts, self.nights)
        services.revise(self.plan, by=by, reason=self.row["moved_because"])

    def _cancel(self, by: User, at: datetime.datetime) -> None:
        services.cancel(self.plan, by=by, reason=self.row["reason"], at=at)

    def _withdraw(self, by: User, at: datetime.datetime) -> None:
        services.withdraw(self.plan, by=by, reason=self.row["reason"])

    def _prepare(self, by: User, at: datetime.datetime) -> None:
        with step_on(self.home.pk, by):
            services.start_preparing(self.plan, by=by)
            task = chores.begin(self.plan, Task.Kind.PREPARE, by, at)
            if self.status != Status.PREPARING:
                chores.finish(task, by, at)
            elif spread(f"{self.row['plan']} key", 0, ONE_WITHOUT_A_KEY) == 0:
                chores.stop(task, by)

    def _start(self, by: User, at: datetime.datetime) -> None:
        services.start(self.plan, by=by)

    def _hand_back(self, by: User, at: datetime.datetime) -> None:
        with step_on(self.home.pk, by):
            chores.do(self.plan, Task.Kind.RESTORE, by, at)
            services.complete(self.plan, by=by)

    # Who and when

    def _by(self, email: str, day: int, step: Step) -> Event:
        return Event(self.diary.on(day), self.duty.people[email], step)

    def _on_duty(self, day: int, step: Step, hours: Hours = OFFICE) -> Event:
        person = self.duty.on_duty(self.home.zip_code.code, day, self.row["plan"])
        return Event(self.diary.on(day, hours), person, step)

    def _first_dates(self) -> tuple[int, int]:
        starts, nights = self.row["first_starts_in_days"], self.row["first_nights"]
        return (int(starts), int(nights)) if nights else (self.starts, self.nights)

    def _set_dates(self, starts: int, nights: int) -> None:
        self.plan.starts_on = self.today + datetime.timedelta(days=starts)
        self.plan.ends_on = self.plan.starts_on + datetime.timedelta(days=nights)
