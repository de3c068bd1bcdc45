"""An answer of the console beside what the model says of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bookings.oracle.model import Model
from bookings.oracle.records import Row
from bookings.oracle.words import planted_in

type State = dict[Row, dict[str, Any]]


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


def judge_write(model: Model, probe: Probe, before: State, after: State) -> list[Finding]:
    """Only rows that are this person's to change changed, and what was permitted took effect."""
    if probe.viewer is not None:
        written = [row for row in before.keys() | after.keys() if before.get(row) != after.get(row)]
        wrong = [str(row) for row in written if row[0] != "viewing"]  # but for the log itself
        return [Finding("foreign write", f"in a view: {', '.join(wrong)}")] if wrong else []
    foreign = [
        what
        for row in before.keys() | after.keys()
        if before.get(row) != after.get(row)
        for what in _forbidden(model, probe, row, before, after)
    ]
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
        home_or_person = _belongs_to(row[0], new, after)
        allowed = model.may_add(who, row[0], home_or_person) and not new.get("is_superuser")
        what = "made"
    else:
        columns = {name for name in new if old[name] != new[name]}
        allowed = model.may_change(who, row, columns)
        what = f"changed in {', '.join(sorted(columns))}"
    if probe.data is None:
        return [f"{row} {what} by a GET"]
    return [] if allowed else [f"{row} {what}"]


def _belongs_to(kind: str, new: dict[str, Any], after: State) -> int | None:
    """The home of a new plan, booking or task, or who uploaded or downloaded a file."""
    if kind == "staged":
        return _belongs_to("batch", after["batch", new["batch_id"]], after)
    if kind == "line":
        return _belongs_to("task", after["task", new["task_id"]], after)
    columns = {"plan": "property_id", "booking": "property_id", "task": "property_id"}
    columns |= {"viewing": "viewer_id", "code": "property_id", "reveal": "revealed_by_id"}
    columns |= {"note": "property_id", "mute": "person_id", "feed": "person_id"}
    columns |= {"export": "exported_by_id", "review": "reviewed_by_id"}
    return new.get(columns.get(kind, "uploaded_by_id"))


def _whose(model: Model, words: set[str]) -> list[str]:
    """Where these words are planted."""
    now = {word: f"{row[0]} {name}" for row, t in model.words.items() for name, word in t.items()}
    return [f"{word} ({now.get(word, 'an older version')})" for word in sorted(words)]


def _gist(text: str) -> str:
    title = re.search(r"<title>(.*?)</title>", text, re.S)
    return " ".join(title[1].split())[:200] if title else text[:200]
