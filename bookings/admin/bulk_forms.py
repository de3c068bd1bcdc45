"""What may be changed on many homes, or many tasks, at once: whatever is empty stays as it is."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from bookings.models import Property, Task
from opsconsole.admin.days import day_field
from opsconsole.database.refusals import Refused

AS_IT_IS = "Leave as it is"
CENT = Decimal("0.01")
LOWEST, HIGHEST = -90, 300  # percent


class BulkChanges(forms.Form):
    """A form of which every field but the reason can be left as it is."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Why you change them. Kept in the history of each.",
        error_messages={"required": "Say why you change them."},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        asked = [name for name in self.fields if name != "reason" and self[name].data]
        if not asked:
            raise forms.ValidationError("Choose at least one thing to change.")
        return cleaned

    def values_for(self, record: Any) -> dict[str, Any]:
        """What the fields of a record would be; Refused where that can't be told."""
        raise NotImplementedError

    def given(self, *names: str) -> dict[str, Any]:
        """The fields that are set to the same value on every record."""
        sent = self.cleaned_data
        return {name: sent[name] for name in names if sent.get(name) not in (None, "")}


class TimeInput(forms.TimeInput):
    """The browser's own clock, in unfold's clothes."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)}, format="%H:%M")


def _choice(label: str, choices: Iterable[tuple[Any, Any]]) -> Any:
    widget = UnfoldAdminSelectWidget()
    options = [("", AS_IT_IS), *choices]
    return forms.ChoiceField(label=label, choices=options, required=False, widget=widget)


def _clock(label: str) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=TimeInput(), help_text=EMPTY)


EMPTY = f"Empty: {AS_IT_IS.lower()}."


class HomeChanges(BulkChanges):
    """What managers change on many homes."""

    nightly_rate = forms.DecimalField(
        label="Nightly rate",
        required=False,
        max_digits=8,
        decimal_places=2,
        validators=[MinValueValidator(0)],
        widget=UnfoldAdminDecimalFieldWidget(),
        help_text=f"US dollars for a night, the same for all. {EMPTY}",
    )
    rate_by = forms.DecimalField(
        label="Rate up or down, in percent",
        required=False,
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(LOWEST), MaxValueValidator(HIGHEST)],
        widget=UnfoldAdminDecimalFieldWidget(),
        help_text=f"5 raises each rate by 5%, -5 lowers it. To whole cents. {EMPTY}",
    )
    max_guests = forms.IntegerField(
        label="Guests at most",
        required=False,
        validators=[MinValueValidator(1)],
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=EMPTY,
    )
    check_in_from = _clock("Check-in from")
    check_out_until = _clock("Check-out until")
    property_type = _choice("Type", Property.Type.choices)
    lifecycle = _choice("State", Property.Lifecycle.choices)
    more_amenities = forms.CharField(
        label="Amenities to add",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=f"One on a line. What a home has already is not added again. {EMPTY}",
    )
    field_order = [
        "nightly_rate", "rate_by", "max_guests", "property_type", "check_in_from",
        "check_out_until", "lifecycle", "more_amenities", "reason",
    ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("nightly_rate") is not None and cleaned.get("rate_by") is not None:
            self.add_error("rate_by", "Set the rate, or move it by percent: not both.")
        return cleaned

    def values_for(self, record: Property) -> dict[str, Any]:
        values = self.given(
            "nightly_rate", "max_guests", "check_in_from", "check_out_until", "property_type",
            "lifecycle",
        )  # fmt: skip
        if (percent := self.cleaned_data.get("rate_by")) is not None:
            values["nightly_rate"] = _moved(record.nightly_rate, percent)
        if more := self.cleaned_data.get("more_amenities"):
            values["amenities"] = _with_more(record.amenities, more)
        return values


class TaskChanges(BulkChanges):
    """What managers change on many tasks."""

    priority = _choice("Priority", Task.Priority.choices)
    due_on = day_field("Due on", help_text=f"Of tasks that were added by hand. {EMPTY}")
    more_notes = forms.CharField(
        label="Add to the notes",
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=f"Below what stands there. {EMPTY}",
    )
    field_order = ["priority", "due_on", "more_notes", "reason"]

    def values_for(self, record: Task) -> dict[str, Any]:
        values = self.given("due_on")
        if record.is_generated and _is_otherwise(values.get("due_on"), record.due_on):
            raise Refused("Its days follow from its plan or booking: change those instead.")
        if priority := self.cleaned_data.get("priority"):
            values["priority"] = int(priority)
        if more := self.cleaned_data.get("more_notes"):
            values["notes"] = "\n".join(filter(None, (record.notes.rstrip(), more.strip())))
        return values


def _is_otherwise(day: datetime.date | None, now: datetime.date) -> bool:
    return day is not None and day != now


def _moved(rate: Decimal | None, percent: Decimal) -> Decimal:
    if rate is None:
        raise Refused("It has no rate that could be raised or lowered.")
    return (rate * (100 + percent) / 100).quantize(CENT, ROUND_HALF_UP)


def _with_more(amenities: str, more: str) -> str:
    """The amenities with those added that are not among them, whatever their capitals."""
    has = {part.strip().casefold() for line in amenities.splitlines() for part in line.split(",")}
    new = dict.fromkeys(line.strip() for line in more.splitlines() if line.strip())
    added = [line for line in new if line.casefold() not in has]
    between = ", " if "," in amenities and "\n" not in amenities else "\n"
    return between.join([*filter(None, [amenities.rstrip()]), *added]) if added else amenities
