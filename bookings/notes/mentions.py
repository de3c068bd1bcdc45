"""Mentions: `@Full Name` in a note, of colleagues who see the record."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Not within an address of mail, and not before a number: "@5 pm" is no name.
BEGINS = re.compile(r"(?<![\w.+-])@(?=[^\W\d_])")
WORD = re.compile(r"[\w'’.-]*\w")


def mentioned_in(text: str, people: Mapping[int, str]) -> tuple[set[int], list[str]]:
    """The ids of those who are mentioned, and what is written after an @ and names none of them."""
    found: set[int] = set()
    unknown: list[str] = []
    for begin in BEGINS.finditer(text):
        if named := _named_at(text, begin.end(), people):
            found |= named
        elif word := WORD.match(text, begin.end()):
            unknown.append(word[0])
    return found, unknown


def _named_at(text: str, start: int, people: Mapping[int, str]) -> set[int]:
    """Those whose name stands there; the longest name counts, and all who are called so."""
    here = {pk: name for pk, name in people.items() if _stands(name, text, start)}
    longest = max(map(len, here.values()), default=0)
    return {pk for pk, name in here.items() if len(name) == longest}


def _stands(name: str, text: str, start: int) -> bool:
    end = start + len(name)
    ends_there = not text[end : end + 1].isalnum()
    return bool(name) and ends_there and text[start:end].casefold() == name.casefold()
