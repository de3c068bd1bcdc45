"""ZIP codes as people write them: codes, ranges, towns and counties, told apart by their text.

Whether there are such ZIP codes, the reference says (`staffing/zip_reference.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from opsconsole.imports.addresses import ABBREVIATIONS, COUNTRIES, read_state
from opsconsole.imports.problems import quoted

NOT_A_CODE = "not a US ZIP code: those have five digits, as 06511"
DASHES = "-‐‑‒–—―−"
RANGE = "→"  # put in for the word that is said between the ends of a range
SPOKEN = re.compile(r"(?<=[0-9])\s+(?:to|through|thru)\s+(?=[0-9])", re.IGNORECASE)
JOINS = re.compile(rf"\s*(?:[{DASHES}]+|\.\.+|…|{RANGE})\s*")
HYPHEN = "[-‐‑]"  # without spaces around it, as a ZIP+4 has it
PLUS_FOUR = re.compile(rf"[0-9]{{5}}{HYPHEN}[0-9]{{4}}")
# A ZIP+4, a number as a spreadsheet writes it, a word.
ALONE = rf"(?<![0-9]{HYPHEN}){PLUS_FOUR.pattern}(?!\w|{HYPHEN}[0-9])"
TOKEN = re.compile(rf"{ALONE}|[0-9]+\.0+(?!\w)|\w+")
BETWEEN = re.compile(r"[;|\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
LONGEST = 80  # characters of the name of a place


@dataclass(frozen=True)
class Codes:
    """One ZIP code, or all from the first to the last; as they are written, perhaps too short.

    `state` is one that is written beside them.
    """

    text: str
    first: str
    last: str = ""
    state: str = ""

    @property
    def is_short(self) -> bool:
        """Whether zeros were lost in front: a spreadsheet took a ZIP code for a number."""
        return len(self.first) < 5 or 0 < len(self.last) < 5


@dataclass(frozen=True)
class Area:
    """A town or a county by its name, with its state where that is written too."""

    text: str
    name: str
    state: str = ""


@dataclass(frozen=True)
class Unclear:
    """What can't be read, or could be two things; the sentence says what to write."""

    text: str
    code: str
    sentence: str


type Phrase = Codes | Area | Unclear


def parse(text: str, *, areas: bool = True) -> list[Phrase]:
    """What a text names, in its order.

    Without `areas`, words only separate: so codes are found in an email.
    """
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    found: list[Phrase] = []
    for piece in BETWEEN.split(visible):
        parts = [" ".join(part.split()) for part in piece.split(",")]
        found += _of_piece([part for part in parts if part], areas=areas)
    return found


def area_of(name: str, state: str = "") -> Area:
    """A town or county of a column of its own, which may have its state behind a comma."""
    words = " ".join(name.split())
    before, comma, last = words.rpartition(",")
    if comma and (found := read_state(last)):
        return Area(words, before.strip(), found)
    return Area(words, words, state)


def _of_piece(parts: list[str], *, areas: bool) -> list[Phrase]:
    """The phrases between two ends of a line: a comma may stand in one, as in New Haven, CT."""
    found: list[Phrase] = []
    for at, part in enumerate(parts):
        last = found[-1] if found else None
        if any(map(str.isdigit, part)):
            phrases = list(_numbers(part))
            if isinstance(last, Area) and not last.state and _is_address(part):
                found.pop()  # New Haven, CT 06510: the town is where the code lies
            found += phrases
        elif not areas or part.casefold() in COUNTRIES:
            continue
        elif (state := _state(part, parts[at + 1 : at + 2])) is None:
            found.append(_area(part))
        elif isinstance(last, Area | Codes) and not last.state:
            found[-1] = replace(last, text=f"{last.text}, {part}", state=state)
        else:
            found.append(_whole_state(part))
    return found


def _state(part: str, following: list[str]) -> str | None:
    """The state that a part is; New York is a town where its state stands behind it."""
    state = read_state(part)
    is_town = part.upper() not in ABBREVIATIONS and following and read_state(following[0])
    return None if is_town and following[0].upper() in ABBREVIATIONS else state


def _area(part: str) -> Phrase:
    """A name, with the two letters of a state at its end if they are there."""
    if len(part) > LONGEST or not any(map(str.isalpha, part)):
        sentence = f"{quoted(part)} is neither a ZIP code nor the name of a place."
        return Unclear(part, "not_a_place", sentence)
    name, _, last = part.rpartition(" ")
    if name and last.strip(".") in ABBREVIATIONS:
        return Area(part, name.strip(" ."), last.strip("."))
    return Area(part, part)


def _whole_state(part: str) -> Unclear:
    sentence = (
        f"{quoted(part)} is a whole state: write ZIP codes, counties, or towns as New Haven, CT."
    )
    return Unclear(part, "whole_state", sentence)


def _is_address(part: str) -> bool:
    """CT 06510, as it stands behind a town."""
    word, _, number = part.partition(" ")
    return word.strip(".").upper() in ABBREVIATIONS and number[:1].isdigit()


def _numbers(part: str) -> Iterator[Phrase]:
    """The codes and ranges of a text without a comma; its words only say where they lie."""
    part = SPOKEN.sub(RANGE, part)
    tokens = deque(TOKEN.finditer(part))
    states = {token[0] for token in tokens} & ABBREVIATIONS
    state = states.pop() if len(states) == 1 else ""
    while tokens:
        chain = [tokens.popleft()]
        joins = []
        while tokens and (join := _join(part, chain[-1], tokens[0])):
            joins.append(join)
            chain.append(tokens.popleft())
        words = [token[0] for token in chain]
        text = part[chain[0].start() : chain[-1].end()].replace(RANGE, " to ")
        if joins:
            yield _several(text, words, joins, state)
        elif _has_digit(words[0]):
            yield _single(words[0], state)


def _join(part: str, one: re.Match[str], other: re.Match[str]) -> str:
    """What stands between two numbers that belong together; nothing where they do not."""
    if not (_has_digit(one[0]) and _has_digit(other[0])):
        return ""
    between = part[one.end() : other.start()]
    is_plus_four = not between.strip() and (len(one[0]), len(other[0])) == (5, 4)
    return between if is_plus_four or JOINS.fullmatch(between) else ""


def _several(text: str, words: list[str], joins: list[str], state: str) -> Phrase:
    """Two numbers: a range, unless they could be a ZIP+4."""
    if len(words) > 2:
        sentence = f"{quoted(text)} has more than two ends: write a range as 06510–06519."
        return Unclear(text, "not_a_range", sentence)
    ends = [_single(word, state) for word in words]
    for end in ends:
        if isinstance(end, Unclear):
            return replace(end, text=text)
    first, last = words
    if (len(first), len(last)) == (5, 4) and joins != [RANGE]:
        sentence = (
            f"{quoted(text)} could be one ZIP+4 ({first}-{last}) or two ZIP codes: write that, or "
            f"all five digits of both ({first}–{last.rjust(5, '0')})."
        )
        return Unclear(text, "two_things", sentence)
    return Codes(text, _digits(first), _digits(last), state)


def _single(word: str, state: str) -> Phrase:
    """One number, or a word with digits in it."""
    digits = _digits(word)
    if not (digits.isascii() and digits.isdigit() and len(digits) in (3, 4, 5, 9)):
        return Unclear(word, "not_a_zip_code", f"{quoted(word)} is {NOT_A_CODE}.")
    return Codes(word, digits[:5], state=state)


def _digits(word: str) -> str:
    """The digits of a number: of a ZIP+4 the first five, without what a spreadsheet put behind."""
    if PLUS_FOUR.fullmatch(word):
        return word[:5]
    return re.sub(r"\.0+$", "", word)


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))
