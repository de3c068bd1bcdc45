"""What stands on a timeline: a row for each home, with lanes of bars that say all in words."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import TextChoices

from bookings.models import AwayPlan, Booking, Property, Task
from bookings.timeline.conflicts import SIGNS, Flag, Note
from bookings.timeline.windows import Mark
from opsconsole.dates import say_date, say_dates

PLAN, STAY, TASK = "Away plan", "Booking", "Task"


@dataclass(frozen=True, slots=True)
class Bar:
    """A plan, a stay or a task: where its bar stands, how it looks, what it says.

    `about` is what else one wants to know of it: the guest, that there may be guests, what is to be
    done. `until` is the day of return, or the day on which a task is due.
    """

    kind: str
    link: str
    dates_at: str  # where the form has its dates
    look: str
    state: str
    about: str
    first: datetime.date
    until: datetime.date
    mark: Mark
    depth: int
    notes: Sequence[Note] = ()
    uncovered: Sequence[Mark] = ()

    @property
    def dates(self) -> str:
        """Its dates as staff say them."""
        if self.first == self.until:
            return say_date(self.until)
        return say_dates(self.first, self.until)

    @property
    def text(self) -> str:
        """What is written on it: a plan is known by its state, all else by what it is about."""
        words = [self.state, self.about] if self.kind == PLAN else [self.about, self.state]
        return " · ".join([*filter(None, words), self.dates])

    @property
    def flag(self) -> Flag | None:
        """How it is marked: by the worst of what there is to look at."""
        flags = {note.flag for note in self.notes}
        return next((flag for flag in SIGNS if flag in flags), None) if flags else None

    @property
    def sign(self) -> str:
        """The sign of the mark."""
        return SIGNS[self.flag] if self.flag else ""


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
    """A home: what today is there, who is missing, and its lanes, those without a bar left out."""

    home: Property
    link: str
    today: datetime.date
    today_at: int | None
    gaps: list[Note] = field(default_factory=list)  # in its cover, from today on
    lanes: list[Lane] = field(default_factory=list)

    @property
    def bars(self) -> list[Bar]:
        """All of it, for those who read a table."""
        return [bar for lane in self.lanes for bar in lane.bars]

    @property
    def has_conflict(self) -> bool:
        """Whether one of its bars can't stay as it is."""
        return any(bar.flag == "conflict" for bar in self.bars)


def _words(choices: type[TextChoices]) -> Mapping[str, str]:
    """The labels of statuses as plain text: thousands of bars say them."""
    return {str(value): str(label) for value, label in choices.choices}


PLAN_STATES, STAY_STATES = _words(AwayPlan.Status), _words(Booking.Status)
TASK_STATES, KINDS = _words(Task.Status), _words(Task.Kind)
