"""ZIP codes and streets as people write them, told apart by their text alone."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import NamedTuple

STATES = {
    "alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA",
    "colorado": "CO", "connecticut": "CT", "delaware": "DE", "district of columbia": "DC",
    "florida": "FL", "georgia": "GA", "hawaii": "HI", "idaho": "ID", "illinois": "IL",
    "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY", "louisiana": "LA",
    "maine": "ME", "maryland": "MD", "massachusetts": "MA", "michigan": "MI", "minnesota": "MN",
    "mississippi": "MS", "missouri": "MO", "montana": "MT", "nebraska": "NE", "nevada": "NV",
    "new hampshire": "NH", "new jersey": "NJ", "new mexico": "NM", "new york": "NY",
    "north carolina": "NC", "north dakota": "ND", "ohio": "OH", "oklahoma": "OK", "oregon": "OR",
    "pennsylvania": "PA", "rhode island": "RI", "south carolina": "SC", "south dakota": "SD",
    "tennessee": "TN", "texas": "TX", "utah": "UT", "vermont": "VT", "virginia": "VA",
    "washington": "WA", "west virginia": "WV", "wisconsin": "WI", "wyoming": "WY",
    "american samoa": "AS", "guam": "GU", "northern mariana islands": "MP", "puerto rico": "PR",
    "virgin islands": "VI", "armed forces americas": "AA", "armed forces europe": "AE",
    "armed forces pacific": "AP",
}  # fmt: skip
ABBREVIATIONS = frozenset(STATES.values())
COUNTRIES = {"united states", "united states of america", "usa", "us", "u.s.a.", "u.s."}

ZIP = re.compile(
    r"(?P<before>[^\d]*?)\s*(?P<code>\d{5})(?:[-\s]?(?P<plus>\d{4}))?(?:\.0)?\s*(?P<after>[^\d]*)"
)
LONGEST_ZIP = 100  # characters around a ZIP code; the pattern takes their square in time
SHORT = re.compile(r"0*[1-9]\d{2,3}(?:\.0)?")
STATE_AND_ZIP = re.compile(r"(?P<state>[A-Za-z]{2})\.?\s+\d{3,5}(-\d{4})?")
# A unit after the last comma says that it is one, or is as short as one.
UNIT = re.compile(
    r"(?:(?:apt|apartment|unit|suite|ste|no|fl|floor|ph|penthouse|rm|room|bldg)\b"
    r"[\s.#]*[\w/ -]{0,20}"
    r"|#\s*[\w/ -]{1,20}|[\w/-]{0,4}\d[\w/-]{0,5}|[A-Za-z]{1,3}|\d+(?:st|nd|rd|th) floor)",
    re.IGNORECASE,
)
UNIT_WORDS = re.compile(
    r"(?P<street>.*\S)\s+(?P<unit>(?:apt|apartment|unit|suite|ste)\b\.?\s*#?\s*[\w-]+|#\s*[\w-]+)",
    re.IGNORECASE,
)
# Most streets are a number and words, among them none for a unit: nothing to take apart.
STREET_ALONE = re.compile(
    r"\d[\w-]*(?: (?!(?:apt|apartment|unit|suite|ste)\b)[\w.'-]+)+", re.IGNORECASE
)
UNIT_PREFIX = re.compile(r"^(apartment|apt|unit|suite|ste|no|#)[\s.#]*(?=\w)", re.IGNORECASE)


class ZipText(NamedTuple):
    """A ZIP code as text: five digits, or shorter where zeros were lost in front."""

    digits: str
    read_out: bool

    @property
    def padded(self) -> str:
        """Five digits."""
        return self.digits.rjust(5, "0")

    @property
    def is_short(self) -> bool:
        """Whether zeros were lost in front: a spreadsheet took the ZIP code for a number."""
        return len(self.digits) < 5


def read_zip_code(text: str) -> ZipText | None:
    """The ZIP code in "02116", "2116", "02116-1234" or "MA 02116"; None if there is none."""
    if len(text) == 5 and text.isascii() and text.isdigit():
        return ZipText(text, False)
    if SHORT.fullmatch(text) and len(digits := text.removesuffix(".0")) < 5:
        return ZipText(digits, False)
    found = ZIP.fullmatch(text) if len(text) <= LONGEST_ZIP else None
    if found is None or not text.isascii():
        return None
    return ZipText(found["code"], True)


def read_state(text: str) -> str | None:
    """The two letters of a state, from "MA", "Massachusetts" or "Allston, Ma"."""
    last = text.rpartition(",")[2].strip(" .")
    if last.upper() in ABBREVIATIONS:
        return last.upper()
    return STATES.get(last.casefold())


class Street(NamedTuple):
    """A street as its column should have it, and the unit that stood behind it."""

    street: str
    unit: str


def is_street_alone(text: str) -> bool:
    """Whether this is plainly a house number and a street, without a place or a unit behind it."""
    return STREET_ALONE.fullmatch(text) is not None


def read_street(text: str, *names: Set[str]) -> Street:
    """Take town, state, ZIP code and country off the end, then the unit.

    `names` are those in lower case that the row has for its place: town, state, ZIP code.
    The street is empty where the text names nothing but the place.
    """
    parts = [" ".join(part.split()) for part in re.split(r"[,\n]", text)]
    parts = [part for part in parts if part]
    while parts and _is_place(parts[-1], names):
        parts.pop()
    if not parts:
        return Street("", "")
    if len(parts) > 1 and UNIT.fullmatch(parts[-1]):
        return Street(", ".join(parts[:-1]), parts[-1])
    street = ", ".join(parts)
    found = UNIT_WORDS.fullmatch(street)
    return Street(found["street"], found["unit"]) if found else Street(street, "")


def _is_place(part: str, names: tuple[Set[str], ...]) -> bool:
    folded = part.casefold()
    if any(folded in known for known in names) or folded in COUNTRIES or folded in STATES:
        return True
    # Not any state: a unit may be called LA or PA, and have five digits.
    with_zip = STATE_AND_ZIP.fullmatch(part)
    if with_zip is None:
        return False
    return any(with_zip["state"].casefold() in known for known in names)


def towns_in(*texts: str) -> set[str]:
    """The names of places in these texts, in lower case; a part with a digit is no town."""
    parts = (part.strip().casefold() for text in texts for part in text.split(","))
    return {part for part in parts if part and not any(map(str.isdigit, part))}


def same_unit(one: str, other: str) -> bool:
    """Whether "Apt 4b" and "4B" are one unit."""
    return _bare(one) == _bare(other)


def _bare(unit: str) -> str:
    return "".join(filter(str.isalnum, UNIT_PREFIX.sub("", unit.strip()).upper()))
