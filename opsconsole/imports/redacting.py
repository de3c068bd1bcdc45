"""Columns whose names look secret: their cells are not shown, and not handed on with rejects.

A rejects file goes to whoever corrects it. Codes and passwords of homes that nobody imports have no
business in it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

LEFT_OUT = "(left out)"  # what stands in place of a secret; on import it is a blank cell
SECRET = re.compile(
    r"pass ?(word|wd|code|phrase|key)|lock ?box|key ?(pad|safe|box|code)|alarm|secret|credential"
    r"|\b(pins?|pwd?|psk|otp|cvv|ssn|tokens?)\b"
    r"|\b(un)?(lock|gate|door|entry|entrance|access|garage|building|security|safe|wi ?fi|wlan|api)"
    r" ?(code|key|combination|combo|number|instruction)"
)
NEW_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W\d_]+")


def looks_secret(column: str) -> bool:
    """Whether a column probably holds passwords, codes or the like: by its name alone."""
    return SECRET.search(NEW_WORD.sub(" ", column).casefold()) is not None


def left_out(header: Iterable[str], mapped: Container[str]) -> list[str]:
    """The columns that look secret and are not imported."""
    return [name for name in header if name not in mapped and looks_secret(name)]


class Redactor:
    """Takes the secrets out of the rows of a file."""

    def __init__(self, header: list[str], mapped: Container[str]) -> None:
        secret, self.width = set(left_out(header, mapped)), len(header)
        self.secret = [at for at, name in enumerate(header) if name in secret]
        self.unmapped = {at for at, name in enumerate(header) if name not in mapped}

    def __call__(self, cells: list[str]) -> list[str]:
        """The row, its secrets left out; where there are too many cells, they have slid along."""
        slid = max(len(cells) - self.width, 0)
        secret = {at + by for at in self.secret for by in range(slid + 1)} & self.unmapped
        return [
            LEFT_OUT if at in secret and cell.strip() else cell for at, cell in enumerate(cells)
        ]


def is_left_out(text: str) -> bool:
    """Whether a cell only holds the place of a secret."""
    return text[:1] == "(" and text.casefold() == LEFT_OUT
