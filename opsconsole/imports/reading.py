"""A CSV file as people send it, read into rows that know their line of the file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import NamedTuple

from opsconsole.imports.decoding import UnreadableFile, decode, line_breaks
from opsconsole.imports.problems import quoted

__all__ = ["Limits", "Line", "Table", "UnreadableFile", "read"]

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
END = "\0"  # fed in after the last line, in no text; inside a cell, a quote was left open
LOOKED_AT = 50  # rows, to guess the delimiter and the header from
BLANK_AT_FIRST = 10_000  # lines that are passed over in search of the header
BLANK_FOR_EACH_ROW = 10  # times the most rows: a spreadsheet saved to its end has a million
LONGEST_NAME = 80  # characters of a column name that is guessed
NAME_FITS = 500  # characters of a column name at all


@dataclass(frozen=True)
class Limits:
    """The largest file that is read."""

    bytes: int = 25 * 1024 * 1024
    rows: int = 200_000
    columns: int = 200


class Line(NamedTuple):
    """One row of the file: the line it starts on, counted from 1, and its cells."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """What was read, and how: the guesses are shown and can be changed."""

    encoding: str
    delimiter: str
    header_line: int
    header: list[str]
    rows: list[Line] = field(repr=False)
    blank: int

    @property
    def delimiter_name(self) -> str:
        """The delimiter as people call it."""
        return DELIMITERS[self.delimiter]

    def samples(self, column: str, most: int = 3) -> list[str]:
        """The first few different values of a column."""
        at = self.header.index(column)
        cells = (" ".join(row.cells[at].split()) for row in self.rows if at < len(row.cells))
        return list(dict.fromkeys(cell for cell in islice(cells, 500) if cell))[:most]


def read(content: bytes, header_row: int | None = None, limits: Limits | None = None) -> Table:
    """Read a file; `header_row` is the line with the column names, guessed when None.

    Raises UnreadableFile with a sentence for the person who sent the file.
    """
    limits = limits or Limits()
    if len(content) > limits.bytes:
        raise UnreadableFile(
            f"This file is larger than {limits.bytes / 1024 / 1024:.0f} MB: "
            "split it and import the parts one after the other."
        )
    text, encoding = decode(content)
    text = text.removeprefix("\ufeff")
    delimiter = _delimiter_of(text)
    lines = _lines(text, delimiter)
    above, header = _header(lines, header_row)
    names = _names(header, limits)
    rows, blank = _rows_below(chain(above, lines), len(names), limits)
    return Table(encoding, delimiter, header.number, names, rows, blank)


def _lines(text: str, delimiter: str) -> Iterator[Line]:
    """All lines with the numbers they start on, the end checked for an open quote."""
    # newline="" keeps CR, LF and CRLF as they are, and ends a line at each of them.
    source = chain(io.StringIO(text, newline=""), [END])
    reader = csv.reader(source, delimiter=delimiter)
    starts_on = 1
    try:
        for cells in reader:
            if cells and cells[-1].endswith(END):
                if cells != [END]:
                    _refuse_open_quote(cells[-1], reader.line_num)
                return
            yield Line(starts_on, cells)
            starts_on = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile(
            f"The row on line {starts_on} has a cell of more than "
            f"{csv.field_size_limit():,} characters: is a quotation mark left open there?"
        ) from error


def _refuse_open_quote(cell: str, last_line: int) -> None:
    opened_on = (
        last_line - line_breaks(cell) - (0 if cell.endswith(("\n" + END, "\r" + END)) else 1)
    )
    raise UnreadableFile(
        f"The quotation mark that opens on line {opened_on} is never closed: "
        "close it, or remove it, and upload the file again."
    )


def _delimiter_of(text: str) -> str:
    """The delimiter that gives most of the first rows the same number of cells."""
    head = text[: 256 * 1024]

    def agreement(delimiter: str) -> tuple[float, int]:
        widths = Counter(_widths(head, delimiter))
        width, rows = max(
            ((width, rows) for width, rows in widths.items() if width > 1),
            key=lambda found: (found[1], found[0]),
            default=(1, 0),
        )
        return rows / max(widths.total(), 1), width

    return max(DELIMITERS, key=agreement)


def _widths(head: str, delimiter: str) -> Iterator[int]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    try:
        for cells in islice(reader, LOOKED_AT):
            if any(cell.strip() for cell in cells):
                yield len(cells)
    except csv.Error:
        return  # the full reading says where and why


def _header(lines: Iterator[Line], header_row: int | None) -> tuple[list[Line], Line]:
    """The line with the column names, and the lines already taken that stand below it."""
    if header_row is not None:
        return [], _line_at(lines, header_row)
    first = list(_first_of(islice(lines, BLANK_AT_FIRST)))
    widths = Counter(len(line.cells) for line in first if not _is_blank(line.cells))
    if not widths:
        raise UnreadableFile("This file has no rows: choose one with column names and rows.")
    usual = max(widths, key=lambda width: (widths[width], width))
    for at, line in enumerate(first):
        if _looks_like_header(line.cells, usual):
            return first[at + 1 :], line
    raise UnreadableFile(
        "No line of this file looks like column names: add a first line that names the "
        "columns, or say which line it is."
    )


def _first_of(lines: Iterator[Line]) -> Iterator[Line]:
    """Enough lines to find the header among, and the blank ones between them."""
    filled = 0
    for line in lines:
        yield line
        filled += not _is_blank(line.cells)
        if filled == LOOKED_AT:
            return


def _line_at(lines: Iterator[Line], number: int) -> Line:
    for line in lines:
        if line.number == number and not _is_blank(line.cells):
            return line
    raise UnreadableFile(f"No row starts on line {number}: say which line names the columns.")


def _looks_like_header(cells: list[str], usual_width: int) -> bool:
    """Column names fill most of the width, differ, and are words rather than values."""
    names = [cell.strip() for cell in cells if cell.strip()]
    if len(names) < max(usual_width / 2, 1) or len(set(names)) < len(names) / 2:
        return False
    return sum(map(_is_word, names)) >= len(names) * 0.75


def _is_word(cell: str) -> bool:
    return (
        len(cell) <= LONGEST_NAME
        and not cell[0].isdigit()
        and any(character.isalpha() for character in cell)
        and not any(character in cell for character in "@$\n\r")
    )


def _names(header: Line, limits: Limits) -> list[str]:
    """The column names without padding; a nameless column is called after its place."""
    names = [" ".join(cell.split()) for cell in header.cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > limits.columns:
        raise UnreadableFile(
            f"This file has {len(names)} columns, more than {limits.columns}: remove some."
        )
    longest = max(map(len, names), default=0)
    if longest > NAME_FITS:
        raise UnreadableFile(
            f"Line {header.number} has a column name of {longest:,} characters, more than "
            f"{NAME_FITS}: shorten it, or say which line has the column names."
        )
    names = [name or f"Column {at}" for at, name in enumerate(names, start=1)]
    counts = Counter(name.casefold() for name in names)
    twice = [name for name in dict.fromkeys(names) if counts[name.casefold()] > 1]
    if twice:
        listed = ", ".join(map(quoted, twice))
        raise UnreadableFile(
            f"Line {header.number} names these columns more than once: {listed}. "
            "Give every column a name of its own."
        )
    return names


def _rows_below(lines: Iterator[Line], width: int, limits: Limits) -> tuple[list[Line], int]:
    rows: list[Line] = []
    blank = 0
    for line in lines:
        if _is_blank(line.cells):
            blank += 1
            if blank > limits.rows * BLANK_FOR_EACH_ROW:
                raise UnreadableFile(
                    f"This file has more than {blank - 1:,} blank lines: remove them."
                )
            continue
        if len(rows) == limits.rows:
            raise UnreadableFile(
                f"This file has more than {limits.rows:,} rows: "
                "split it and import the parts one after the other."
            )
        line.cells.extend([""] * (width - len(line.cells)))
        rows.append(line)
    if not rows:
        raise UnreadableFile("This file has column names and no rows below them.")
    return rows, blank


def _is_blank(cells: list[str]) -> bool:
    return not any(cells) or not any(cell.strip() for cell in cells)
