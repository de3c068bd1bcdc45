"""The forms of a home's codes. What is typed for a code is never sent back."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bookings.models import AccessSecret
from opsconsole.admin.days import day_field

LONGEST = 128


class NeverShown(UnfoldAdminTextInputWidget):
    """A box to type in, which is empty whenever a page is shown."""

    def format_value(self, value: Any) -> None:
        """Nothing, whatever was typed."""


class CodeForm(forms.ModelForm):
    """A code of a home: a new one, or one that is there, whose code stays if none is typed."""

    valid_from = day_field("First day", required=True, help_text="By the clock of the home.")
    valid_to = day_field(
        "Last day", help_text="Empty while it is in use. After it, nobody sees it."
    )
    code = forms.CharField(
        max_length=LONGEST,
        required=False,
        widget=NeverShown(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Why you change this. Kept in the history: never the code itself.",
    )

    field_order = ["kind", "label", "code", "valid_from", "valid_to", "reason"]

    class Meta:
        model = AccessSecret
        fields = ["kind", "label", "valid_from", "valid_to"]
        widgets = {"kind": UnfoldAdminSelectWidget, "label": UnfoldAdminTextInputWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        self.fields["code"].required = is_new
        self.fields["code"].help_text = (
            "Encrypted when you save, and not shown here again."
            if is_new
            else "Leave it empty to keep the code as it is. It is not shown here."
        )


class WhyForm(forms.Form):
    """Why somebody who comes for no task needs a code."""

    reason = forms.CharField(
        label="Why do you need it?",
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Kept in the log of codes, with your name, for auditors.",
        error_messages={"required": "Say why you need the code."},
    )
