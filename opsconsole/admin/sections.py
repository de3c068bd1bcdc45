"""What folds out below a row of a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.admin.utils import display_for_field, label_for_field
from django.db.models import Model
from django.template.loader import render_to_string
from unfold.sections import BaseSection


class RowsBelow(BaseSection):
    """A small table of what belongs to the row; the list has fetched it beforehand.

    unfold's own section takes a millisecond a row, half of the time of a long list, whether or not
    anybody folds it out.
    """

    title: ClassVar[str]
    none: ClassVar[str]  # the sentence where there is nothing
    related_name: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]

    def render(self) -> str:
        """The table, or the sentence."""
        found = getattr(self.instance, self.related_name).all()
        context = {
            "title": self.title,
            "none": self.none,
            "headers": [label_for_field(name, found.model) for name in self.fields],
            "rows": [list(self._cells(row)) for row in found],
        }
        return render_to_string("console/rows_below.html", context)

    def _cells(self, row: Model) -> Iterator[Any]:
        for name in self.fields:
            field: Any = row._meta.get_field(name)
            yield display_for_field(getattr(row, name), field, "–")
