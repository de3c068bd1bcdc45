"""From the texts of a row to clean values and problems, before any look at the database.

Runs for up to 200,000 rows. So a file is read column by column, some rows at a time: a text that
repeats in its column is read once, and a row is a light object rather than a model instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as AbstractMapping
from functools import partial
from itertools import batched
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
AT_ONCE = 500  # rows
REMEMBERED = 4_000  # texts of a column: a long file must not fill the memory
Problems = list[dict[str, Any]]
Cleaned = tuple[Any, Problems]
NOTHING: Problems = []
NO_OTHERS: AbstractMapping[str, str] = {}
EXAMPLE_ROW = Remark(
    Level.WARNING, "example", "This is an example row of the template: replace it, or leave it out."
)


class Draft:
    """A row on its way in: its cells, and what was made of them.

    `given` is what the row says, by database column, None where it empties the column; `if_new`
    what applies only should the row turn out to be new, as `problems_if_new` do. `as_written` are
    the texts, likewise, that were made something else: a record that has one of them keeps it.
    None there is for what has no text of its own, and was taken from that of another column.
    """

    __slots__ = (
        "_cleaner", "as_written", "cells", "given", "if_new", "line", "problems",
        "problems_if_new",
    )  # fmt: skip

    def __init__(
        self,
        cleaner: Cleaner,
        line: Line,
        given: dict[str, Any],
        problems: Problems,
        as_written: dict[str, str | None],
    ) -> None:
        self._cleaner = cleaner
        self.line, self.cells = line.number, line.cells
        self.given, self.problems, self.as_written = given, problems, as_written
        self.if_new: dict[str, Any] = {}
        self.problems_if_new: Problems = []

    def of_record(self, given: dict[str, Any], problems: Problems) -> Draft:
        """One of the records that a row names: a row of its own from here on."""
        line = Line(self.line, self.cells)
        return Draft(self._cleaner, line, given, problems, {})

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
        self.problems.append(self.noted(field, remark))

    def noted(self, field: str, remark: Remark) -> dict[str, Any]:
        """A remark as it is kept with a row."""
        return self._problem(remark.level, field, remark.code, remark.sentence)

    def remark_if_new(self, level: Level, field: str, code: str, sentence: str) -> None:
        """As `remark` or `refuse`, should the row be new."""
        self.problems_if_new.append(self._problem(level, field, code, sentence))

    def is_refused(self, field: str) -> bool:
        """Whether an error was found in this field."""
        return any(p["field"] == field and p["level"] == Level.ERROR for p in self.problems)

    def _problem(self, level: Level, field: str, code: str, sentence: str) -> dict[str, Any]:
        column = self._cleaner.mapping.column_of(field)
        return problem(level, field, code, sentence, column, self.text(field))


class Place(dict[Any, Any]):
    """Where a field comes from, and what was made of its texts so far: the value of each.

    A field whose reading looks at other fields too has the texts of all in place of its own.
    A column in which hardly any text repeats, such as a reference, is not remembered at all.
    """

    def __init__(
        self,
        at: int | tuple[int, ...],
        stored_as: str,
        read: Callable[[Any], Cleaned],
        *,
        is_text: bool = False,
    ) -> None:
        super().__init__()
        self.at, self.stored_as, self.read, self.is_text = at, stored_as, read, is_text
        self.as_written: dict[Any, str] = {}  # where the value is another text
        self.problems: dict[Any, Problems] = {}
        self.remembers = True
        self.rows = 0  # since the memory was last empty

    def texts(self, columns: list[tuple[str, ...]]) -> Any:
        """What the reading of each row depends on, from the cells of the file by column."""
        if isinstance(self.at, int):
            return columns[self.at]
        return zip(*(columns[at] for at in self.at), strict=True)

    def __missing__(self, text: Any) -> Any:
        value, problems = self.read(text)
        if problems:
            self.problems[text] = problems
        if self.is_text and value is not ABSENT and value != (written := unguarded(text)):
            self.as_written[text] = written
        if self.remembers:
            self[text] = value
        return value

    def forget(self, rows: int) -> None:
        """Drop what is remembered, once that is much, after so many more rows."""
        self.rows += rows
        if not self.remembers or len(self) >= REMEMBERED:
            self.remembers = self.remembers and self.rows > 2 * REMEMBERED
            self.clear()
            self.problems.clear()
            self.as_written.clear()
            self.rows = 0


class Cleaner:
    """Cleans the rows of one file, for one person."""

    def __init__(
        self, resource: ImportResource, table: Table, mapping: Mapping, person: Person
    ) -> None:
        self.resource, self.table, self.mapping = resource, table, mapping
        self.width = len(table.header)
        self.examples = resource.example_keys
        self.at = {to: table.header.index(column) for column, to in mapping.columns.items()}
        resource.load(self._texts_looked_up(), person)
        self.read = {name: column.widget.read for name, column in resource.fields.items()}
        self.same_for_all: dict[str, Any] = {}
        self.problems_of_all: Problems = []
        self.places = list(self._places())
        self.required = {
            resource.stored_as(name): name
            for name, column in resource.stored.items()
            if column.required and name in mapping.fields
        }

    def __iter__(self) -> Iterator[Draft]:
        """All rows of the file, cleaned."""
        for lines in batched(counted("Reading the rows", self.table), AT_ONCE, strict=False):
            yield from self._drafts(lines)

    def _drafts(self, lines: tuple[Line, ...]) -> Iterator[Draft]:
        columns = list(zip(*(line.cells for line in lines), strict=False))  # some are longer
        values = [list(map(place.__getitem__, place.texts(columns))) for place in self.places]
        problems, as_written = self._problems(lines, columns), self._as_written(lines, columns)
        names = [place.stored_as for place in self.places]
        for place in self.places:
            place.forget(len(lines))
        rows = zip(lines, problems, as_written, zip(*values, strict=True), strict=True)
        spread = self.resource.is_spread
        for line, found, written, said in rows:
            given = {
                name: value for name, value in zip(names, said, strict=True) if value is not ABSENT
            }
            if self.same_for_all:
                given |= self.same_for_all
            row = Draft(self, line, given, found, written)
            if len(line.cells) > self.width:
                self._refuse_extra_cells(row)
            for remark in line.remarks:
                row.remark("", remark)
            self.resource.complete(row)
            if not self.required.keys() <= given.keys():
                self._require(row)
            if spread:
                yield from self.resource.spread(row)
            else:
                yield row

    def _problems(self, lines: tuple[Line, ...], columns: list[tuple[str, ...]]) -> list[Problems]:
        """What there is to say about the cells of each row."""
        rows = [self.problems_of_all.copy() for _ in lines]
        for place in self.places:
            if place.problems:
                for row, text in zip(rows, place.texts(columns), strict=True):
                    row.extend(place.problems.get(text, ()))
        return rows

    def _as_written(
        self, lines: tuple[Line, ...], columns: list[tuple[str, ...]]
    ) -> list[dict[str, str | None]]:
        """The texts of each row that were made something else."""
        rows: list[dict[str, str | None]] = [{} for _ in lines]
        for place in self.places:
            if place.as_written:
                for row, text in zip(rows, place.texts(columns), strict=True):
                    if text in place.as_written:
                        row[place.stored_as] = place.as_written[text]
        return rows

    def text_of(self, field: str, cells: list[str]) -> str:
        """The text of a field in a row; empty where the import does not speak of it."""
        at = self.at.get(field)
        if at is None:
            return self.mapping.constants.get(field, "")
        return _said(cells[at])

    def _places(self) -> Iterator[Place]:
        """The fields that differ from row to row; the others are read once, here."""
        for name, column in self.resource.stored.items():
            if name not in self.mapping.fields:
                continue
            stored_as = self.resource.stored_as(name)
            looked_at = [field for field in (name, *column.reads) if field in self.at]
            if looked_at == [name] and not column.reads:
                read = partial(self._clean_cell, name)
                yield Place(self.at[name], stored_as, read, is_text=column.widget.keeps_text)
            elif looked_at:
                at = tuple(self.at[field] for field in looked_at)
                yield Place(at, stored_as, self._reader(name, column, looked_at))
            else:
                value, problems = self._reader(name, column, [])(())
                if value is not ABSENT:
                    self.same_for_all[stored_as] = value
                self.problems_of_all.extend(problems)

    def _reader(self, name: str, column: Column, looked_at: list[str]) -> Callable[[Any], Cleaned]:
        """The function that reads this field from the cells of the fields that are looked at."""
        said_once = {
            field: self.mapping.constants.get(field, "") for field in (name, *column.reads)
        }

        def read(cells: tuple[str, ...]) -> Cleaned:
            row = said_once | dict(zip(looked_at, map(_said, cells), strict=True))
            return self._clean(name, row[name], row)

        return read

    def _clean_cell(self, name: str, cell: str) -> Cleaned:
        return self._clean(name, _said(cell))

    def _clean(self, name: str, text: str, row: AbstractMapping[str, str] = NO_OTHERS) -> Cleaned:
        if not text:
            return ABSENT, NOTHING
        remarks: list[Remark] = []
        if name == self.resource.key_field and text in self.examples:
            remarks.append(EXAMPLE_ROW)
        value: Any = ABSENT
        try:
            if text[0] == "(" and text.casefold() == CLEAR:
                value = self._clear(name)
            else:
                value = jsonable(self.read[name](text, row, remarks))
        except ValueError as error:
            code = error.code if isinstance(error, Unacceptable) else "invalid"
            remarks.append(Remark(Level.ERROR, code, str(error)))
        return value, self._told(name, text, remarks) if remarks else NOTHING

    def _told(self, name: str, text: str, remarks: list[Remark]) -> Problems:
        at = self.mapping.column_of(name)
        return [problem(r.level, name, r.code, r.sentence, at, text) for r in remarks]

    def _clear(self, name: str) -> Any:
        try:
            return self.resource.cleared(name)
        except ValueError:
            title = self.resource.fields[name].title
            raise Unacceptable("not_clearable", f"{title} can't be empty.") from None

    def _refuse_extra_cells(self, row: Draft) -> None:
        extra = [cell for cell in row.cells[self.width :] if cell.strip()]
        if extra:
            count = len(row.cells)
            sentence = f"This row has {count} cells, and the file has {self.width} columns."
            row.problems.append(
                problem(Level.ERROR, "", "extra_cells", sentence, value=", ".join(extra))
            )

    def _require(self, row: Draft) -> None:
        """A new record needs every required field; for a known one, blank leaves it as it is."""
        for stored_as, name in self.required.items():
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
            for line in self.table:
                for at, texts in places:
                    texts.add(line.cells[at])
        found = {name: {*map(_said, cells)} - {""} for name, cells in raw.items()}
        return found | {
            name: {text} for name, text in self.mapping.constants.items() if name in names
        }


def _said(cell: str) -> str:
    """The text of a cell; where it only holds the place of a secret, nothing."""
    text = cell.strip()
    first = text[:1]
    if first == "'":
        return unguarded(text)
    return "" if first == "(" and is_left_out(text) else text
