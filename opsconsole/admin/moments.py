"""A moment in a form: a date and a time by the clock of a home."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from unfold.widgets import INPUT_CLASSES

from opsconsole.admin.days import FIRST_DAY

HOW = "Write a date and a time, such as 2026-06-03T14:15."
TO_COME = "That is still to come: choose a moment up to now."
LONG_AGO = f"Choose a moment from {FIRST_DAY.year} on: nothing was kept before."


class MomentInput(forms.DateTimeInput):
    """The browser's own calendar and clock, in unfold's clothes."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES), "step": "1"})


class MomentField(forms.Field):
    """A moment that is over; without an offset it is by the given clock.

    A time that a clock shows twice, when summer ends, is the first of the two; a link from a
    change says its offset.
    """

    widget = MomentInput

    def __init__(self, clock: datetime.tzinfo, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clock = clock

    def to_python(self, value: Any) -> datetime.datetime | None:
        """The moment, by the clock of the home."""
        if value in self.empty_values:
            return None
        try:
            moment = datetime.datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise ValidationError(HOW) from error
        if moment.year < FIRST_DAY.year:
            raise ValidationError(LONG_AGO)
        if moment.year > timezone.now().year + 1:
            raise ValidationError(TO_COME)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=self.clock)
        if moment > timezone.now():
            raise ValidationError(TO_COME)
        return moment.astimezone(self.clock)


class AskMoment(forms.Form):
    """As of when to show a record."""

    def __init__(self, clock: datetime.tzinfo, data: Any) -> None:
        super().__init__(data)
        self.fields["at"] = MomentField(clock, label="As of", required=False)
