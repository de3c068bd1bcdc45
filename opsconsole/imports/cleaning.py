"""From the texts of a row to clean values and problems, before any look at the database.

Runs once for each of up to 200,000 rows: what was made of a text is remembered for each column,
and a row is a light object rather than a model instance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opsconsole.access.people import Person
from opsconsole.imports.cells import unguarded
from opsconsole.imports.mapping import Mapping
from opsconsole.imports.problems import Level, Remark, Unacceptable, problem
from opsconsole.imports.reading import Line, Table
from opsconsole.imports.resource import CLEAR, Column, ImportResource, jsonable

ABSENT = object()
Cleaned = tuple[Any, tuple[dict[str, Any], ...]]


class Draft:
    """A row on its way in: its texts by field, and what was made of them.

    `given` is what the row says, by database column; `if_new` what applies only should the row
    turn out to be new, as `problems_if_new` do.
    """

    __slots__ = ("given", "if_new", "line", "mapping", "problems", "problems_if_new", "texts")

    def __init__(self, line: int, texts: dict[str, str], mapping: Mapping) -> None:
        self.line, self.texts, self.mapping = line, texts, mapping
        self.given: dict[str, Any] = {}
        self.if_new: dict[str, Any] = {}
        self.problems: list[dict[str, Any]] = []
        self.problems_if_new: list[dict[str, Any]] = []

    def refuse(self, field: str, code: str, sentence: str) -> None:
        """The row can't be imported."""
        self.problems.append(self._problem(Level.ERROR, field, code, sentence))

    def remark(self, field: str, remark: Remark) -> None:
        """The row is imported, and this is said about it."""
        self.problems.append(self._problem(remark.level, field, remark.code, remark.sentence))

    def remark_if_new(self, level: Level, field: str, code: str, sentence: str) -> None:
        """As `remark` or `refuse`, should the row be new."""
        self.problems_if_new.append(self._problem(level, field, code, sentence))

    def is_refused(self, field: str) -> bool:
        """Whether an error was found in this field."""
        return any(p["field"] == field and p["level"] == Level.ERROR for p in self.problems)

    def _problem(self, level: Level, field: str, code: str, sentence: str) -> dict[str, Any]:
        column, value = self.mapping.column_of(field), self.texts.get(field, "")
        return problem(level, field, code, sentence, column, value)


class Cleaner:
    """Cleans the rows of one file, for one person."""

    def __init__(
        self, resource: ImportResource, table: Table, mapping: Mapping, person: Person
    ) -> None:
        self.resource, self.table, self.mapping = resource, table, mapping
        places = {to: table.header.index(column) for column, to in mapping.columns.items()}
        self.places = list(places.items())
        self.columns: list[tuple[str, Column, str, dict[Any, Cleaned]]] = [
            (name, column, resource.stored_as(name), {})
            for name, column in resource.fields.items()
            if name in mapping.fields
        ]
        self.required = [
            (name, resource.stored_as(name))
            for name, column in resource.fields.items()
            if column.required and name in mapping.fields
        ]
        resource.load(self._texts_by_field(), person)

    def drafts(self) -> Iterator[Draft]:
        """All rows of the file, cleaned."""
        for line in self.table.rows:
            yield self.draft(line)

    def draft(self, line: Line) -> Draft:
        """One row, cleaned."""
        cells = line.cells
        texts = {name: unguarded(cells[at].strip()) for name, at in self.places}
        row = Draft(line.number, texts | self.mapping.constants, self.mapping)
        for name, column, stored_as, known in self.columns:
            if text := row.texts[name]:
                value, problems = self._cell(name, column, text, row.texts, known)
                if value is not ABSENT:
                    row.given[stored_as] = value
                if problems:
                    row.problems.extend(problems)
        if len(cells) > len(self.table.header):
            self._refuse_extra_cells(row, cells)
        self.resource.complete(row)
        self._require(row)
        return row

    def _cell(
        self, name: str, column: Column, text: str, texts: dict[str, str], known: dict[Any, Cleaned]
    ) -> Cleaned:
        key: Any = text
        if column.reads:
            key = (text, *[texts.get(other) for other in column.reads])
        cleaned = known.get(key)
        if cleaned is None:
            cleaned = known[key] = self._read(name, column, text, texts)
        return cleaned

    def _read(self, name: str, column: Column, text: str, texts: dict[str, str]) -> Cleaned:
        remarks: list[Remark] = []
        value: Any = ABSENT
        try:
            if text.casefold() == CLEAR:
                value = self._clear(name, column)
            else:
                value = jsonable(column.widget.clean(text, row=texts, remarks=remarks))
        except ValueError as error:
            code = error.code if isinstance(error, Unacceptable) else "invalid"
            remarks.append(Remark(Level.ERROR, code, str(error)))
        if not remarks:
            return value, ()
        at = self.mapping.column_of(name)
        return value, tuple(problem(r.level, name, r.code, r.sentence, at, text) for r in remarks)

    def _clear(self, name: str, column: Column) -> Any:
        try:
            return self.resource.cleared(name)
        except ValueError:
            raise Unacceptable("not_clearable", f"{column.title} can't be empty.") from None

    def _refuse_extra_cells(self, row: Draft, cells: list[str]) -> None:
        width = len(self.table.header)
        extra = [cell for cell in cells[width:] if cell.strip()]
        if extra:
            sentence = f"This row has {len(cells)} cells, and the file has {width} columns."
            row.problems.append(
                problem(Level.ERROR, "", "extra_cells", sentence, value=", ".join(extra))
            )

    def _require(self, row: Draft) -> None:
        """A new record needs every required field; for a known one, blank leaves it as it is."""
        for name, stored_as in self.required:
            if stored_as in row.given or row.is_refused(name):
                continue
            title = self.resource.fields[name].title
            if name == self.resource.key_field:
                row.refuse(name, "blank", f"{title} is blank: each row needs one.")
            else:
                sentence = f"{title} is blank, and a new {self.resource.one} needs it."
                row.remark_if_new(Level.ERROR, name, "blank", sentence)

    def _texts_by_field(self) -> dict[str, set[str]]:
        """The different texts of each field: what the file refers to."""
        constants = {name: {text} for name, text in self.mapping.constants.items()}
        return constants | {
            name: {unguarded(row.cells[at].strip()) for row in self.table.rows} - {""}
            for name, at in self.places
        }
