"""What the reference of ZIP codes says to what somebody wrote: which ZIP codes are meant.

Towns, counties and ranges take the ZIP codes in which homes can lie, which are the standard ones.
Those for PO boxes, of the military and of a single organisation are left out, and said to be; each
can be named by its code. Who withdraws service from a place withdraws it from those as well.
"""

from __future__ import annotations

import difflib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from opsconsole.access.people import Person
from opsconsole.access.registry import visible
from opsconsole.imports.addresses import read_state
from opsconsole.imports.problems import Level, Remark, quoted
from staffing.models import ZipCode
from staffing.zip_parser import Area, Codes, Phrase, Unclear

MOST_IN_RANGE = 1_000  # numbers from its first code to its last
NAMED = 12  # ZIP codes that a sentence names
STATES_NAMED = 10
SPELLINGS = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
COUNTIES = (
    " city and borough", " census area", " county", " parish", " borough", " municipio",
    " municipality", " city",
)  # fmt: skip
LEFT_OUT = {
    ZipCode.Kind.PO_BOX: "for PO boxes",
    ZipCode.Kind.MILITARY: "of the military",
    ZipCode.Kind.UNIQUE: "of one organisation each",
}
DOUBTS = {
    ZipCode.Kind.PO_BOX: "is for PO boxes",
    ZipCode.Kind.MILITARY: "is military",
    ZipCode.Kind.UNIQUE: "belongs to one organisation",
}


class Place(NamedTuple):
    """A ZIP code, as far as it matters to who serves it."""

    id: int
    code: str
    city: str
    state: str
    county: str
    kind: str
    is_served: bool

    def __str__(self) -> str:
        return f"{self.code} {self.city}, {self.state}"


@dataclass(frozen=True)
class Beside:
    """What a row says of the place besides the ZIP code."""

    town: str = ""
    county: str = ""
    state: str = ""


@dataclass
class Found:
    """The ZIP codes that are meant, each with what there is to say about it, and about all."""

    places: dict[Place, list[Remark]] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def errors(self) -> list[str]:
        """Why what was written names no ZIP codes."""
        return [remark.sentence for remark in self.remarks if remark.level == Level.ERROR]

    def refuse(self, code: str, sentence: str) -> Found:
        """It can't be read, or there is none."""
        self.remarks.append(Remark(Level.ERROR, code, sentence))
        return self

    def add(self, other: Found) -> None:
        """Take in what another phrase found; a ZIP code that both name counts once."""
        self.remarks += other.remarks
        for place, remarks in other.places.items():
            self.places[place] = list(dict.fromkeys([*self.places.get(place, ()), *remarks]))


type ByState = dict[str, list[Place]]


class Reference:
    """All ZIP codes that a person may see, looked up in one query."""

    def __init__(self, person: Person) -> None:
        rows = visible(ZipCode.objects.order_by("code"), person)
        self.places = [Place(*row) for row in rows.values_list(*Place._fields)]
        self.by_code = {place.code: place for place in self.places}
        self.codes = list(self.by_code)

    def find_all(self, phrases: Iterable[Phrase], *, withdraw: bool = False) -> Found:
        """The ZIP codes of several phrases."""
        found = Found()
        for phrase in phrases:
            found.add(self.find(phrase, withdraw=withdraw))
        return found

    def find(self, phrase: Phrase, beside: Beside = Beside(), *, withdraw: bool = False) -> Found:
        """The ZIP codes that a phrase means, or why there are none."""
        if isinstance(phrase, Unclear):
            return Found().refuse(phrase.code, phrase.sentence)
        if isinstance(phrase, Area):
            return self._in_area(phrase, withdraw=withdraw)
        if phrase.last:
            return self._in_range(phrase, withdraw=withdraw)
        return self._of_code(phrase, beside)

    # Codes

    def _of_code(self, phrase: Codes, beside: Beside) -> Found:
        found, code = Found(), phrase.first.rjust(5, "0")
        place = self.by_code.get(code)
        if place is None:
            return found.refuse("unknown", f"No ZIP code {code} is known here.")
        said = Beside(beside.town, beside.county, phrase.state or beside.state)
        elsewhere = ", ".join(_contradictions(place, said))
        if phrase.is_short and elsewhere:
            return found.refuse(
                "too_short",
                f"{quoted(phrase.text)} has {len(phrase.first)} digits, and {place} is not in "
                f"{elsewhere}: write all five.",
            )
        found.places[place] = [*_of_one(place, phrase, elsewhere)]
        return found

    def _in_range(self, phrase: Codes, *, withdraw: bool) -> Found:
        first, last = phrase.first.rjust(5, "0"), phrase.last.rjust(5, "0")
        if refusal := _not_a_range(phrase.text, first, last):
            return Found().refuse("not_a_range", refusal)
        codes = self.codes[bisect_left(self.codes, first) : bisect_right(self.codes, last)]
        found = self._take(f"{first}–{last}", [self.by_code[code] for code in codes], withdraw)
        if phrase.is_short:
            sentence = f"{quoted(phrase.text)} is read as {first}–{last}."
            found.remarks.append(Remark(Level.WARNING, "padded", sentence))
        return found

    # Towns and counties

    def _in_area(self, area: Area, *, withdraw: bool) -> Found:
        """A town, or a county where the name says that it is one, or there is no such town."""
        name, counties = _plain(area.name), self._counties
        by_state = self._towns.get(name) or counties.get(name)
        if name.endswith(COUNTIES[:-1]):
            by_state = counties.get(name) or by_state
        return self._of(area, by_state, "town or county", withdraw=withdraw)

    def in_town(self, area: Area, county: str = "", *, withdraw: bool = False) -> Found:
        """The ZIP codes of a town, in this county of the several where it is said."""
        by_state = self._towns.get(_plain(area.name))
        if county and by_state:
            wanted = _without_suffix(_plain(county))
            by_state = {
                state: here for state, places in by_state.items()
                if (here := [p for p in places if _without_suffix(_plain(p.county)) == wanted])
            }  # fmt: skip
        return self._of(area, by_state, "town", withdraw=withdraw)

    def in_county(self, area: Area, *, withdraw: bool = False) -> Found:
        """The ZIP codes of a county, whose column need not say that it is one."""
        name = _plain(area.name)
        by_state, short = self._counties.get(name), self._counties_by_short_name.get(name, {})
        if by_state is None and short:
            [state] = [area.state] if area.state in short or len(short) > 1 else short
            if len(names := sorted(short.get(state, ()))) > 1:
                sentence = f"{quoted(area.text)} could be {' or '.join(names)}: write which."
                return Found().refuse("two_things", sentence)
            by_state = {
                state: self._counties[_plain(full)][state]
                for state, names in short.items() for full in names
            }  # fmt: skip
        return self._of(area, by_state, "county", withdraw=withdraw)

    def _of(self, area: Area, by_state: ByState | None, what: str, *, withdraw: bool) -> Found:
        if not by_state or (area.state and area.state not in by_state):
            return Found().refuse("unknown", self._not_known(area, by_state, what))
        if not area.state and len(by_state) > 1:
            states = sorted(by_state)
            more = f" and {len(states) - STATES_NAMED} more" if len(states) > STATES_NAMED else ""
            return Found().refuse(
                "several_states",
                f"{quoted(area.text)} is in several states: "
                f"{', '.join(states[:STATES_NAMED])}{more}. Write which.",
            )
        [state] = [area.state] if area.state else by_state
        text = area.text if area.state and area.state in area.text else f"{area.name}, {state}"
        return self._take(text, by_state[state], withdraw)

    def _not_known(self, area: Area, by_state: ByState | None, what: str) -> str:
        where = f" in {area.state}" if area.state else ""
        sentence = f"No {what} {quoted(area.name)} is known here{where}"
        if by_state:
            return f"{sentence}: there is one in {', '.join(sorted(by_state)[:STATES_NAMED])}."
        near = difflib.get_close_matches(_plain(area.name), self._names_in(area.state), 3, 0.75)
        names = [self._as_written[name] for name in near]
        return f"{sentence}: is {' or '.join(names)} meant?" if names else f"{sentence}."

    def _names_in(self, state: str) -> list[str]:
        return [
            name for of in (self._towns, self._counties) for name, by_state in of.items()
            if not state or state in by_state
        ]  # fmt: skip

    @cached_property
    def _towns(self) -> dict[str, ByState]:
        return _index((_plain(place.city), place) for place in self.places)

    @cached_property
    def _counties(self) -> dict[str, ByState]:
        named = ((_plain(place.county), place) for place in self.places)
        return _index((name, place) for name, place in named if name)

    @cached_property
    def _counties_by_short_name(self) -> dict[str, dict[str, set[str]]]:
        """New Haven: CT: New Haven County."""
        found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for state, county in {(place.state, place.county) for place in self.places}:
            if county:
                found[_without_suffix(_plain(county))][state].add(county)
        return found

    @cached_property
    def _as_written(self) -> dict[str, str]:
        names = {place.county for place in self.places} | {place.city for place in self.places}
        return {_plain(name): name for name in names}

    # What is taken, and what is left out

    def _take(self, text: str, places: list[Place], withdraw: bool) -> Found:
        found = Found()
        taken = [place for place in places if _is_taken(place, withdraw=withdraw)]
        others = [place for place in places if not _is_taken(place, withdraw=withdraw)]
        left_out = "; ".join(_left_out(others))
        if not taken:
            sentence = f"{quoted(text)} has no ZIP code in which homes lie."
            if left_out:
                sentence = f"{sentence} Left out: {left_out}. Name those you mean by their codes."
            return found.refuse("none", sentence)
        found.places = {place: [] for place in taken}
        count = "1 ZIP code" if len(taken) == 1 else f"{len(taken):,} ZIP codes"
        sentence = f"{quoted(text)} is {count}: {_listed(taken)}."
        if left_out:
            sentence = f"{sentence} Left out: {left_out}."
        found.remarks.append(Remark(Level.NOTE, "found", sentence))
        return found


def _of_one(place: Place, phrase: Codes, elsewhere: str) -> Iterator[Remark]:
    """What there is to say about a ZIP code that was named by itself."""
    if phrase.is_short:
        yield Remark(Level.WARNING, "padded", f"{quoted(phrase.text)} is read as {place}.")
    elif phrase.first != phrase.text.partition(",")[0]:
        yield Remark(Level.NOTE, "read_out", f"{quoted(phrase.text)} is read as {place.code}.")
    if elsewhere:
        sentence = f"{place} does not lie in {elsewhere}, which is written beside it."
        yield Remark(Level.WARNING, "elsewhere", sentence)
    if doubt := DOUBTS.get(ZipCode.Kind(place.kind)):
        sentence = f"{place.code} {doubt}: do homes lie there?"
        yield Remark(Level.WARNING, str(place.kind), sentence)


def _contradictions(place: Place, beside: Beside) -> Iterator[str]:
    """What a row says of the place that the reference does not."""
    if beside.town and _plain(beside.town.partition(",")[0]) != _plain(place.city):
        yield beside.town
    if beside.county and _without_suffix(_plain(beside.county.partition(",")[0])) != (
        _without_suffix(_plain(place.county))
    ):
        yield beside.county
    if beside.state and (read_state(beside.state) or beside.state) != place.state:
        yield beside.state


def _not_a_range(text: str, first: str, last: str) -> str:
    if last < first:
        return f"{quoted(text)} begins with the higher code: write {last}–{first} if that is meant."
    span = int(last) - int(first) + 1
    if span > MOST_IN_RANGE:
        return (
            f"{quoted(text)} spans {span:,} numbers, and at most {MOST_IN_RANGE:,} go in one "
            "range: write it in parts, or as counties."
        )
    return ""


def _is_taken(place: Place, *, withdraw: bool) -> bool:
    return place.kind == ZipCode.Kind.STANDARD or (withdraw and place.is_served)


def _left_out(places: list[Place]) -> Iterator[str]:
    for kind, what in LEFT_OUT.items():
        if of_kind := [place for place in places if place.kind == kind]:
            yield f"{len(of_kind):,} {what} ({_listed(of_kind)})"


def _listed(places: list[Place]) -> str:
    codes = ", ".join(place.code for place in places[:NAMED])
    return codes if len(places) <= NAMED else f"{codes} and {len(places) - NAMED:,} more"


def _index(named: Iterable[tuple[str, Place]]) -> dict[str, ByState]:
    found: dict[str, ByState] = defaultdict(lambda: defaultdict(list))
    for name, place in named:
        found[name][place.state].append(place)
    return {name: dict(by_state) for name, by_state in found.items()}


def _plain(name: str) -> str:
    """A name as names are compared: St. Louis is Saint Louis, Winston-Salem is Winston Salem."""
    words = "".join(c if c.isalnum() else " " for c in name.casefold().replace("'", "")).split()
    return " ".join(SPELLINGS.get(word, word) for word in words)


def _without_suffix(county: str) -> str:
    return next((county.removesuffix(s) for s in COUNTIES if county.endswith(s)), county)
