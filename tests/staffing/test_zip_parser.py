"""ZIP codes as people write them: whatever the text, something is said and nothing breaks."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffing.zip_parser import Area, Codes, Unclear, parse


def said(text: str) -> list[str]:
    """Each phrase in short: a code, a range, @ a place, ? what is unclear."""
    return [
        f"?{phrase.code}" if isinstance(phrase, Unclear)
        else f"@{phrase.name}/{phrase.state}" if isinstance(phrase, Area)
        else "–".join(filter(None, (phrase.first, phrase.last)))
        for phrase in parse(text)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("06510", ["06510"]),
        ("6510", ["6510"]),
        ("06510-0651", ["06510"]),
        ("06510-06519", ["06510–06519"]),
        ("06510‑06519", ["06510–06519"]),
        ("06510 thru 06519", ["06510–06519"]),
        ("06510..06519", ["06510–06519"]),
        ("06510-1234–06519-4321", ["06510–06519"]),
        ("06510 to 6519", ["06510–6519"]),
        ("06510–6519", ["?two_things"]),
        ("06510 - 6519", ["?two_things"]),
        ("06510 6519", ["?two_things"]),
        ("06510-06519-1234", ["?not_a_range"]),
        ("12345678", ["?not_a_zip_code"]),
        ("\u200b06510\ufeff", ["06510"]),
        ("\u00a006510\u00a006511", ["06510", "06511"]),
        ("New Haven, CT", ["@New Haven/CT"]),
        ("New York, NY; Buffalo, New York", ["@New York/NY", "@Buffalo/NY"]),
        ("Hartford, New York, NY", ["@Hartford/", "@New York/NY"]),
        ("New Haven, CT 06510, USA", ["06510"]),
        ("06510, CT", ["06510"]),
        ("Lewis and Clark County, MT", ["@Lewis and Clark County/MT"]),
        ("Connecticut", ["?whole_state"]),
        ("CT, NY", ["?whole_state", "?whole_state"]),
        ("", []),
        ("United States", []),
    ],
)
def test_what_a_text_names(text: str, expected: list[str]) -> None:
    assert said(text) == expected


@given(st.text(alphabet="0123456789 ,;-–.toCTNew\n") | st.text())
def test_no_text_is_too_strange(text: str) -> None:
    for phrase in parse(text):
        if isinstance(phrase, Codes):
            assert 3 <= len(phrase.first) <= 5
            assert phrase.first.isascii()
            assert phrase.first.isdigit()
        assert phrase.text


@pytest.mark.parametrize("unit", ["06510 ", "06510-", "06510 to ", "New Haven, ", "- ", "1.0"])
def test_a_long_text_takes_no_longer_than_it_is(unit: str) -> None:
    begun = time.monotonic()

    parse(unit * (100_000 // len(unit)))

    assert time.monotonic() - begun < 5
