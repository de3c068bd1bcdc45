"""Choices in forms that are asked by an address."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget


def choice_field(label: str, choices: Iterable[tuple[str, str]], no: str) -> forms.ChoiceField:
    """A box to choose from, or to leave alone; `no` is said of what is none of the choices."""
    return forms.ChoiceField(
        label=label,
        choices=list(choices),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        error_messages={"invalid_choice": no},
    )
