"""Who is mentioned in a text is found however it is written, and nobody else."""

from __future__ import annotations

import re

import pytest
from django.db import connection

from opsconsole.history.mentions import Mentions

pytestmark = pytest.mark.django_db

ROSA = Mentions(
    names=("Rosa Lee", "Zoë O'Neill"),
    emails=("rosa+home@example.com",),
    phones=("+12035550123", "+442079460000"),
    email_after="erased-7@erased.invalid",
)

MENTIONING = {
    "Rosa Lee called": "a person who was erased called",
    "ROSA  lee’s dog": "a person who was erased’s dog",
    "(Rosa\nLee)": "(a person who was erased)",
    "for zoë o'neill.": "for a person who was erased.",
    "write to Rosa+home@Example.com.": "write to erased-7@erased.invalid.",
    "<rosa+home@example.com>": "<erased-7@erased.invalid>",
    "/?q=rosa%2Bhome%40example.com&p=2": "/?q=erased-7@erased.invalid&p=2",
    "?q=Zo%C3%AB%20O%27Neill": "?q=a person who was erased",
    "?q=a%20Rosa+Lee": "?q=a%20a person who was erased",
    "+12035550123": "(erased)",
    "call (203) 555-0123 now": "call (erased) now",
    "1-203-555-0123 or 203.555.0123": "(erased) or (erased)",
    "0044 20 7946 0000": "(erased)",
}
NOT_MENTIONING = [
    "Rosa Leewater",
    "Prosa Lee",
    "Rosa and Lee",
    "anna.rosa+home@example.com",
    "rosa+home@example.community",
    "rosa+home@example.com.au",
    "home@example.com",
    "12035550123456",
    "92035550123",
    "",
]


def by_python(text: str) -> str:
    for pattern, after in ROSA.replacements():
        text = re.sub(pattern, after, text, flags=re.IGNORECASE)
    return text


def by_postgresql(text: str) -> str:
    with connection.cursor() as cursor:
        for pattern, after in ROSA.replacements():
            cursor.execute("SELECT regexp_replace(%s, %s, %s, 'gi')", [text, pattern, after])
            [text] = cursor.fetchone()
    return text


@pytest.mark.parametrize("text", MENTIONING)
def test_a_mention_is_found(text: str) -> None:
    assert ROSA.are_in(text)
    assert by_python(text) == MENTIONING[text]
    assert by_postgresql(text) == MENTIONING[text]


@pytest.mark.parametrize("text", NOT_MENTIONING)
def test_somebody_else_is_not(text: str) -> None:
    assert not ROSA.are_in(text)
    assert by_python(text) == text
    assert by_postgresql(text) == text


def test_parts_of_a_name_are_found_as_they_are_written() -> None:
    found = [text for text in ("Rosa", "Lee", "lee", "O'Neill", "Leeds") if _has_part(text)]

    assert found == ["Rosa", "Lee", "O'Neill"]


def _has_part(text: str) -> bool:
    return re.search(ROSA.parts(), text) is not None


def test_who_has_no_phone_is_looked_for_without_one() -> None:
    assert Mentions(("Rosa Lee",), ("r@example.com",), (), "x").are_in("no phone: Rosa Lee")
    assert not Mentions((), (), (), "x").are_in("anything")
