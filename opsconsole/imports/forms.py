"""The forms of the import pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from opsconsole.imports.mapping import LONGEST_VALUE, Mapping
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.reading import DELIMITERS, ENCODINGS, Chosen, Table
from opsconsole.imports.resource import ImportResource


class UploadForm(forms.Form):
    """One file."""

    file = forms.FileField(
        label="CSV file",
        error_messages={
            "required": "Choose a file first.",
            "empty": "This file is empty: choose one with a line of column names and rows.",
        },
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv", "class": "w-full"}),
    )


class ReadingForm(forms.Form):
    """How a file is read, where the guess was wrong."""

    header_row = forms.IntegerField(
        label="Line with the column names",
        min_value=1,
        max_value=2**31 - 1,
        error_messages={
            "required": "Write the number of the line with the column names.",
            "invalid": "Write the number of the line with the column names.",
        },
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    delimiter = forms.ChoiceField(
        label="Between the cells",
        choices=list(DELIMITERS.items()),
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )
    encoding = forms.ChoiceField(
        label="Encoding",
        choices=list(ENCODINGS.items()),
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, batch: ImportBatch, data: Any = None) -> None:
        now = {name: getattr(batch, name) for name in ("header_row", "delimiter", "encoding")}
        super().__init__(data, initial=now)

    @property
    def chosen(self) -> Chosen:
        """What the person said; nothing said is guessed."""
        said = self.cleaned_data
        return Chosen(said["header_row"], said["encoding"] or None, said["delimiter"] or None)


@dataclass(frozen=True)
class FieldRow:
    """A field of the resource on the mapping page: a column, or one value for every row."""

    title: str
    required: bool
    column: forms.BoundField
    value: forms.BoundField
    samples: list[str]


class MappingForm(forms.Form):
    """For each field, the column it is read from or the value that every row gets."""

    def __init__(
        self, resource: ImportResource, batch: ImportBatch, table: Table, data: Any = None
    ) -> None:
        super().__init__(data)
        self.resource, self.table = resource, table
        saved = Mapping(batch.mapping, batch.constants)
        columns = [("", "Not in the file"), *((name, name) for name in table.header)]
        for name, column in resource.fields.items():
            self.fields[f"column_{name}"] = forms.ChoiceField(
                label=f"{column.title}: column",
                choices=columns,
                required=False,
                initial=saved.column_of(name),
                widget=UnfoldAdminSelectWidget(),
            )
            self.fields[f"value_{name}"] = forms.CharField(
                label=f"{column.title}: one value for every row",
                required=False,
                initial=saved.constants.get(name, ""),
                max_length=LONGEST_VALUE,
                widget=UnfoldAdminTextInputWidget(),
            )

    def rows(self) -> list[FieldRow]:
        """The fields as the page lists them, with values of the file for those with a column."""
        return [self._row(name) for name in self.resource.fields]

    def _row(self, name: str) -> FieldRow:
        column = self[f"column_{name}"]
        chosen = column.value()
        samples = self.table.samples(chosen) if chosen in self.table.header else []
        about = self.resource.fields[name]
        return FieldRow(about.title, about.required, column, self[f"value_{name}"], samples)

    def clean(self) -> dict[str, Any]:
        """Put the mapping together; a column serves one field."""
        cleaned = super().clean() or {}
        columns: dict[str, str] = {}
        constants: dict[str, str] = {}
        for name in self.resource.fields:
            chosen = cleaned.get(f"column_{name}")
            if chosen in columns:
                other = self.resource.fields[columns[chosen]].title
                self.add_error(f"column_{name}", f"This column is taken for {other} already.")
            elif chosen:
                columns[chosen] = name
            if value := cleaned.get(f"value_{name}"):
                constants[name] = value
        return {**cleaned, "mapping": Mapping(columns, constants)}
