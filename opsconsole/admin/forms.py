"""The form of every page: it asks why, and takes a refusal of the database as an error."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from opsconsole.admin.freshness import FreshForm


class Question(str):
    """A refusal that asks for the reason: it is shown where the answer goes."""


class ConsoleForm(FreshForm):
    """A form whose errors may come from the database too, with nothing that was typed lost."""

    refusal: str | None = None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal:
            is_asked = isinstance(self.refusal, Question) and "change_reason" in self.fields
            self.add_error("change_reason" if is_asked else None, str(self.refusal))
        return cleaned


class ReasonForm(ConsoleForm):
    """The form of a record whose history is kept: says why, for those who review it.

    `needed_for` says when that has to be, in a sentence.
    """

    needed_for = ""
    change_reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why you change this. Kept in the history.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.needed_for and (reason := self.fields.get("change_reason")):
            reason.help_text = f"{reason.help_text} {self.needed_for}"
