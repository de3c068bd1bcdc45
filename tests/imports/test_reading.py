"""Files as people send them."""

from __future__ import annotations

import tracemalloc

import pytest

from opsconsole.imports.reading import Chosen, Limits, Line, UnreadableFile, read


def refusal(content: bytes, **how: object) -> str:
    with pytest.raises(UnreadableFile) as refused:
        read(content, **how)  # type: ignore[arg-type]
    return str(refused.value)


@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings(encoding: str, read_as: str) -> None:
    content = "name,town\r\nCafé Soleil,Québec\r\n".encode(encoding)

    table = read(content)

    assert table.header == ["name", "town"]
    assert list(table) == [Line(2, ["Café Soleil", "Québec"])]
    assert table.encoding == read_as


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    content = "name;price\nA;1,5\nB;2,5\n".replace(",", "." if delimiter == "," else ",")

    table = read(content.replace(";", delimiter).encode())

    assert table.delimiter == delimiter
    assert table.header == ["name", "price"]
    assert table.count == 2


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_rows_know_the_line_they_start_on(line_end: str) -> None:
    lines = ["name,about", '"one","two', 'lines"', "", "three,four", " , ", "five,six"]

    table = read(line_end.join(lines).encode())

    assert [row.number for row in table] == [2, 5, 7]
    assert next(iter(table)).cells == ["one", f"two{line_end}lines"]
    assert table.blank == 2


def test_note_lines_above_the_header_and_padded_names() -> None:
    content = (
        b"Rolling sales,,,as of today,,\n"
        b"Note: condominiums count as one.,,,,,\n"
        b"ADDRESS,UNIT,ZIP CODE, SALE PRICE ,SALE DATE,TYPE\n"
        b"12 MAIN ST,4B,06511,100,1/2/2020,A\n"
    )

    table = read(content)

    assert table.header_line == 3
    assert table.header[3] == "SALE PRICE"
    assert next(iter(table)).number == 4


def test_the_header_line_can_be_said() -> None:
    content = b"a note,another\nname,town\nA,B\n"

    table = read(content, Chosen(header_row=2))

    assert table.header == ["name", "town"]
    assert [row.number for row in table] == [3]


def test_short_rows_are_filled_and_long_rows_kept() -> None:
    table = read(b"a,b\n1\n1,2,3\n")

    assert [row.cells for row in table] == [["1", ""], ["1", "2", "3"]]


def test_a_nameless_column_is_called_after_its_place() -> None:
    table = read(b"name,,town\nA,x,B\n")

    assert table.header == ["name", "Column 2", "town"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"PK\x03\x04rest", "Save As"),
        (b"\xd0\xcf\x11\xe0rest", "Save As"),
        (bytes(range(256)) * 8, "not text"),
        (b"a,b\n1,\x002\n", "Line 2 has a NUL"),
        (b'a,b\n1,2\n"3,4\n5,6\n', "opens on line 3 is never closed"),
        (b'a,b\n"x\ny","z', "opens on line 3 is never closed"),
        (b"Name,town,name\n1,2,3\n", "“Name”, “name”"),
        (b"1,2\n3,4\n", "No line of this file looks like column names"),
        (b"name,town\n", "no rows below"),
    ],
)
def test_what_is_refused_says_where_and_why(content: bytes, says: str) -> None:
    assert says in refusal(content)


def test_a_file_too_large() -> None:
    content = b"a,b\n1,2\n3,4\n5,6\n"

    assert "larger than" in refusal(content, limits=Limits(bytes=10))
    assert "more than 2 rows" in refusal(content, limits=Limits(rows=2))
    assert "2 columns, more than 1" in refusal(content, limits=Limits(columns=1))
    assert read(content, limits=Limits(bytes=16, rows=3, columns=2)).count == 3


def test_a_cell_too_long_names_the_row_and_not_the_parser() -> None:
    content = b'a,b\n1,2\n"' + b"x" * 140_000 + b'",4\n'

    assert "The row on line 3 has a cell of more than 131,072 characters" in refusal(content)


def test_blank_lines_are_counted_and_not_kept() -> None:
    content = b"a,b\n" + b"\r" * 200_000 + b"1,2\n"
    tracemalloc.start()

    table = read(content)

    assert (table.count, table.blank) == (1, 200_000)
    assert tracemalloc.get_traced_memory()[1] < 20 * len(content)
    tracemalloc.stop()


def test_blank_lines_have_an_end() -> None:
    content = b"a,b\n1,2\n" + b",\n" * 11

    assert "more than 10 blank lines" in refusal(content, limits=Limits(rows=1))


def test_a_column_name_has_an_end() -> None:
    content = b"a,b,c,d," + b"x" * 501 + b"\n1,2,3,4,5\n"

    assert "Line 1 has a column name of 501 characters" in refusal(content)


def test_no_text_of_a_file_is_taken_for_its_end() -> None:
    content = b"name,town\n" + b"Blue house,Boston\n" * 200 + b"\x1e end of file \x1e\nA,B\n"

    assert read(content).count == 202


def test_a_header_row_that_is_not_there() -> None:
    assert "No row starts on line 9" in refusal(b"a,b\n1,2\n", chosen=Chosen(header_row=9))
