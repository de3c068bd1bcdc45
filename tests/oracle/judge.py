"""An answer of the console beside what the model says of it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.model import OF_A_HOME, Model, Row

PLANTED = re.compile(r"zq\d{6}x|1999\d{7}", re.IGNORECASE)

OWNERS = {
    **dict.fromkeys(("plan", "booking", "task", "code", "note"), "property_id"),
    **dict.fromkeys(("mute", "feed"), "person_id"),
    "viewing": "viewer_id",
    "reveal": "revealed_by_id",
    "export": "exported_by_id",
    "review": "reviewed_by_id",
}
ABOUT = {
    "bookings.property": "home",
    "bookings.awayplan": "plan",
    "bookings.booking": "booking",
    "bookings.task": "task",
}

type State = dict[Row, dict[str, Any]]


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


@dataclass
class Effect:
    """What a permitted, valid write must leave behind: in a record, or in a new one of a kind."""

    kind: str
    pk: int | None
    columns: dict[str, Any]
    changed: str = ""  # a column that must have another value than before

    def is_there(self, before: State, after: State) -> bool:
        """Whether it took effect."""
        if self.pk is not None:
            rows = [after.get((self.kind, self.pk), {})]
        else:
            rows = [row for key, row in after.items() if key[0] == self.kind and key not in before]
        old = before.get((self.kind, self.pk or 0), {})
        return any(self._is_in(row, old) for row in rows)

    def _is_in(self, row: dict[str, Any], old: dict[str, Any]) -> bool:
        if self.changed and row.get(self.changed) == old.get(self.changed):
            return False
        return all(row.get(name) == value for name, value in self.columns.items())


@dataclass
class Probe:
    """A request, and what the model says must come of it."""

    who: int | None
    endpoint: str
    path: str
    data: dict[str, Any] | None = None  # a POST where there is any
    must_show: set[str] = field(default_factory=set)
    effects: list[Effect] = field(default_factory=list)
    gone: Row | None = None  # what must be deleted by it
    signs_in: int | None = None  # whom it signs in
    viewer: int | None = None  # who looks as `who` meanwhile

    @property
    def method(self) -> str:
        return "GET" if self.data is None else "POST"

    @property
    def sent(self) -> set[str]:
        """The words that the request itself holds; an answer may repeat them."""
        return planted_in(f"{self.path} {self.data}")


@dataclass
class Finding:
    """A wrong answer, with what is needed to see it again."""

    kind: str
    detail: str
    seed: int = 0
    lock: str = "both"
    about: str = ""
    world: int = 0
    probe: int = 0
    person: str = ""
    method: str = ""
    url: str = ""


@dataclass
class Tally:
    """How much was asked, and every wrong answer."""

    probes: int = 0
    reads: int = 0
    writes: int = 0
    endpoints: Counter[str] = field(default_factory=Counter)
    shown: int = 0  # answers that had to show something, and writes that had to take effect
    effects: int = 0
    findings: list[Finding] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """Wrong answers of a kind."""
        return sum(finding.kind == kind for finding in self.findings)

    def add(self, other: Tally) -> None:
        """Take in what another run asked and found."""
        self.probes += other.probes
        self.reads += other.reads
        self.writes += other.writes
        self.endpoints += other.endpoints
        self.shown += other.shown
        self.effects += other.effects
        self.findings += other.findings


def judge_read(model: Model, probe: Probe, status: int, text: str) -> list[Finding]:
    """Nothing that this person may not read, and what they asked for if they may."""
    if status >= 500:
        return [Finding("500", f"status {status}: {_gist(text)}")]
    who, found = probe.signs_in or probe.who, planted_in(text)
    readable = model.readable(who, in_a_view=probe.viewer is not None)
    leaked = found - readable - probe.sent
    missing = probe.must_show - found
    return [
        *([Finding("leak", ", ".join(_whose(model, leaked)))] if leaked else []),
        *(
            [Finding("wrong denial", f"status {status} without {', '.join(sorted(missing))}")]
            if missing
            else []
        ),
    ]


def judge_write(
    model: Model, probe: Probe, before: State, after: State, strays: Iterable[str] = ()
) -> list[Finding]:
    """Only rows that are this person's to change changed, and what was permitted took effect.

    `strays` are other tables that were written to, which no request does.
    """
    changed = sorted(
        row for row in before.keys() | after.keys() if before.get(row) != after.get(row)
    )
    foreign = [f"{table} written to" for table in sorted(strays)]
    if probe.viewer is not None:
        foreign += [f"{row} in a view" for row in changed if row[0] != "viewing"]  # the log itself
        return [Finding("foreign write", "; ".join(foreign))] if foreign else []
    foreign += [what for row in changed for what in _forbidden(model, probe, row, before, after)]
    lost = [effect for effect in probe.effects if not effect.is_there(before, after)]
    kept = probe.gone is not None and probe.gone in after
    return [
        *([Finding("foreign write", "; ".join(foreign))] if foreign else []),
        *([Finding("wrong denial", f"without effect: {lost[0]}")] if lost else []),
        *([Finding("wrong denial", f"not deleted: {probe.gone}")] if kept else []),
    ]


def _forbidden(model: Model, probe: Probe, row: Row, before: State, after: State) -> list[str]:
    """What is wrong with the change of one row; nothing where it is the person's to make."""
    who, old, new = probe.signs_in or probe.who, before.get(row), after.get(row)
    if new is None:
        allowed, what = model.may_delete(who, row), "deleted"
    elif old is None:
        allowed, what = _may_be_made(model, who, row[0], after, new), "made"
    else:
        columns = {name for name in new if old[name] != new[name]}
        allowed = _may_be_changed(model, who, row, columns, before, after)
        what = f"changed in {', '.join(sorted(columns))}"
    if probe.data is None:
        return [f"{row} {what} by a GET"]
    return [] if allowed else [f"{row} {what}"]


def _may_be_made(
    model: Model, who: int | None, kind: str, after: State, new: dict[str, Any]
) -> bool:
    if kind == "notice":
        return model.may_tell(who, new["person_id"], _about(new["about"]))
    return model.may_add(who, kind, _belongs_to(kind, new, after)) and not new.get("is_superuser")


def _may_be_changed(
    model: Model, who: int | None, row: Row, columns: set[str], before: State, after: State
) -> bool:
    """What follows a home that moved aside, each column has to be the person's to change."""
    if row[0] in OF_A_HOME and "zip_code_id" in columns:
        columns = columns - {"zip_code_id"}
        if not _followed(model, who, row, before, after):
            return False
        if not columns:
            return True
    return model.may_change(who, row, columns)


def _followed(model: Model, who: int | None, row: Row, before: State, after: State) -> bool:
    """Whether a record went from where its home was to where that is, and who did it may."""
    home = _belongs_to(row[0], after[row], after)
    was, now = before.get(("home", home or 0)), after.get(("home", home or 0))
    return (
        home is not None
        and was is not None
        and now is not None
        and before[row]["zip_code_id"] == was["zip_code_id"]
        and after[row]["zip_code_id"] == now["zip_code_id"]
        and model.may_move(who, home)
    )


def _about(name: str) -> Row | None:
    """The record that a notice names: bookings.awayplan:12."""
    label, _, pk = name.partition(":")
    return (ABOUT[label], int(pk)) if label in ABOUT else None


def _belongs_to(kind: str, new: dict[str, Any], after: State) -> int | None:
    """The home of a record of a home, or whose another one is: who uploaded it, looks, …"""
    if kind == "staged":
        return _belongs_to("batch", after["batch", new["batch_id"]], after)
    if kind == "line":
        return _belongs_to("task", after["task", new["task_id"]], after)
    owner: int | None = new.get(OWNERS.get(kind, "uploaded_by_id"))
    return owner


def _whose(model: Model, words: set[str]) -> list[str]:
    """Where these words are planted."""
    now = {word: f"{row[0]} {name}" for row, t in model.words.items() for name, word in t.items()}
    return [f"{word} ({now.get(word, 'an older version')})" for word in sorted(words)]


def _gist(text: str) -> str:
    title = re.search(r"<title>(.*?)</title>", text, re.S)
    return " ".join(title[1].split())[:200] if title else text[:200]
