"""How dates are read, and what tells their order, without a database."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser

from opsconsole.imports.dates import Dates, Order, order_of, read_date
from opsconsole.imports.problems import Unacceptable

THE_DAY = datetime.date(2026, 3, 31)
MONTH_FIRST, DAY_FIRST = Order.MONTH_FIRST, Order.DAY_FIRST


@pytest.mark.parametrize("order", [None, *Order])
@pytest.mark.parametrize(
    "text",
    [
        "2026-03-31",
        "2026/3/31",
        "2026-03-31 00:00:00",
        "2026-03-31T00:00",
        "Mar 31, 2026",
        "mar. 31 2026",
        "MARCH 31st, 2026",
        "31 Mar 2026",
        "31. March  2026",
        "31-Mar-2026",
    ],
)
def test_dates_that_leave_no_doubt(text: str, order: Order | None) -> None:
    assert read_date(text, order) == THE_DAY


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("3/31/2026", MONTH_FIRST),
        ("03-31-2026", MONTH_FIRST),
        ("3/31/2026 12:00:00 AM", MONTH_FIRST),
        ("31.03.2026", DAY_FIRST),
        ("31/3/2026", DAY_FIRST),
    ],
)
def test_numbers_are_read_in_the_order_of_their_column(text: str, order: Order) -> None:
    other = next(o for o in Order if o != order)

    assert read_date(text, order) == read_date(text) == THE_DAY
    with pytest.raises(Unacceptable, match=f"no date with the {other}") as refused:
        read_date(text, other)
    assert refused.value.code == "other_order"


def test_a_date_that_could_be_two_is_read_as_its_column_and_else_refused() -> None:
    assert read_date("03/04/2026", MONTH_FIRST) == datetime.date(2026, 3, 4)
    assert read_date("03/04/2026", DAY_FIRST) == datetime.date(2026, 4, 3)
    assert read_date("03/03/2026") == datetime.date(2026, 3, 3)
    with pytest.raises(Unacceptable, match="could be Mar 4, 2026 or Apr 3, 2026") as refused:
        read_date("03/04/2026")
    assert refused.value.code == "either"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("3/31/26", "short_year"),
        ("31-Mar-26", "short_year"),
        ("46112", "serial"),
        ("46112.0", "serial"),
        ("2026-02-30", "not_a_date"),
        ("13/13/2026", "not_a_date"),
        ("2026-03-31 12:30", "not_a_date"),
        ("3/31.2026", "not_a_date"),
        ("Mai 31, 2026", "not_a_date"),
        ("soon", "not_a_date"),
        ("٣/٣١/2026", "not_a_date"),
        ("0026-03-31", "far_year"),
        ("3/31/9999", "far_year"),
    ],
)
def test_refusals_quote_the_text(text: str, code: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        read_date(text)

    assert refused.value.code == code
    assert f"“{text}”" in str(refused.value)


@pytest.mark.parametrize("text", ["x" * 100_000, "3" * 100_000, " " * 100_000 + "3/31/2026 x"])
def test_a_long_text_is_no_date_at_once(text: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        read_date(text)

    assert f"“{text[:79]}…”" in str(refused.value)


# The order of a column


@pytest.mark.parametrize(
    ("texts", "decided", "must_ask"),
    [
        (["03/04/2026", "3/31/2026"], MONTH_FIRST, False),
        (["03/04/2026", "31/3/2026"], DAY_FIRST, False),
        (["03/04/2026", "2026-03-31"], None, True),
        (["03/04/2026", "03/04/26", "46112", "x"], None, True),
        (["3/31/2026", "31/3/2026"], None, True),
        (["03/03/2026", "2026-03-31", "Mar 4, 2026", "x", ""], None, False),
        ([], None, False),
    ],
)
def test_the_order_is_that_of_all_texts(
    texts: list[str], decided: Order | None, must_ask: bool
) -> None:
    found = order_of(texts)

    assert (found.decided, found.must_ask) == (decided, must_ask)
    assert found == order_of(reversed(texts))


def test_what_is_probable_is_offered_with_what_it_means() -> None:
    slashes, dots = order_of(["03/04/2026"]), order_of(["03.04.2026"])

    assert (slashes.guess, dots.guess) == (MONTH_FIRST, DAY_FIRST)
    assert slashes.example(MONTH_FIRST) == "Month first: 03/04/2026 is Mar 4, 2026"
    assert dots.example(DAY_FIRST) == "Day first: 03.04.2026 is Apr 3, 2026"


def test_dates_that_contradict_each_other_are_quoted() -> None:
    question = order_of(["3/31/2026", "31/3/2026"]).question

    assert "“3/31/2026” and “31/3/2026”" in question


def test_the_widget_reads_as_chosen_or_as_its_column_shows() -> None:
    widget = Dates("starts_on_order")
    widget.load(["03/04/2026", "31/3/2026"], AnonymousUser())

    assert widget.clean("03/04/2026") == datetime.date(2026, 4, 3)
    assert widget.clean("03/04/2026", row={"starts_on_order": "month first"}) == datetime.date(
        2026, 3, 4
    )
    assert widget.render("2026-04-03") == "Apr 3, 2026"
    assert widget.render(None) == ""
