"""Days in forms."""

from __future__ import annotations

import datetime

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from unfold.widgets import INPUT_CLASSES

FIRST_DAY, LAST_DAY = datetime.date(2000, 1, 1), datetime.date(2199, 12, 31)


class DayInput(forms.DateInput):
    """The browser's own calendar, in unfold's clothes."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


def day_field(label: str, *, required: bool = False, help_text: str = "") -> forms.DateField:
    """A date that no calendar fails at."""
    sentence = "Choose a day between 2000 and 2199."
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=DayInput(),
        validators=[
            MinValueValidator(FIRST_DAY, sentence),
            MaxValueValidator(LAST_DAY, sentence),
        ],
    )
