"""How texts mention a person: by name, email or phone, also inside an address of the web.

The patterns are regular expressions that PostgreSQL and Python both read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

ERASED = "a person who was erased"
ERASED_PART, ERASED_PHONE = "(erased)", "(erased)"
SHORTEST = 3  # letters of a part of a name that is looked for by itself

ENCODED = r"(?<=%[0-9A-Fa-f][0-9A-Fa-f])"  # after a character of an address: %20
SPACE = r"(?:\s+|\+|%20)"
BETWEEN_DIGITS = r"[\s().-]*"


@dataclass(frozen=True)
class Mentions:
    """What is looked for, and what takes its place."""

    names: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    email_after: str

    def replacements(self, *, with_names: bool = True) -> list[tuple[str, str]]:
        """Pattern and text, in the order in which they are applied, whatever the case."""
        pairs = [
            (_any(map(_email, self.emails)), self.email_after),
            (_any(map(_phone, self.phones)), ERASED_PHONE),
        ]
        if with_names:
            pairs.append((_any(map(_name, self.names)), ERASED))
        return [(pattern, text) for pattern, text in pairs if pattern]

    def parts(self) -> str:
        """The pattern of each single part of the names, as it is written: Rosa, Lee."""
        parts = {part for name in self.names for part in name.split() if len(part) >= SHORTEST}
        return _any(_name(part) for part in sorted(parts))

    def are_in(self, text: str) -> bool:
        """Whether a text mentions the person."""
        return any(re.search(p, text, re.IGNORECASE) for p, _ in self.replacements())


def _any(patterns: Iterable[str]) -> str:
    found = sorted({*patterns})
    return f"(?:{'|'.join(found)})" if found else ""


def _email(email: str) -> str:
    """Not inside of a longer address; a dot after it ends a sentence."""
    return rf"(?:(?<![\w.+-])|{ENCODED}){_text(email)}(?!\.?[\w-])"


def _name(name: str) -> str:
    return rf"(?:(?<!\w)|{ENCODED}){SPACE.join(map(_text, name.split()))}(?!\w)"


def _phone(phone: str) -> str:
    """However its digits are grouped; those of the United States also without their country."""
    digits = "".join(filter(str.isdigit, phone))
    country = r"(?:\+|%2B|00)?"
    if len(digits) == 11 and digits.startswith("1"):
        country, digits = rf"(?:{country}1{BETWEEN_DIGITS})?", digits[1:]
    return rf"(?<!\d){country}\(?{BETWEEN_DIGITS.join(digits)}(?!\d)"


def _text(text: str) -> str:
    return "".join(map(_character, text))


def _character(character: str) -> str:
    plain = character if character.isalnum() else f"\\{character}"
    encoded = quote(character, safe="")
    return plain if encoded == character else f"(?:{plain}|{encoded})"
