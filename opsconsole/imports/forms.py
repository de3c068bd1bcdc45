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

from opsconsole.imports.cells import unguarded
from opsconsole.imports.dates import Order, OrderFound, order_of
from opsconsole.imports.mapping import LONGEST_VALUE, Mapping
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.reading import DELIMITERS, ENCODINGS, Chosen, Table
from opsconsole.imports.redacting import looks_secret
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


class UndoForm(forms.Form):
    """Why an import is undone."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Why you undo it. Kept in the history of each record.",
        error_messages={"required": "Say why the import is undone."},
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
    """A field of the resource on the mapping page: a column, or one value for every row.

    `order` asks about dates that could each be two. A secret column is shown without samples.
    """

    title: str
    required: bool
    column: forms.BoundField
    value: forms.BoundField
    samples: list[str]
    is_secret: bool
    order: forms.BoundField | None


class MappingForm(forms.Form):
    """For each field, the column it is read from or the value that every row gets; for dates that
    leave it open, whether the month or the day comes first."""

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
        self.orders = self._orders()
        for name, found in self.orders.items():
            order = resource.date_columns[name].order
            self.fields[order] = forms.ChoiceField(
                label=f"{resource.fields[name].title}: month or day first",
                choices=[("", "Choose"), *((order, found.example(order)) for order in Order)],
                required=False,
                initial=saved.constants.get(order, found.guess),
                widget=UnfoldAdminSelectWidget(),
            )

    def _orders(self) -> dict[str, OrderFound]:
        """What the dates say about their order, of the columns that leave it to a person."""
        sources = {name: self[f"column_{name}"].value() for name in self.resource.date_columns}
        texts = _texts_of(self.table, {*sources.values()} & {*self.table.header})
        found = {
            name: order_of(texts.get(column) or [self[f"value_{name}"].value() or ""])
            for name, column in sources.items()
        }
        return {name: orders for name, orders in found.items() if orders.must_ask}

    def rows(self) -> list[FieldRow]:
        """The fields as the page lists them, with values of the file for those with a column."""
        given = {name for name in self.resource.fields if self._is_given(name)}
        needed = set(self.resource.required(given))
        return [self._row(name, required=name in needed) for name in self.resource.fields]

    def _is_given(self, name: str) -> bool:
        return bool(self[f"column_{name}"].value() or self[f"value_{name}"].value())

    def _row(self, name: str, *, required: bool) -> FieldRow:
        column = self[f"column_{name}"]
        chosen = column.value()
        is_secret = looks_secret(chosen or "")
        is_shown = chosen in self.table.header and not is_secret
        samples = self.table.samples(chosen) if is_shown else []
        about = self.resource.fields[name]
        order = self[self.resource.date_columns[name].order] if name in self.orders else None
        value = self[f"value_{name}"]
        return FieldRow(about.title, required, column, value, samples, is_secret, order)

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
        return {**cleaned, "mapping": Mapping(columns, constants | self._chosen(cleaned))}

    def _chosen(self, cleaned: dict[str, Any]) -> dict[str, str]:
        """The orders that a person chose; a column of dates that leaves it open needs one."""
        chosen = {}
        for name, found in self.orders.items():
            order = self.resource.date_columns[name].order
            if answer := cleaned.get(order):
                chosen[order] = answer
            elif order not in self.errors:
                self.add_error(order, found.question)
        return chosen


def _texts_of(table: Table, columns: set[str]) -> dict[str, set[str]]:
    """The different texts of these columns."""
    places = [(column, table.header.index(column)) for column in columns]
    texts: dict[str, set[str]] = {column: set() for column in columns}
    for line in table if places else ():
        for column, at in places:
            texts[column].add(unguarded(line.cells[at].strip()))
    return texts
