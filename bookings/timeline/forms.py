"""What the address of the timeline is asked for, and the sentences for what can't be read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from bookings.models import AwayPlan
from bookings.timeline.asking import Asked
from bookings.timeline.windows import Unit, Window
from opsconsole.admin.choices import choice_field
from opsconsole.admin.days import day_field
from staffing.models import User

ROWS = (100, 250, 500)


class TimelineForm(forms.Form):
    """The filter of the timeline. What can't be read is told beside its box and left out."""

    field_order = ["from", "span", "q", "zip", "person", "status", "rows", "conflicts", "all"]

    span = choice_field(
        "Show",
        [(Unit.WEEKS, "Six weeks"), (Unit.MONTHS, "Three months")],
        "Choose weeks or months.",
    )
    q = forms.CharField(
        label="Home",
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "search"}),
        help_text="A part of its name, street or reference.",
    )
    zip = forms.CharField(
        label="ZIP code",
        max_length=5,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        validators=[
            RegexValidator(r"^[0-9]+$", "Write a ZIP code or how it begins, such as 06511 or 065.")
        ],
        help_text="Or how it begins.",
    )
    person = forms.ModelChoiceField(
        label="Who looks after it",
        queryset=User.objects.none(),
        required=False,
        empty_label="Anybody",
        widget=UnfoldAdminSelectWidget(),
        error_messages={"invalid_choice": "There is no such colleague: choose one of the list."},
    )
    status = choice_field(
        "Plans",
        [("", "All but refused ones"), *AwayPlan.Status.choices],
        "There is no such state: choose one of the list.",
    )
    rows = choice_field(
        "Homes on a page",
        [(str(number), str(number)) for number in ROWS],
        f"Choose {ROWS[0]}, {ROWS[1]} or {ROWS[2]} homes.",
    )
    conflicts = forms.BooleanField(
        label="Only homes with a conflict (!)",
        required=False,
        widget=UnfoldBooleanWidget(),
    )
    all = forms.BooleanField(
        label="Homes without anything in these days too",
        required=False,
        widget=UnfoldBooleanWidget(),
    )

    p = forms.IntegerField(
        min_value=1,
        required=False,
        error_messages={
            "invalid": "This is no number of a page: the first is shown.",
            "min_value": "Pages are counted from 1: the first is shown.",
        },
    )

    def __init__(self, viewer: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # `from` and `as` are words of Python's own.
        self.fields["as"] = choice_field(
            "As", [("table", "Table")], "Shown as a chart: as=table is all else."
        )
        start = day_field("From")
        start.error_messages["invalid"] = "Choose a day, such as 2026-11-03."
        self.fields["from"] = start
        self.order_fields(self.field_order)
        if viewer.sees_every_zip_code:
            self.fields["person"].queryset = (  # type: ignore[attr-defined]
                User.objects.visible_to(viewer)
                .filter(user_type=User.Type.STAFF, is_active=True)
                .order_by("full_name", "pk")
            )
        else:
            del self.fields["person"]  # who else has one's ZIP codes is the office's to know

    def asked(self, today: Any) -> Asked:
        """What is asked for; today's week where nothing can be read of it."""
        self.is_valid()
        read = self.cleaned_data
        unit = Unit(read.get("span") or Unit.WEEKS)
        return Asked(
            window=Window.around(unit, read.get("from") or today),
            zip_code=read.get("zip", ""),
            person=read.get("person"),
            status=read.get("status", ""),
            text=read.get("q", ""),
            all_homes=read.get("all", False),
            conflicts=read.get("conflicts", False),
            today=today,
        )

    @property
    def boxes(self) -> list[forms.BoundField]:
        """What one fills in; the rest is in links."""
        return [self[name] for name in self.field_order if name in self.fields]

    @property
    def homes_on_a_page(self) -> int:
        """How many rows a page has."""
        return int(self.cleaned_data.get("rows") or ROWS[0])
