"""Quotation marks that are out of place: no row is swallowed without a word.

Below the examples, tables made and damaged at random are read by a reader of the tests' own: a file
is read as that reads it, or refused; rows are never fewer without a word.
"""

from __future__ import annotations

import logging
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from django.test import Client

from opsconsole.imports import jobs
from opsconsole.imports.models import ImportBatch, UploadedPart
from opsconsole.imports.problems import Level
from opsconsole.imports.reading import DELIMITERS, Chosen, Line, Table, UnreadableFile, read
from staffing.models import User
from tests.imports.files import codes, home, previewed, sentence
from tests.scale import SEED, draws, size

logger = logging.getLogger(__name__)

TABLES = size(150, 2_000)
PIECES = [
    "Elm", "towels", "Wi-Fi", "5", "06511", "55in TV", '"', '""', '"Garden"', '5" pipe', '\\"',
    "\\", ", ", ",", ";", "|", "\t", "\n", "\r\n", "\r", " ", "  ", "\xa0", "\u2028", "\x0b",
    "\x85", "é", "🏠", "naïve", "'", "''", "(clear)", "a@b.example", "2026-12-10", "“quoted”",
]  # fmt: skip
NAMES = ["Reference", "Owner", "Street", "Town", "Notes", "Amenities", "Kind", "Heating"]
ENDS = re.compile(r"\r\n|\r|\n")


# Examples


def as_read(text: str, delimiter: str = ",", line_end: str = "\n") -> Table:
    return read(text.replace(",", delimiter).replace("\n", line_end).encode())


def refusal(text: str, *how: str) -> str:
    with pytest.raises(UnreadableFile) as refused:
        as_read(text, *how)
    return str(refused.value)


def remarks(text: str) -> list[tuple[int, str, str]]:
    return [
        (line.number, remark.level, remark.code)
        for line in as_read(text)
        for remark in line.remarks
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", list(DELIMITERS))
def test_two_stray_marks_refuse_the_file(delimiter: str, line_end: str) -> None:
    text = 'ref,notes,name\nA-1,"call,one\nA-2,desk,two\nA-3,"key",three\nA-4,x,four\n'

    said = refusal(text, delimiter, line_end)

    assert "In the cell that opens on line 2, text follows the quotation mark" in said
    assert "closes it on line 4: write each mark inside a cell twice, or remove it" in said


@pytest.mark.parametrize(
    ("text", "opens_on"),
    [
        ('a,b\n"1"x,2\n', 2),
        ('a,b\n"1" x,2\n', 2),
        ('a,b\n"1" "2",2\n', 2),
        ('a,b\n1,"2"x', 2),
        ('a,b\n"1\n2" ,"3\n4"x\n', 3),
        ('"a"x,b\n1,2\n', 1),
        ('a "note"\n"by"us\na,b\n1,2\n', 2),
        ('a,b\n"say \\"hi\\"",2\n', 2),
    ],
)
def test_text_after_a_closing_mark_names_the_line_where_the_cell_opens(
    text: str, opens_on: int
) -> None:
    assert f"In the cell that opens on line {opens_on}, text follows" in refusal(text)


@pytest.mark.parametrize("space", [" ", "   ", "\t", "\xa0"])
def test_spaces_after_a_closing_mark_are_part_of_no_cell(space: str) -> None:
    text = f'ref,notes\n"A-1"{space},"say ""hi"" , ok"{space}\n"A-2"{space},"two\nlines"{space}'

    rows = list(as_read(text))

    assert [line[:2] for line in rows] == [
        (2, ["A-1", 'say "hi" , ok']),
        (3, ["A-2", "two\nlines"]),
    ]


def test_marks_inside_an_unquoted_cell_are_text() -> None:
    (row,) = as_read('ref,notes,size\nA-1, "x",5" pipe\n')

    assert row.cells == ["A-1", ' "x"', '5" pipe']


SWALLOWED = 'ref,since,notes\nA-1,2026-12-01,"call\nA-2,2026-12-02,desk\nA-3,2026-12-03,TV 55"\n'


def test_a_cell_that_certainly_holds_rows_refuses_the_file() -> None:
    said = refusal(SWALLOWED)

    assert "opens with a quotation mark on line 2 holds line 3, which looks like a row" in said


@pytest.mark.parametrize(
    "text",
    [
        'ref,kind,notes\nA,x,"call\nB,y,desk"\n',
        'ref,kind,notes\nA-1,x,"call\nA-2,y,desk"\n',
        'ref,kind,notes\nA,"x,call\nB,y",desk\n',
        'ref,kind,notes\n"A,x,call\nB","two\nlines",z\n',
        'ref,kind,notes\nA,"two\nlines,call\nB,y",desk\n',
        'ref,kind,notes\n"A,x,call\n\nB,y,desk\nC",y,z\n',
        'ref,kind,notes\nA,x,"two\nlines\nB,y,desk"\n',
        'code\n"06511\n06512"\n',
    ],
)
def test_a_cell_with_lines_that_look_like_rows_is_doubted(text: str) -> None:
    assert remarks(text) == [(2, "warning", "rows_in_a_cell")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('ref,notes,kind\nA,"two\nlines",x\n', []),
        ('ref,kind,notes\nA,x,"two\nlines"\n', []),
        ('ref,kind,address\nA,x,"12 Main St\nBoston, MA"\n', [(2, "note", "several_lines")]),
        ('ref,address,kind\nA,"12 Main St\nBoston, MA",x\n', [(2, "note", "several_lines")]),
        ('ref,kind,notes\nA,"two\nlines"\n', [(2, "note", "several_lines")]),
        ('by "us"\nref,"Owner\nname",kind,town\nA,B,C,D\n', []),
        ('"Ref\nno.",Owner,Kind,Town\nA,B,C,D\n', []),
        ('"as\nof",today\nref,kind,town\nA,B,C\n', [(4, "note", "several_lines")]),
    ],
)
def test_cells_with_line_breaks_come_in(text: str, found: list[tuple[int, str, str]]) -> None:
    assert remarks(text) == found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('ref,kind,"town\nA-1,x,y\nA-2,x,TV"\nA-3,x,y\n', "Line 1 looks like column names"),
        ('"as of\nref,kind,town\nA-1,1,TV"\nA-2,2,3\nA-3,4,5\n', "Line 2 looks like column names"),
        ('"Ref\nno.",Owner,Kind\nA-1,1,2\n', "No line of this file looks like column names"),
        ('ref,kind,town,street,"owner\nA-1,x,y,z,q"\nA-2,x,y,z,q\n', "on line 1 holds line 2"),
    ],
)
def test_column_names_are_not_swallowed(text: str, says: str) -> None:
    assert says in refusal(text)


def test_a_line_of_names_that_is_said_is_not_swallowed_either() -> None:
    content = b'note\nref,kind,"town\nA-1,x,y\nA-2,x,TV"\nA-3,x,y\n'

    with pytest.raises(UnreadableFile, match="on line 2 holds line 3"):
        read(content, Chosen(header_row=2))
    assert read(b'"Zip\ncode"\n06511\n', Chosen(header_row=1)).header == ["Zip code"]


@pytest.mark.parametrize("text", ['ref,notes,kind\nA,"x\\", y\n', 'ref,notes,kind\nA,5\\",x\n'])
def test_a_backslash_before_a_mark_is_told(text: str) -> None:
    assert remarks(text) == [(2, "warning", "backslash")]


def test_damaged_marks_do_not_lead_the_guess_of_the_delimiter_astray() -> None:
    rows = [f"A-{n};Elm {n};TV, {'desk' if n != 2 else chr(34) + 'desk'}" for n in range(1, 9)]
    text = "ref;street;amenities\n" + "\n".join(rows).replace("Elm 1", '"Elm 1') + "\n"

    assert "text follows" in refusal(text.replace("Elm 7", 'Elm 7"'))


def test_what_is_read_is_not_held_in_memory() -> None:
    rows = b'"x" ,"two\nlines"\n"y" ,"%s" \n' % (b"z" * 5_000)
    content = b"a,b\n" + rows * 2_000
    tracemalloc.start()

    found = read(content)

    assert found.count == 4_000
    assert tracemalloc.get_traced_memory()[1] < len(content) / 2
    tracemalloc.stop()


def test_a_long_cell_names_its_line_when_spaces_follow_marks() -> None:
    content = b'a,b\n"x" ,"' + (b"y" * 2_000 + b"\n") * 5_000
    tracemalloc.start()

    with pytest.raises(UnreadableFile, match="row on line 2 has a cell of more than 131,072"):
        read(content)

    assert tracemalloc.get_traced_memory()[1] < len(content) / 2
    tracemalloc.stop()


@pytest.mark.django_db
def test_a_doubt_is_told_in_the_preview(mona: User) -> None:
    batch = previewed(mona, home("H-1", Amenities="TV\nPool, a, b, c, d, e, f"), home("H-3"))

    assert "rows_in_a_cell" in codes(batch)
    assert "holds line 3, which looks like a row" in sentence(batch, "rows_in_a_cell")
    assert (batch.warnings, batch.reasons["rows_in_a_cell"]) == (1, 1)


@pytest.mark.django_db
def test_a_file_kept_from_before_it_was_refused_is_told(
    mona: User, sign_in: Callable[[Any], Client]
) -> None:
    batch = previewed(mona, home("H-1"))
    UploadedPart.objects.filter(batch=batch).update(content=b'Reference,Name\n"H-1"x,y\n')

    page = sign_in(mona).post(f"/bookings/property/import/{batch.pk}/preview/", follow=True)
    jobs.ask(batch, ImportBatch.Step.PREVIEW, mona)
    jobs.do_step.call(batch.pk)

    batch.refresh_from_db()
    assert "text follows the quotation mark" in page.content.decode()
    assert "text follows the quotation mark" in batch.failure


# The second reader: RFC 4180, with quotation marks inside unquoted cells, and spaces after a mark


def second_reader(text: str, delimiter: str) -> list[Line] | None:
    """The rows and the lines they start on; None where a quotation mark is out of place."""
    rows: list[Line] = []
    cells: list[str] = []
    cell, state, line, starts_on, at = "", "begin", 1, 1, 0
    while at < len(text):
        mark = text[at]
        end = "\r\n" if text.startswith("\r\n", at) else mark if mark in "\r\n" else ""
        at += len(end) or 1
        line += bool(end)
        if state == "quoted":
            if mark != '"':
                cell += end or mark
            elif text.startswith('"', at):
                cell, at = cell + '"', at + 1
            else:
                state = "closed"
        elif end or mark == delimiter:
            cells, cell, state = [*cells, cell], "", "begin"
            if end:
                rows.append(Line(starts_on, cells))
                cells, starts_on = [], line
        elif state == "closed":
            if not mark.isspace():
                return None
        elif state == "begin" and mark == '"':
            state = "quoted"
        else:
            cell, state = cell + mark, "unquoted"
    if state == "quoted":
        return None
    last = [Line(starts_on, [*cells, cell])] if cells or state != "begin" else []
    return [*rows, *last]


# The tables, and what befalls them


@dataclass
class Made:
    """A table as text, and how it was written."""

    text: str
    rows: list[list[str]]
    delimiter: str
    line_end: str
    encoding: str
    has_notes: bool

    def chosen(self, *, guess_delimiter: bool) -> Chosen:
        marked = self.encoding in {"utf-8", "utf-8-sig", "utf-16"}
        return Chosen(
            encoding=None if marked else self.encoding,
            delimiter=None if guess_delimiter else self.delimiter,
        )

    def bytes(self, text: str) -> bytes:
        return text.encode(self.encoding, "replace")


def table(draw: Random) -> Made:
    delimiter = draw.choice(",;\t|")
    line_end = draw.choice(["\n", "\r\n", "\r"])
    encoding = draw.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
    width = draw.randint(1, len(NAMES))
    nasty, all_quoted, padded = draw.random() / 2, draw.random() < 0.3, draw.random() < 0.2
    rows = [row(draw, number, width, nasty) for number in range(draw.randint(2, 12))]
    if encoding == "cp1252":
        rows = [[cell.encode("cp1252", "replace").decode("cp1252") for cell in r] for r in rows]

    def written(cell: str) -> str:
        needed = cell.startswith('"') or any(mark in cell for mark in (delimiter, "\r", "\n"))
        if not (needed or all_quoted or draw.random() < 0.1):
            return cell
        return '"' + cell.replace('"', '""') + '"' + " " * (padded and draw.randint(0, 2))

    notes = [f"As of today, by {draw.choice(PIECES[:3])}"] if draw.random() < 0.15 else []
    lines = [delimiter.join(map(written, cells)) for cells in [NAMES[:width], *rows]]
    text = line_end.join([*map(written, notes), *lines, ""][: None if draw.random() < 0.7 else -1])
    return Made(text, rows, delimiter, line_end, encoding, bool(notes))


def row(draw: Random, number: int, width: int, nasty: float) -> list[str]:
    plain = [f"H-{number}", f"owner{number}@example.com", f"{number} Elm Street", "Boston"]
    cells = [*plain, *(draw.choice(PIECES[:5]) for _ in NAMES)][:width]
    for at in range(1, width):
        if draw.random() < nasty:
            cells[at] = "".join(draw.choices(PIECES, k=draw.randint(0, 5)))
    return cells


def removed(draw: Random, text: str) -> str:
    at = place_of(draw, text, '"')
    return text[:at] + text[at + 1 :]


def added(draw: Random, text: str) -> str:
    at = draw.randint(0, len(text))
    return text[:at] + '"' + text[at:]


def doubled(draw: Random, text: str) -> str:
    at = place_of(draw, text, '"')
    return text[:at] + '"' + text[at:]


def moved(draw: Random, text: str) -> str:
    return added(draw, removed(draw, text))


def escaped(draw: Random, text: str) -> str:
    at = place_of(draw, text, '""' if '""' in text else '"')
    return text[:at] + "\\" + text[at + 1 :]


def followed(draw: Random, text: str) -> str:
    at = place_of(draw, text, '"') + 1
    return text[:at] + draw.choice(["x", " ", " x", '"', ' "', "\t", "\xa0", "\\"]) + text[at:]


def two_strays(draw: Random, text: str) -> str:
    """One where a cell begins, one where a later cell ends: what is between is one quoted cell."""
    edges = [found.end() for found in re.finditer(r"[,;|\t\r\n]", text)]
    if len(edges) < 2:
        return text
    first, last = sorted(draw.sample(edges, 2))
    return text[:first] + '"' + text[first : last - 1] + '"' + text[last - 1 :]


def place_of(draw: Random, text: str, mark: str) -> int:
    return draw.choice([found.start() for found in re.finditer(mark, text)] or [len(text)])


DAMAGES: list[Callable[[Random, str], str]] = [
    removed, added, doubled, moved, escaped, followed, two_strays, two_strays,
]  # fmt: skip


# What has to hold


def rows_of(content: bytes, chosen: Chosen) -> tuple[Table, list[Line]]:
    found = read(content, chosen)
    return found, list(found)


def filled(lines: list[Line], width: int) -> list[tuple[int, list[str]]]:
    """The rows with something in them, as wide as the header."""
    return [
        (line.number, line.cells + [""] * (width - len(line.cells)))
        for line in lines
        if any(cell.strip() for cell in line.cells)
    ]


def judged(made: Made, text: str, *, guess: bool) -> str:
    """What became of a damaged table, in a word. Fails where it is neither equal nor refused."""
    expected = second_reader(text, made.delimiter)
    try:
        found, rows = rows_of(made.bytes(text), made.chosen(guess_delimiter=guess))
    except UnreadableFile:
        return "refused, by the second reader too" if expected is None else "refused"
    assert expected is not None, "read, and refused by the second reader"
    assert found.delimiter == made.delimiter or len(made.rows[0]) == 1
    below = [line for line in expected if line.number > found.header_line]
    width = len(found.header)
    assert filled(below, width) == filled(rows, width)
    if len(rows) >= len(made.rows):
        return "equal"
    too_long = any(any(map(str.strip, line.cells[width:])) for line in rows)
    if not {*found.header} & {*NAMES}:  # no column maps: nothing of such a file comes in
        return "other column names"
    told = {remark.level for line in rows for remark in line.remarks}
    assert too_long or told, "fewer rows, and no word"
    return "fewer rows, warned" if too_long or Level.WARNING in told else "fewer rows, noted"


def guesses_right(made: Made) -> bool:
    """Whether the delimiter is guessed from the whole table, and damage leaves rows to guess by."""
    if len(made.rows[0]) == 1 or len(made.rows) < 6:
        return False
    whole = read(made.bytes(made.text), made.chosen(guess_delimiter=True))
    return whole.delimiter == made.delimiter


def test_damaged_quotation_marks_are_read_right_or_told() -> None:
    draw, became = draws("damaged tables"), Counter[str]()
    for _ in range(TABLES):
        made = table(draw)
        text = made.text
        for damage in draw.choices(DAMAGES, k=draw.randint(1, 3)):
            text = damage(draw, text)
        if made.encoding == "cp1252":
            text = text.encode("cp1252", "replace").decode("cp1252")
        try:
            became[judged(made, text, guess=guesses_right(made))] += 1
        except AssertionError as wrong:
            raise AssertionError(f"SEED={SEED}: {made} became {text!r}") from wrong

    logger.info("SEED=%s: %s", SEED, dict(became))
    assert {"equal", "refused, by the second reader too"} <= became.keys()


def test_tables_that_are_whole_are_never_refused() -> None:
    draw = draws("whole tables")

    for _ in range(TABLES // 2):
        made = table(draw)
        guess = guesses_right(made)

        assert judged(made, made.text, guess=guess) == "equal", f"SEED={SEED}: {made}"
