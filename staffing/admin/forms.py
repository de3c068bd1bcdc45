"""The forms of the pages on which ZIP codes are assigned, ended and looked up."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    CHECKBOX_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from opsconsole.admin.days import day_field
from staffing.models import User, ZipAssignment, ZipCode
from staffing.pasted import zip_codes_in
from staffing.places import ORDERS
from staffing.previews import Wish

MOST_PAIRS = 5000
LONGEST_LIST = 20_000  # characters

VIEWS = {
    "people": "By person",
    "zip-codes": "By ZIP code",
    "map": "Map",
    "gaps": "Gaps",
    "uncovered": "Owner away, no staff",
    "overlaps": "Overlaps",
    "changes": "Upcoming changes",
}


def reason_field(what: str) -> forms.CharField:
    """Why: every change of who looks after what is explained to those who review it."""
    return forms.CharField(
        label="Reason",
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Kept in the history.",
        error_messages={"required": f"Say why {what}."},
    )


class CoverageForm(forms.Form):
    """What the coverage page is asked for in its address."""

    view = forms.ChoiceField(choices=VIEWS.items(), required=False, widget=forms.HiddenInput())
    q = forms.CharField(
        label="Name, ZIP code or city",
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "search"}),
    )
    as_of = day_field("As of (empty: today)")
    order = forms.ChoiceField(
        choices=[(order, order) for order in ORDERS], required=False, widget=forms.HiddenInput()
    )


class PersonBoxes(forms.ModelMultipleChoiceField):
    """Staff as boxes to tick."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        """The name; who has left is told apart."""
        return f"{obj}" if obj.is_active else f"{obj} (not active)"


class AssignForm(forms.Form):
    """Who is to look after which ZIP codes, and on what terms."""

    people = PersonBoxes(
        User.objects.none(),
        label="Who",
        error_messages={
            "required": "Choose at least one person.",
            "invalid_choice": "Somebody you chose is not staff any more: choose again.",
            "invalid_pk_value": "Somebody you chose is not staff any more: choose again.",
        },
    )
    zip_codes = forms.CharField(
        label="ZIP codes",
        max_length=LONGEST_LIST,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="Paste them as they are: 06510, 06511; one on a line; out of an email.",
    )
    duty = forms.ChoiceField(choices=ZipAssignment.Duty, widget=UnfoldAdminSelectWidget())
    covers_for = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        empty_label="Nobody in particular",
        help_text="For a temporary cover: whom it stands in for.",
        error_messages={"invalid_choice": "That person is not staff any more: choose again."},
    )
    starts_on = day_field("From", required=True)
    ends_on = day_field("Until", help_text="The first day it no longer holds. Empty: open.")
    note = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget())
    reason = reason_field("they are assigned")

    def __init__(self, viewer: User, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.known = ZipCode.objects.visible_to(viewer)
        staff = User.objects.visible_to(viewer).filter(user_type=User.Type.STAFF)
        fields: dict[str, Any] = self.fields
        fields["people"].queryset = staff.order_by("-is_active", "full_name", "pk")
        fields["people"].widget.attrs["class"] = " ".join(CHECKBOX_CLASSES)
        fields["covers_for"].queryset = staff.filter(is_active=True)

    def clean_zip_codes(self) -> list[ZipCode]:
        """The served ZIP codes of the text; what is none is named, each with its remedy."""
        zip_codes, problems = zip_codes_in(self.cleaned_data["zip_codes"], self.known)
        if not zip_codes and not problems:
            problems = ["There is no ZIP code in this text: write five digits, such as 06511."]
        if problems:
            raise forms.ValidationError(problems)
        return zip_codes

    def clean(self) -> dict[str, Any]:
        """The rules of one assignment, said before a preview is made."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("starts_on"), cleaned.get("ends_on")
        if start and end and end <= start:
            self.add_error("ends_on", "The assignment must end after the day it starts.")
        self._check_cover(cleaned)
        pairs = len(cleaned.get("people", ())) * len(cleaned.get("zip_codes", ()))
        if pairs > MOST_PAIRS:
            sentence = f"That is {pairs:,} assignments: {MOST_PAIRS:,} at once are the most."
            self.add_error(None, f"{sentence} Choose fewer people or ZIP codes.")
        return cleaned

    def _check_cover(self, cleaned: dict[str, Any]) -> None:
        is_cover = cleaned.get("duty") == ZipAssignment.Duty.COVER
        covers_for = cleaned.get("covers_for")
        if is_cover and "ends_on" in cleaned and cleaned["ends_on"] is None:
            self.add_error("ends_on", "A temporary cover needs an end: say until when.")
        if covers_for and not is_cover:
            self.add_error(
                "covers_for", "Only a temporary cover stands in for somebody: choose that duty."
            )
        if covers_for and covers_for in cleaned.get("people", ()):
            self.add_error("covers_for", f"{covers_for} can’t stand in for themselves.")

    def wish(self) -> Wish:
        """What the form asks for."""
        cleaned = {name: self.cleaned_data[name] for name in self.fields if name != "reason"}
        return Wish(**{**cleaned, "people": list(cleaned["people"])})


class EndForm(forms.Form):
    """From which day on, and why."""

    on = day_field(
        "Ends on", help_text="The first day it no longer holds. Empty: today, by its own clock."
    )
    reason = reason_field("they end")
