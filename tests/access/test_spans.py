"""Spans of days, and how long assignments last together by the clocks of their ZIP codes."""

from __future__ import annotations

import datetime

import pytest

from staffing.explain.spans import FOREVER, last_day, merged, overlap, without
from tests.factories import assign, days, make_staff, today


def day(number: int) -> datetime.date:
    return datetime.date(2030, 1, number)


def test_spans_that_touch_are_one():
    spans = [(day(5), day(9)), (day(1), day(3)), (day(3), day(5)), (day(12), FOREVER)]

    assert merged(spans) == [(day(1), day(9)), (day(12), FOREVER)]


@pytest.mark.parametrize(
    ("others", "left"),
    [
        ([], [(1, 10)]),
        ([(3, 5)], [(1, 3), (5, 10)]),
        ([(1, 3), (8, 20)], [(3, 8)]),
        ([(10, 12)], [(1, 10)]),
        ([(1, 10)], []),
        ([(3, 6), (5, 8)], [(1, 3), (8, 10)]),
    ],
)
def test_days_without_others(others, left):
    others = [(day(start), day(end)) for start, end in others]

    assert without([(day(1), day(10))], others) == [(day(s), day(e)) for s, e in left]


def test_spans_that_touch_share_no_day():
    assert overlap((day(1), day(5)), (day(4), day(9)))
    assert not overlap((day(1), day(5)), (day(5), day(9)))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "second", "last"),
    [
        ("06511", "06511", 8),  # one clock: no gap
        ("90210", "06511", 8),  # New Haven's day begins before Beverly Hills' ends
        ("06511", "90210", 3),  # three hours in which neither holds
    ],
)
def test_one_assignment_takes_over_from_another(first, second, last):
    ana = make_staff()
    assign(ana, first, starts_on=today() - days(5), ends_on=today() + days(4))
    assign(ana, second, starts_on=today() + days(4), ends_on=today() + days(9))

    assert last_day(ana.zip_assignments.told()) == today() + days(last)


@pytest.mark.django_db
@pytest.mark.parametrize("ends_on", [None, datetime.date.max])
def test_what_has_no_end_has_no_last_day(ends_on):
    ana = make_staff()
    assign(ana, "06511", ends_on=today() + days(4))
    assign(ana, "06511", starts_on=today() + days(4), ends_on=ends_on)

    assert last_day(ana.zip_assignments.told()) is None
