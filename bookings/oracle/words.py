"""Words that occur nowhere else: whoever reads one has read the row that it was planted in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

PLANTED = re.compile(r"zq\d{6}x|1999\d{7}", re.IGNORECASE)


class Words:
    """Fresh words, for texts and for phone numbers."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = itertools.count(1)

    def word(self) -> str:
        """A word for a name, a note, an address."""
        return f"zq{next(self._numbers):06d}x"

    def phone(self) -> str:
        """The digits of a phone number."""
        return f"1999{next(self._numbers):07d}"


def planted_in(text: str) -> set[str]:
    """The planted words of a text."""
    return {word.lower() for word in PLANTED.findall(text)}
