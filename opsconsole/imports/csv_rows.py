"""The rows of a CSV file, whose quotation marks have to be right.

Python's reader takes text after a closing mark for more of the cell, so that two stray marks make
one cell of all the rows between them. Its strict mode refuses that, and with it the spaces that
some programs put there. So rows are read strictly, at the speed of C, and one that this refuses is
read once more here, cell by cell. A stray mark that closes where a cell may end can't be told from
a cell with line breaks by its form; that is told by what the lines in the cell look like.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import NamedTuple, NoReturn

from opsconsole.imports.decoding import UnreadableFile, line_breaks
from opsconsole.imports.problems import Level, Remark

END = "\0"  # fed in after a line, in no text; inside a cell, the line left a quote open
INSIDE = re.compile(r'[^"]*+(?:""[^"]*+)*+')  # of a quoted cell, to its closing mark or line's end
LINE_END = re.compile(r"\r\n|\r|\n")
ESCAPED = '\\"'  # where other programs have ""
SAME_SHAPES = 2  # columns with figures or emails in one form: no prose has them by chance
REMEDY = "write each mark inside a cell twice, or remove it, and upload the file again."


class Line(NamedTuple):
    """One row of the file: the line it starts on, counted from 1, and its cells.

    `text` are its lines as they stand in the file, where they are worth a second look; `remarks`
    what that look found.
    """

    number: int
    cells: list[str]
    text: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


def rows(lines: Iterable[str], delimiter: str) -> Generator[Line]:
    """All rows of the text, each line of which ends in CR, LF or both.

    Raises UnreadableFile at a quotation mark that is out of place.
    """
    taken: list[str] = []  # for the row that is being read
    noted = _noting(lines, taken)
    reader = csv.reader(noted, delimiter=delimiter, strict=True)
    number = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            cells = _unpadded(taken, delimiter)
            cells = cells or _Closely([*taken], noted, number, delimiter).row()
        if cells is None:
            return
        odd = len(taken) > 1 or ESCAPED in taken[0]
        yield Line(number, cells, tuple(taken)) if odd else Line(number, cells)
        number += len(taken)
        taken.clear()


def _noting(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _unpadded(taken: list[str], delimiter: str) -> list[str] | None:
    """The cells of a row on one line, once the spaces after closing marks are taken out of it."""
    if len(taken) == 1:
        line = _patterns(delimiter).padded.sub(r"\1", taken[0])
        with suppress(csv.Error):
            return next(csv.reader([line], delimiter=delimiter, strict=True))
    return None


class _Closely:
    """A row that a strict reader refuses, read by the same rules but for spaces after a mark."""

    def __init__(
        self, taken: list[str], further: Iterator[str], number: int, delimiter: str
    ) -> None:
        self.taken, self.further = iter(taken), further
        self.number, self.delimiter = number, delimiter
        self.line, self.at = next(self.taken), 0
        self.patterns = _patterns(delimiter)

    def row(self) -> list[str]:
        """The cells; spaces that follow a closing mark are part of none."""
        cells = [self._cell()]
        while self.line.startswith(self.delimiter, self.at):
            self.at += 1
            cells.append(self._cell())
        return cells

    def _cell(self) -> str:
        opens_on = self.number
        quoted = self.line.startswith('"', self.at)
        cell = self._quoted() if quoted else self._match(self.patterns.unquoted)
        _refuse_long(len(cell), opens_on)
        return cell

    def _quoted(self) -> str:
        opens_on, self.at = self.number, self.at + 1
        pieces, size = [self._match(INSIDE)], 0
        while self.at == len(self.line):
            self._go_on(opens_on)
            pieces.append(self._match(INSIDE))
            size += len(pieces[-1]) - pieces[-1].count('""')
            _refuse_long(size, opens_on)
        self.at += 1
        self._match(self.patterns.spaces)
        if self.line[self.at : self.at + 1] not in ("", self.delimiter, "\r", "\n"):
            self._refuse_text_after(opens_on)
        return "".join(pieces).replace('""', '"')

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.line, self.at)
        assert found  # noqa: S101  # each of them matches nothing, too
        self.at = found.end()
        return found[0]

    def _go_on(self, opens_on: int) -> None:
        line = next(self.taken, None) or next(self.further, None)
        if line is None:
            raise UnreadableFile(
                f"The quotation mark that opens on line {opens_on} is never closed: "
                "close it, or remove it, and upload the file again."
            )
        self.line, self.at, self.number = line, 0, self.number + 1

    def _refuse_text_after(self, opens_on: int) -> NoReturn:
        closes = "" if self.number == opens_on else f" on line {self.number}"
        raise UnreadableFile(
            f"In the cell that opens on line {opens_on}, text follows the quotation mark that "
            f"closes it{closes}: {REMEDY}"
        )


class _Patterns(NamedTuple):
    unquoted: re.Pattern[str]  # a cell
    spaces: re.Pattern[str]  # after a closing mark
    padded: re.Pattern[str]  # a quoted cell and these spaces, read from the beginning of a row


@cache
def _patterns(delimiter: str) -> _Patterns:
    between = re.escape(delimiter)
    spaces = rf"[^\S{between}\r\n]*+"
    return _Patterns(
        re.compile(rf"[^{between}\r\n]*+"),
        re.compile(spaces),
        re.compile(rf'((?:^|{between})"(?:[^"]++|"")*+"){spaces}(?=[{between}\r\n]|\Z)'),
    )


def _refuse_long(size: int, opens_on: int) -> None:
    if size > csv.field_size_limit():
        raise UnreadableFile(
            f"The row on line {opens_on} has a cell of more than "
            f"{csv.field_size_limit():,} characters: is a quotation mark left open there?"
        )


# Rows that are well-formed, and may be several all the same


class Swallowed(NamedTuple):
    """A cell with lines in it that look like rows: where it opens, and the first such line."""

    opens_on: int
    looks_like_a_row: int
    is_certain: bool


def alone(line: str, delimiter: str) -> list[str]:
    """The cells of a line by itself; a mark that it leaves open is taken for text."""
    try:
        *before, last = next(csv.reader([line, END], delimiter=delimiter)) or [""]
    except csv.Error:
        return []  # longer than any cell may be
    if last.endswith(END):
        return [*before, *last.removesuffix(END).split(delimiter)]
    return [*before, last]


def is_as_wide(cells: list[str], width: int) -> bool:
    """Whether a row has a cell for each column, blank ones behind aside."""
    return len(cells) >= width and not any(map(str.strip, cells[width:]))


def refuse_swallowed(line: Line, width: int, delimiter: str, *, is_header: bool = False) -> None:
    """Refuse the file where a cell certainly holds rows of it, or a column's name seems to."""
    found = swallowed(line, width, delimiter)
    if found and (found.is_certain or (is_header and width > 1)):
        raise UnreadableFile(
            f"The cell that opens with a quotation mark on line {found.opens_on} holds line "
            f"{found.looks_like_a_row}, which looks like a row of its own: {REMEDY}"
        )


def remarks_on(line: Line, width: int, delimiter: str) -> tuple[Remark, ...]:
    """What there is to say about the quotation marks of a row that is well-formed."""
    remarks = []
    if found := swallowed(line, width, delimiter):
        sentence = (
            f"The cell that opens on line {found.opens_on} holds line {found.looks_like_a_row}, "
            "which looks like a row: if it is one, a quotation mark is missing or too many."
        )
        remarks.append(Remark(Level.WARNING, "rows_in_a_cell", sentence))
    elif len(line.text) > 1 and (len(line.cells) != width or _broken(line, width, delimiter)):
        last = line.number + len(line.text) - 1
        sentence = f"Lines {line.number} to {last} are one row: quotation marks hold them together."
        remarks.append(Remark(Level.NOTE, "several_lines", sentence))
    if any(ESCAPED in text for text in line.text):
        sentence = (
            "A backslash stands before a quotation mark, which ends the cell all the same: if the "
            "mark is part of the text, write it twice instead."
        )
        remarks.append(Remark(Level.WARNING, "backslash", sentence))
    return tuple(remarks)


def swallowed(line: Line, width: int, delimiter: str) -> Swallowed | None:
    """A cell of this row that seems to hold rows of the file, as between two stray marks."""
    for at in _broken(line, width, delimiter):
        if found := _rows_in(line, at, width, delimiter):
            return found
    return None


def _broken(line: Line, width: int, delimiter: str) -> list[int]:
    """Where the cells are that have line breaks and delimiters, as rows would have them."""
    if len(line.text) == 1:
        return []
    cells = enumerate(line.cells[:width])
    return [at for at, c in cells if (delimiter in c or width == 1) and LINE_END.search(c)]


def _rows_in(line: Line, at: int, width: int, delimiter: str) -> Swallowed | None:
    """The first line in a cell that looks like a row: as wide as one, or in the form of this one.

    The last line of the cell is judged by its width only where an earlier one, cut at its end,
    completes the row. Two columns of figures or emails in one form make it certain.
    """
    before, parts = line.cells[:at], LINE_END.split(line.cells[at])
    opens_on = line.number + sum(map(line_breaks, before))
    cuts = ([*before, *part.split(delimiter)] for part in parts[:-1])
    row = next((cut for cut in cuts if is_as_wide(cut, width)), [])
    texts = line.text[opens_on - line.number :]
    inside = texts[1:] if row else texts[1 : len(parts) - 1]
    found = [(number, alone(text, delimiter)) for number, text in enumerate(inside, opens_on + 1)]
    if row:
        rest = [*parts[-1].split(delimiter), *line.cells[at + 1 :]]
        found.append((opens_on + len(parts) - 1, rest))
    for number, cells in found:
        is_certain = _same_shapes(row, cells) >= SAME_SHAPES
        if is_certain or is_as_wide(cells, width):
            return Swallowed(opens_on, number, is_certain)
    return None


def _same_shapes(row: list[str], other: list[str]) -> int:
    """In how many columns two rows have figures or an email in the same form."""
    pairs = zip(map(_shape, row), map(_shape, other), strict=False)
    return sum(one == two and ("9" in one or "@" in one) for one, two in pairs)


def _shape(cell: str) -> str:
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", cell.strip()))
