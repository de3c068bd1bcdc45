"""How the cells of a file are read, without a database."""

from __future__ import annotations

import datetime
import time
from decimal import Decimal
from typing import Any

import pytest

from bookings.models import Property
from bookings.resources import TYPES, Amenities, State
from opsconsole.imports.addresses import Street, read_street, read_zip_code
from opsconsole.imports.cells import (
    CellWidget,
    Choice,
    Clock,
    DecimalCell,
    Halves,
    Money,
    Text,
    WholeNumber,
    YesNo,
    guarded,
    unguarded,
)
from opsconsole.imports.problems import Remark, Unacceptable

KIND = Choice(Property.Type, TYPES, otherwise=Property.Type.OTHER)


@pytest.mark.parametrize(
    ("widget", "text", "value"),
    [
        (Money(), "$1,275.00", Decimal("1275.00")),
        (Money(), "1275", Decimal("1275.00")),
        (Money(), "99.5 usd", Decimal("99.50")),
        (Halves(), "1.5", Decimal("1.5")),
        (Halves(), "2.0", Decimal("2.0")),
        (WholeNumber(0, 50), "0", 0),
        (WholeNumber(0, 50), "2.0", 2),
        (WholeNumber(0, 50), "-0", 0),
        (WholeNumber(0, 50), "１２", 12),
        (WholeNumber(0, 50), "0" * 40 + "3", 3),
        (DecimalCell(-90, 90, 5), "41.31", Decimal("41.31000")),
        (YesNo(), "Yes", True),
        (YesNo(), "0", False),
        (Clock(), "15:00", datetime.time(15)),
        (Clock(), "3 PM", datetime.time(15)),
        (Clock(), "12:30 am", datetime.time(0, 30)),
        (Text(5), " two \n words"[:5], "two"),
        (KIND, "Condominium", "condo"),
        (KIND, "SERVICED  apartment", "serviced_apartment"),
        (KIND, "Single-family home", "house"),
        (State(), "ma", "MA"),
        (State(), "Massachusetts", "MA"),
        (Amenities(lines=True), '{TV,"Cable TV",Wifi}', "TV, Cable TV, Wifi"),
    ],
)
def test_values(widget: CellWidget, text: str, value: Any) -> None:
    remarks: list[Remark] = []

    assert widget.clean(text, remarks=remarks) == value
    assert remarks == []


@pytest.mark.parametrize(
    ("widget", "text", "code"),
    [
        (Money(), "-5", "out_of_range"),
        (Money(), "1.275,00", "not_an_amount"),
        (Money(), "a lot", "not_an_amount"),
        (Money(), "1000000", "out_of_range"),
        (Halves(), "1.25", "not_in_halves"),
        (WholeNumber(0, 50), "51", "out_of_range"),
        (WholeNumber(0, 50), "-1", "out_of_range"),
        (WholeNumber(0, 50), "1.5", "not_whole"),
        (DecimalCell(-90, 90, 5), "91", "out_of_range"),
        (WholeNumber(1), "9" * 40, "out_of_range"),
        (WholeNumber(1), "-" + "9" * 40, "out_of_range"),
        (WholeNumber(1), "1" + ",000" * 12, "out_of_range"),
        (WholeNumber(1), "1." + "0" * 40 + "1", "not_whole"),
        (Halves(), "9" * 40, "out_of_range"),
        (Money(), "9" * 40, "out_of_range"),
        (DecimalCell(-90, 90, 5), "9" * 40, "out_of_range"),
        (WholeNumber(1), "NaN", "not_a_number"),
        (Halves(), "Infinity", "not_a_number"),
        (DecimalCell(-90, 90, 5), "1e400", "not_a_number"),
        (YesNo(), "perhaps", "not_yes_or_no"),
        (Clock(), "25:00", "not_a_time"),
        (Clock(), "13 pm", "not_a_time"),
        (Text(5), "too long", "too_long"),
        (Choice(Property.Lifecycle), "sold", "unknown"),
        (State(), "Atlantis", "unknown"),
    ],
)
def test_refusals_quote_the_value(widget: CellWidget, text: str, code: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        widget.clean(text)

    assert refused.value.code == code
    assert text in str(refused.value) or "at most 5" in str(refused.value)


LONG = [
    *((Money(), text) for text in ("x" * 100_000, "9" * 100_000)),
    *((widget, "9" * 100_000) for widget in (WholeNumber(0, 50), Halves())),
    *((widget, "x" * 100_000) for widget in (WholeNumber(0, 50), Halves(), YesNo(), Clock())),
    *((widget, "x" * 100_000) for widget in (Choice(Property.Lifecycle), State())),
]


@pytest.mark.parametrize(("widget", "text"), LONG)
def test_a_refusal_quotes_the_beginning_of_a_long_value(widget: CellWidget, text: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        widget.clean(text)

    assert f"“{text[:79]}…”" in str(refused.value)


def test_an_unknown_type_becomes_other_with_a_warning_that_quotes_it() -> None:
    remarks: list[Remark] = []

    assert KIND.clean("Castle", remarks=remarks) == "other"
    assert [(r.level, r.code) for r in remarks] == [("warning", "unknown")]
    assert "“Castle”" in remarks[0].sentence


def test_rounding_is_said() -> None:
    remarks: list[Remark] = []

    assert Money().clean("9.999", remarks=remarks) == Decimal("10.00")
    assert [(r.level, r.code) for r in remarks] == [("warning", "rounded")]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_formula_cells_come_back_as_they_went(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


def test_an_apostrophe_of_ones_own_stays() -> None:
    assert unguarded("'Harborside'") == "'Harborside'"
    assert guarded("- quiet room") == "'- quiet room"


@pytest.mark.parametrize(
    ("text", "code", "read_out"),
    [
        ("02116", "02116", False),
        ("2116", "02116", False),
        ("501", "00501", False),
        ("MA 02116", "02116", True),
        ("02116-1234", "02116", True),
        ("021161234", "02116", True),
        ("Boston, MA 02116-1234", "02116", True),
    ],
)
def test_zip_codes_in_text(text: str, code: str, read_out: bool) -> None:
    found = read_zip_code(text)

    assert found is not None
    assert (found.padded, found.read_out) == (code, read_out)


@pytest.mark.parametrize("text", ["0", "00", "0000", "abc", "123456", "12", "MA", "1234567890"])
def test_what_is_no_zip_code(text: str) -> None:
    assert read_zip_code(text) is None


def test_a_long_text_is_no_zip_code_at_once() -> None:
    started = time.monotonic()

    assert read_zip_code("a" + " " * 100_000 + "b") is None
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("12 MAIN ST, 4B", Street("12 MAIN ST", "4B")),
        ("12 Main St, Apt 4b", Street("12 Main St", "Apt 4b")),
        ("12 Main St Apt 4b", Street("12 Main St", "Apt 4b")),
        ("12 Main St # 4", Street("12 Main St", "# 4")),
        ("14-08 Bonnie Lane, 15821", Street("14-08 Bonnie Lane", "15821")),
        ("15 Park Row, PHB", Street("15 Park Row", "PHB")),
        ("15 Park Row, LA", Street("15 Park Row", "LA")),
        ("12 Main St, Boston, MA 02116, United States", Street("12 Main St", "")),
        ("12 Main St, Apt 2, Boston, MA", Street("12 Main St", "Apt 2")),
        ("The Old Mill, Canal Road", Street("The Old Mill, Canal Road", "")),
        ("Boston, MA, United States", Street("", "")),
        ("Boston", Street("", "")),
    ],
)
def test_streets(text: str, street: Street) -> None:
    assert read_street(text, {"boston", "ma", "02116"}) == street
