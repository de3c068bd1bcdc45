"""The bookings of the demo company, each from its hold to where it stands today."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal

from bookings import services
from bookings.demo import chores
from bookings.demo.duty import Duty
from bookings.demo.events import Event, Step
from bookings.demo.moments import (
    BETWEEN_GUESTS,
    GUESTS_ARRIVE,
    GUESTS_LEAVE,
    NO_SHOW_NOTICED,
    OFFICE,
    Diary,
    Hours,
)
from bookings.demo.plans import PlanStory
from bookings.demo.rows import Row
from bookings.models import Booking, Task
from bookings.steps import step_on
from staffing.models import User

Status = Booking.Status
CAME = (Status.CHECKED_IN, Status.CHECKED_OUT)


class StayStory:
    """What happened to one booking: `events()` tells it in order."""

    def __init__(self, row: Row, story: PlanStory, duty: Duty) -> None:
        self.row, self.duty, self.status = row, duty, row["status"]
        self.arrives = story.starts + int(row["arrives_after_days"])
        self.departs = self.arrives + int(row["nights"])
        self.arrives_on = story.today + datetime.timedelta(days=self.arrives)
        self.zip_code = story.home.zip_code.code
        self.key = f"{row['plan']} {row['arrives_after_days']}"
        self.diary = Diary(story.today, self.key)
        self.booking = self._booking(story)

    def _booking(self, story: PlanStory) -> Booking:
        row = self.row
        nights = int(row["first_nights"] or row["nights"])
        return Booking(
            away_plan=story.plan,
            guest_name=row["guest_name"],
            guest_phone=row["guest_phone"],
            party_size=int(row["party_size"]),
            arrives_on=self.arrives_on,
            departs_on=self.arrives_on + datetime.timedelta(days=nights),
            channel=row["channel"],
            source_ref=row["source_ref"],
            price=Decimal(row["price"]),
        )

    def events(self) -> Iterator[Event]:
        """Held, confirmed, and then what became of it."""
        booked = int(self.row["booked_in_days"])
        yield self._event(booked, self._hold)
        if self.status == Status.HELD:
            return
        yield self._event(booked, self._confirm)
        if self.row["first_nights"]:
            yield self._event(booked + 1, self._change_nights)
        yield from self._rest()

    def _rest(self) -> Iterator[Event]:
        if self.status == Status.CANCELLED:
            yield self._event(int(self.row["closed_in_days"]), self._cancel)
        if self.status == Status.NO_SHOW:
            yield self._event(self.arrives + 1, self._miss, NO_SHOW_NOTICED)
        if self.status in CAME:
            yield self._event(self.arrives, self._turn_over, BETWEEN_GUESTS)
            yield self._event(self.arrives, self._check_in, GUESTS_ARRIVE)
        if self.status == Status.CHECKED_OUT:
            yield self._event(self.departs, self._check_out, GUESTS_LEAVE)

    # Steps

    def _hold(self, by: User, at: datetime.datetime) -> None:
        services.hold(self.booking, by=by, at=at)

    def _confirm(self, by: User, at: datetime.datetime) -> None:
        services.confirm(self.booking, by=by)

    def _miss(self, by: User, at: datetime.datetime) -> None:
        services.mark_no_show(self.booking, by=by)

    def _change_nights(self, by: User, at: datetime.datetime) -> None:
        nights = datetime.timedelta(days=int(self.row["nights"]))
        self.booking.departs_on = self.booking.arrives_on + nights
        services.change_booking(self.booking, by=by, reason=self.row["changed_because"])

    def _turn_over(self, by: User, at: datetime.datetime) -> None:
        chores.do(self.booking, Task.Kind.TURNOVER, by, at)

    def _check_in(self, by: User, at: datetime.datetime) -> None:
        with step_on(self.booking.property_id, by):
            task = chores.begin(self.booking, Task.Kind.CHECK_IN, by, at)
            services.check_in(self.booking, by=by, at=at)
            chores.finish(task, by, at)

    def _check_out(self, by: User, at: datetime.datetime) -> None:
        with step_on(self.booking.property_id, by):
            task = chores.begin(self.booking, Task.Kind.CHECK_OUT, by, at)
            services.check_out(self.booking, by=by, at=at)
            chores.finish(task, by, at)

    def _cancel(self, by: User, at: datetime.datetime) -> None:
        services.cancel_booking(self.booking, by=by, reason=self.row["reason"])

    def _event(self, day: int, step: Step, hours: Hours = OFFICE) -> Event:
        person = self.duty.on_duty(self.zip_code, day, self.key)
        return Event(self.diary.on(day, hours), person, step)
