"""The form of every page: it asks why, and takes a refusal of the database as an error."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from opsconsole.admin.freshness import FreshForm


class ConsoleForm(FreshForm):
    """A form whose errors may come from the database too, with nothing that was typed lost."""

    refusal: str | None = None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal:
            raise forms.ValidationError(self.refusal)
        return cleaned


class ReasonForm(ConsoleForm):
    """The form of a record whose history is kept: says why, for those who review it."""

    change_reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why you change this. Kept in the history.",
    )
