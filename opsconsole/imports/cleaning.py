"""From the texts of a row to clean values and problems, before any look at the database.

Runs once for each of up to 200,000 rows: what was made of a text is remembered for each column,
and a row is a light object rather than a model instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from opsconsole.access.people import Person
from opsconsole.imports.cells import unguarded
from opsconsole.imports.mapping import Mapping
from opsconsole.imports.problems import Level, Remark, Unacceptable, problem
from opsconsole.imports.progress import counted
from opsconsole.imports.reading import Line, Table
from opsconsole.imports.redacting import is_left_out
from opsconsole.imports.resource import CLEAR, Column, ImportResource, jsonable

ABSENT = object()
REMEMBERED = 4_000  # texts of a column: a long file must not fill the memory
Cleaned = tuple[Any, tuple[dict[str, Any], ...]]
BLANK: Cleaned = (ABSENT, ())


class Draft:
    """A row on its way in: its cells, and what was made of them.

    `given` is what the row says, by database column, None where it empties the column; `if_new`
    what applies only should the row turn out to be new, as `problems_if_new` do.
    """

    __slots__ = ("_cleaner", "cells", "given", "if_new", "line", "problems", "problems_if_new")

    def __init__(self, line: Line, cleaner: Cleaner) -> None:
        self.line, self.cells = line
        self._cleaner = cleaner
        self.given: dict[str, Any] = cleaner.same_for_all.copy()
        self.if_new: dict[str, Any] = {}
        self.problems: list[dict[str, Any]] = []
        self.problems_if_new: list[dict[str, Any]] = []

    def text(self, field: str) -> str:
        """What the file, or one value for every row, says of a field."""
        return self._cleaner.text_of(field, self.cells)

    def is_mapped(self, field: str) -> bool:
        """Whether the import speaks of the field at all."""
        return field in self._cleaner.mapping.fields

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
        column = self._cleaner.mapping.column_of(field)
        return problem(level, field, code, sentence, column, self.text(field))


class Place:
    """Where a field comes from, and what was made of its texts so far.

    Texts that repeat are read once. A column in which hardly any does, such as a reference, is not
    remembered at all.
    """

    __slots__ = ("also_at", "at", "known", "read", "rows", "stored_as")

    def __init__(
        self, at: int, also_at: tuple[int, ...], stored_as: str, read: Callable[..., Cleaned]
    ) -> None:
        self.at, self.also_at, self.stored_as, self.read = at, also_at, stored_as, read
        self.known: dict[Any, Cleaned] | None = {}
        self.rows = 0  # of the file, when its memory was last empty

    def cleaned(self, cells: list[str], row: int) -> Cleaned:
        """What the row says of the field, read anew and remembered."""
        cleaned = self.read(cells)
        if self.known is not None:
            if len(self.known) >= REMEMBERED:
                self.known = {} if row - self.rows > 2 * REMEMBERED else None
                self.rows = row
            else:
                self.known[self.key(cells)] = cleaned
        return cleaned

    def key(self, cells: list[str]) -> Any:
        """What the reading of a row depends on."""
        text = cells[self.at] if self.at >= 0 else ""
        return (text, *[cells[at] for at in self.also_at]) if self.also_at else text


class Cleaner:
    """Cleans the rows of one file, for one person."""

    def __init__(
        self, resource: ImportResource, table: Table, mapping: Mapping, person: Person
    ) -> None:
        self.resource, self.table, self.mapping = resource, table, mapping
        self.width, self.rows = len(table.header), 0
        self.at = {to: table.header.index(column) for column, to in mapping.columns.items()}
        resource.load(self._texts_looked_up(), person)
        self.same_for_all: dict[str, Any] = {}
        self.problems_of_all: list[dict[str, Any]] = []
        self.places = list(self._places())
        self.required = [
            (name, resource.stored_as(name))
            for name, column in resource.fields.items()
            if column.required and name in mapping.fields
        ]

    def __iter__(self) -> Iterator[Draft]:
        """All rows of the file, cleaned."""
        return map(self.draft, counted("Reading the rows", self.table))

    def draft(self, line: Line) -> Draft:
        """One row, cleaned."""
        row = Draft(line, self)
        cells, given = line.cells, row.given
        self.rows += 1
        if self.problems_of_all:
            row.problems.extend(self.problems_of_all)
        for place in self.places:
            at = place.at
            if at >= 0 and not cells[at]:
                continue
            cleaned = None
            if (known := place.known) is not None:
                cleaned = known.get(place.key(cells) if place.also_at else cells[at])
            value, problems = cleaned or place.cleaned(cells, self.rows)
            if value is not ABSENT:
                given[place.stored_as] = value
            if problems:
                row.problems.extend(problems)
        if len(cells) > self.width:
            self._refuse_extra_cells(row, cells)
        self.resource.complete(row)
        self._require(row)
        return row

    def text_of(self, field: str, cells: list[str]) -> str:
        """The text of a field in a row; empty where the import does not speak of it."""
        at = self.at.get(field)
        if at is None:
            return self.mapping.constants.get(field, "")
        return _said(cells[at])

    def _places(self) -> Iterator[Place]:
        """The fields that differ from row to row; the others are read once, here."""
        for name, column in self.resource.fields.items():
            if name not in self.mapping.fields:
                continue
            also_at = tuple(self.at[other] for other in column.reads if other in self.at)
            read, stored_as = self._reader(name, column), self.resource.stored_as(name)
            if name in self.at or also_at:
                yield Place(self.at.get(name, -1), also_at, stored_as, read)
                continue
            value, problems = read([])
            if value is not ABSENT:
                self.same_for_all[stored_as] = value
            self.problems_of_all.extend(problems)

    def _reader(self, name: str, column: Column) -> Callable[[list[str]], Cleaned]:
        """The function that reads this field from the cells of a row."""
        at, constant = self.at.get(name), self.mapping.constants.get(name, "")
        clean, others = column.widget.clean, column.reads

        def read(cells: list[str]) -> Cleaned:
            text = constant if at is None else _said(cells[at])
            if not text:
                return BLANK
            remarks: list[Remark] = []
            value: Any = ABSENT
            try:
                if text[0] == "(" and text.casefold() == CLEAR:
                    value = self._clear(name, column)
                else:
                    row = {other: self.text_of(other, cells) for other in others} if others else {}
                    value = jsonable(clean(text, row, remarks))
            except ValueError as error:
                code = error.code if isinstance(error, Unacceptable) else "invalid"
                remarks.append(Remark(Level.ERROR, code, str(error)))
            return value, self._told(name, text, remarks) if remarks else ()

        return read

    def _told(self, name: str, text: str, remarks: list[Remark]) -> tuple[dict[str, Any], ...]:
        at = self.mapping.column_of(name)
        return tuple(problem(r.level, name, r.code, r.sentence, at, text) for r in remarks)

    def _clear(self, name: str, column: Column) -> Any:
        try:
            return self.resource.cleared(name)
        except ValueError:
            raise Unacceptable("not_clearable", f"{column.title} can't be empty.") from None

    def _refuse_extra_cells(self, row: Draft, cells: list[str]) -> None:
        extra = [cell for cell in cells[self.width :] if cell.strip()]
        if extra:
            sentence = f"This row has {len(cells)} cells, and the file has {self.width} columns."
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

    def _texts_looked_up(self) -> dict[str, set[str]]:
        """The different texts of the fields that are looked up for the whole file at once."""
        fields = self.resource.fields
        names = [
            name
            for name in self.mapping.fields
            if name in fields and fields[name].widget.looks_ahead
        ]
        raw: dict[str, set[str]] = {name: set() for name in names if name in self.at}
        places = [(self.at[name], texts) for name, texts in raw.items()]
        if places:
            for _, cells in self.table:
                for at, texts in places:
                    texts.add(cells[at])
        found = {name: {unguarded(text.strip()) for text in raw[name]} - {""} for name in raw}
        return found | {
            name: {text} for name, text in self.mapping.constants.items() if name in names
        }


def _said(cell: str) -> str:
    """The text of a cell; where it only holds the place of a secret, nothing."""
    text = unguarded(cell.strip())
    return "" if is_left_out(text) else text
