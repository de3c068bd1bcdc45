"""A CSV file as people send it, read into rows that know their line of the file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import BinaryIO

from opsconsole.imports.csv_rows import (
    Line,
    alone,
    is_as_wide,
    refuse_swallowed,
    remarks_on,
    rows,
)
from opsconsole.imports.decoding import ENCODINGS, UnreadableFile, as_text, encoding_of
from opsconsole.imports.problems import Remark, quoted

__all__ = ["DELIMITERS", "ENCODINGS", "Chosen", "Limits", "Line", "Table", "UnreadableFile", "read"]

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
LOOKED_AT = 50  # rows, to guess the delimiter and the header from
SAMPLED = 500  # rows, to show values of a column from
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


@dataclass(frozen=True)
class Table:
    """How a file is read, its rows read anew each time: no file is held in memory.

    `count` and `blank` are the rows with something in them and those without.
    """

    file: BinaryIO = field(repr=False)
    encoding: str
    delimiter: str
    header_line: int
    header: list[str]
    count: int = 0
    blank: int = 0

    def __iter__(self) -> Iterator[Line]:
        """The rows below the header that have something in them, as wide as the header.

        What there is to say about the lines above them is said of the first.
        """
        width = len(self.header)
        above: tuple[Remark, ...] = ()
        with closing(_lines(self.file, self.encoding, self.delimiter)) as lines:
            for line in lines:
                remarks = remarks_on(line, width, self.delimiter) if line.text else ()
                if line.number <= self.header_line:
                    above += remarks
                elif not _is_blank(line.cells):
                    if remarks or above:
                        line = line._replace(remarks=above + remarks)
                        above = ()
                    if len(line.cells) < width:
                        line.cells.extend([""] * (width - len(line.cells)))
                    yield line

    @property
    def delimiter_name(self) -> str:
        """The delimiter as people call it."""
        return DELIMITERS[self.delimiter]

    @property
    def encoding_name(self) -> str:
        """The encoding as people call it."""
        return ENCODINGS[self.encoding]

    @cached_property
    def _first_rows(self) -> list[Line]:
        return list(islice(self, SAMPLED))

    def samples(self, column: str, most: int = 3) -> list[str]:
        """The first few different values of a column."""
        at = self.header.index(column)
        cells = (" ".join(row.cells[at].split()) for row in self._first_rows)
        return list(dict.fromkeys(cell for cell in cells if cell))[:most]


@dataclass(frozen=True)
class Chosen:
    """What a person says of a file instead of the guess; nothing is guessed where set."""

    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None


def read(
    content: bytes | BinaryIO, chosen: Chosen | None = None, limits: Limits | None = None
) -> Table:
    """Look through a whole file once: how it is to be read, and what can't be.

    Raises UnreadableFile with a sentence for the person who sent the file.
    """
    limits, chosen = limits or Limits(), chosen or Chosen()
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    _refuse_large(file, limits)
    encoding = encoding_of(file, chosen.encoding)
    delimiter = chosen.delimiter or _delimiter_of(file, encoding)
    with closing(_lines(file, encoding, delimiter)) as lines:
        below, header = _header(lines, chosen.header_row, delimiter)
        refuse_swallowed(header, _usual_width(below), delimiter, is_header=True)
        names = _names(header, limits)
        count, blank = _count(_checked(chain(below, lines), len(names), delimiter), limits)
    return Table(file, encoding, delimiter, header.number, names, count, blank)


def _refuse_large(file: BinaryIO, limits: Limits) -> None:
    if file.seek(0, io.SEEK_END) > limits.bytes:
        raise UnreadableFile(
            f"This file is larger than {limits.bytes / 1024 / 1024:.0f} MB: "
            "split it and import the parts one after the other."
        )


def _lines(file: BinaryIO, encoding: str, delimiter: str) -> Generator[Line]:
    """All rows with the lines they start on."""
    with as_text(file, encoding) as text:
        first = text.readline().removeprefix("\ufeff")
        yield from rows(chain([first], text), delimiter)


def _delimiter_of(file: BinaryIO, encoding: str) -> str:
    """The delimiter that gives most of the first rows the same number of cells."""
    with as_text(file, encoding) as text:
        head = text.read(256 * 1024).removeprefix("\ufeff")

    def agreement(delimiter: str) -> tuple[float, int]:
        # By lines too: stray quotation marks join rows, and not those of another delimiter.
        return max(_agreement(by_rows(delimiter)), _agreement(by_lines(delimiter)))

    def by_rows(delimiter: str) -> Iterator[list[str]]:
        return csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)

    def by_lines(delimiter: str) -> Iterator[list[str]]:
        return (alone(line, delimiter) for line in io.StringIO(head, newline=""))

    return max(DELIMITERS, key=agreement)


def _agreement(found: Iterator[list[str]]) -> tuple[float, int]:
    """The share of the first rows that have the width most of them have, and that width."""
    widths: Counter[int] = Counter()
    with suppress(csv.Error):  # the full reading says where and why
        widths.update(len(cells) for cells in islice(found, LOOKED_AT) if not _is_blank(cells))
    width, count = max(
        ((width, count) for width, count in widths.items() if width > 1),
        key=lambda pair: (pair[1], pair[0]),
        default=(1, 0),
    )
    return count / max(widths.total(), 1), width


def _header(
    lines: Iterator[Line], header_row: int | None, delimiter: str
) -> tuple[list[Line], Line]:
    """The line with the column names, and the lines already taken that stand below it."""
    if header_row is not None:
        header = _line_at(lines, header_row)
        return list(_first_of(islice(lines, BLANK_AT_FIRST))), header
    first = list(_first_of(islice(lines, BLANK_AT_FIRST)))
    usual = _usual_width(first)
    if not usual:
        raise UnreadableFile("This file has no rows: choose one with column names and rows.")
    for at, line in enumerate(first):
        if _looks_like_header(line.cells, usual):
            return first[at + 1 :], line
        _refuse_names_within(line, usual, delimiter)
    raise UnreadableFile(
        "No line of this file looks like column names: add a first line that names the "
        "columns, or say which line it is."
    )


def _usual_width(lines: list[Line]) -> int:
    """How many cells most of these rows have; 0 where there is none."""
    widths = Counter(len(line.cells) for line in lines if not _is_blank(line.cells))
    return max(widths, key=lambda width: (widths[width], width), default=0)


def _refuse_names_within(line: Line, usual_width: int, delimiter: str) -> None:
    """Refuse a row over several lines one of which, by itself, looks like column names.

    Not the last: a name with a line break in the first column leaves the others there.
    """
    texts = line.text[:-1] if usual_width > 1 else ()
    for number, text in enumerate(texts, start=line.number):
        cells = alone(text, delimiter)
        if is_as_wide(cells, usual_width) and _looks_like_header(cells, usual_width):
            last = line.number + len(line.text) - 1
            raise UnreadableFile(
                f"Line {number} looks like column names, and a quotation mark joins it with line "
                f"{last}: close that, or remove it, or say which line names the columns."
            )


def _checked(lines: Iterable[Line], width: int, delimiter: str) -> Iterator[Line]:
    for line in lines:
        if line.text:
            refuse_swallowed(line, width, delimiter)
        yield line


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


def _count(lines: Iterator[Line], limits: Limits) -> tuple[int, int]:
    """The rows with something in them, and those without."""
    count = blank = 0
    for line in lines:
        if _is_blank(line.cells):
            blank += 1
            if blank > limits.rows * BLANK_FOR_EACH_ROW:
                raise UnreadableFile(
                    f"This file has more than {blank - 1:,} blank lines: remove them."
                )
            continue
        count += 1
        if count > limits.rows:
            raise UnreadableFile(
                f"This file has more than {limits.rows:,} rows: "
                "split it and import the parts one after the other."
            )
    if not count:
        raise UnreadableFile("This file has column names and no rows below them.")
    return count, blank


def _is_blank(cells: list[str]) -> bool:
    return not any(cells) or not any(cell.strip() for cell in cells)
