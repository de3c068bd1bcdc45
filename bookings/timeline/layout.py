"""The rows of a timeline: a home each, with lanes of bars that know where they stand."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.urls import reverse

from bookings.models import AwayPlan, Booking, Property
from bookings.timeline.asking import Asked
from bookings.timeline.conflicts import Note, misfits, overlaps, turnovers, uncovered
from bookings.timeline.finding import (
    SHOWN_PLANS,
    PlanDates,
    StayDates,
    plans_of,
    stays_of,
)
from bookings.timeline.windows import Mark, say_days
from opsconsole.dates import Span, say_dates
from staffing.models import User
from staffing.on_duty import covered_days

PLAN, STAY = "Away plan", "Booking"


@dataclass(frozen=True, slots=True)
class Bar:
    """A plan or a stay: where its bar stands, how it looks, what it says.

    `about` is what else one wants to know of it: the guest, or that there may be guests.
    """

    kind: str
    link: str
    dates_at: str  # where the form has its dates
    look: str
    state: str
    about: str
    first: datetime.date
    after: datetime.date
    mark: Mark
    depth: int
    notes: Sequence[Note] = ()
    uncovered: Sequence[Mark] = ()

    @property
    def dates(self) -> str:
        """Its dates as staff say them."""
        return say_dates(self.first, self.after)

    @property
    def text(self) -> str:
        """What is written on it: a stay is known by its guest, a plan by its state."""
        words = [self.about, self.state] if self.kind == STAY else [self.state, self.about]
        return " · ".join([*filter(None, words), self.dates])

    @property
    def flag(self) -> str:
        """How it is marked if there is something to look at."""
        if any(note.is_conflict for note in self.notes):
            return "conflict"
        return "hint" if self.notes else ""


@dataclass(frozen=True, slots=True)
class Lane:
    """Bars of one kind, in as many layers as it takes for none to cover another."""

    name: str
    bars: list[Bar]

    @property
    def layers(self) -> int:
        """How many bars lie one below the other where it is fullest."""
        return 1 + max(bar.depth for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Row:
    """A home: what today is there, and its lanes, those without a bar left out."""

    home: Property
    link: str
    today: datetime.date
    today_at: int | None
    lanes: list[Lane] = field(default_factory=list)

    @property
    def bars(self) -> list[Bar]:
        """All of it, for those who read a table."""
        return [bar for lane in self.lanes for bar in lane.bars]


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
    """The rows of these homes; stays for those whose role reads bookings."""
    ids, clocks = [home.pk for home in found], Clocks(at)
    plans = plans_of(ids, viewer, asked)
    stays = stays_of(ids, viewer, asked) if viewer.has_perm("bookings.view_booking") else {}
    zip_codes = {home.zip_code_id for home in found if home.zip_code.is_served}
    held = covered_days(zip_codes, (asked.window.start, asked.window.end), viewer)
    painter = _Painter(asked)
    return [
        painter.row(
            home,
            clocks.today_in(home.timezone),
            plans.get(home.pk, []),
            stays.get(home.pk, []),
            held.get(home.zip_code_id, []),
        )
        for home in found
    ]


class _Painter:
    """Places plans and stays in the window; the addresses are worked out once, not for each bar."""

    def __init__(self, asked: Asked) -> None:
        self.window, self.asked = asked.window, asked
        self.home, self.plan, self.stay = (
            reverse(f"admin:bookings_{name}_change", args=[0]).replace("/0/", "/{}/")
            for name in ("property", "awayplan", "booking")
        )

    def row(
        self,
        home: Property,
        today: datetime.date,
        plans: list[PlanDates],
        stays: list[StayDates],
        held: list[Span],
    ) -> Row:
        """A home with its lanes. What else is to be shown of a home becomes a lane of its own."""
        lanes = [
            Lane("Away plans", self._plans(home, today, plans, held)),
            Lane("Bookings", self._stays(stays, today)),
        ]
        return Row(
            home=home,
            link=self.home.format(home.pk),
            today=today,
            today_at=self.window.place_of(today),
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
            is_served = home.zip_code.is_served
            gaps = uncovered(plan, held, today, self.window.end) if is_served else []
            alone = [
                Note("Nobody there", f"Nobody looks after {home.zip_code.code} {say_days(*gap)}.")
                for gap in gaps
            ]
            bars.append(
                Bar(
                    kind=PLAN,
                    link=self.plan.format(plan.pk),
                    dates_at="id_starts_on",
                    look=self._look(plan.status, plan.starts_on, plan.ends_on),
                    state=PLAN_STATES[plan.status],
                    about="hosting" if plan.hosting_allowed else "",
                    first=plan.starts_on,
                    after=plan.ends_on,
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
                    after=stay.departs_on,
                    mark=mark,
                    depth=layers.place(mark),
                    notes=[*unfit.get(stay.pk, ()), *tight.get(stay.pk, ())],
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


def _words(choices: type[TextChoices]) -> Mapping[str, str]:
    """The labels of statuses as plain text: thousands of bars say them."""
    return {str(value): str(label) for value, label in choices.choices}


PLAN_STATES, STAY_STATES = _words(AwayPlan.Status), _words(Booking.Status)
