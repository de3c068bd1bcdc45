"""The form of the export page."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import CHECKBOX_CLASSES

from opsconsole.imports.resource import ImportResource


class ColumnsForm(forms.Form):
    """Which columns the file gets: all of them to begin with."""

    columns = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple(attrs={"class": " ".join(CHECKBOX_CLASSES)}),
        error_messages={
            "required": "Choose at least one column.",
            "invalid_choice": "There is no column %(value)s: choose from those below.",
        },
    )

    def __init__(self, resource: ImportResource, data: Any = None) -> None:
        super().__init__(data, initial={"columns": list(resource.stored)})
        fields: dict[str, Any] = self.fields
        fields["columns"].choices = [
            (name, column.title) for name, column in resource.stored.items()
        ]

    def clean_columns(self) -> list[str]:
        """In the order of the resource, whatever that of the request."""
        sent = set(self.cleaned_data["columns"])
        return [name for name, _ in self.fields["columns"].choices if name in sent]  # type: ignore[attr-defined]
