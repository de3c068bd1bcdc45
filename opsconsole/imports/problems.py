"""What can be wrong, or worth a look, about one cell or row of a file."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

QUOTED = 80  # characters of a value that a sentence quotes


class Level(StrEnum):
    """An error rejects the row; a warning wants a look; a note only says what was understood."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


def quoted(text: str) -> str:
    """The value in quotation marks, as every sentence about it has it."""
    return f"“{shortened(text)}”"


def shortened(text: str) -> str:
    """The text, or its beginning where it is long."""
    return text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…"


class Remark(NamedTuple):
    """What a column has to say about a value that it accepts all the same."""

    level: Level
    code: str
    sentence: str


class Unacceptable(ValueError):
    """A value that a column refuses; its text is the sentence for the person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Drifted(Exception):
    """What was previewed is no longer what would be written: nothing was written.

    `lines` pairs each line of the file with what changed since; a line of None is the whole file.
    """

    def __init__(self, lines: list[tuple[int | None, str]]) -> None:
        super().__init__("Something changed since the preview, and nothing was imported.")
        self.lines = lines


def problem(
    level: Level, field: str, code: str, sentence: str, column: str = "", value: str = ""
) -> dict[str, Any]:
    """A problem as the preview, the rejects file and the report keep it."""
    return {
        "level": level.value,
        "code": f"{field}.{code}" if field else code,
        "field": field,
        "column": column,
        "value": value[:200],
        "sentence": sentence,
    }
