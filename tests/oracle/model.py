"""Who may see and change what, said a second time: plain Python over plain data.

Written from the words of docs/access.md. It must share no code with the console (a contract of
import-linter holds that), so that an error in the registry or in a policy shows as a difference.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

type Row = tuple[str, int]  # kind and id, such as ("home", 7)


@dataclass
class Person:
    """Somebody, by role. `works` is false once they were deactivated."""

    role: str
    works: bool = True
    engineer: bool = False

    @property
    def here(self) -> bool:
        return self.works and self.role != "rerenter"


@dataclass
class Assignment:
    """A person looks after a ZIP code from a day on, until (and without) another."""

    person: int
    zip: int
    starts: datetime.date
    ends: datetime.date | None


@dataclass
class Home:
    """A home: whose, where, and how it is run."""

    owner: int
    zip: int
    lifecycle: str = "active"


@dataclass
class Note:
    """A note on a record, by somebody."""

    on: Row
    by: int


@dataclass
class Plan:
    """An away plan of a home."""

    home: int
    status: str
    filed_by: int | None
    hosting: bool


@dataclass
class Booking:
    """Guests in an away plan."""

    plan: int
    status: str


@dataclass
class Task:
    """Something to do in a home, and by whom."""

    home: int
    status: str
    assignee: int | None = None


@dataclass
class Version:
    """What a record said at one time: the words in it, and where it lay (or whose it was) then."""

    place: int | None
    words: set[str]


OFFICE = {"manager", "auditor"}
MAY: dict[str, dict[str, str]] = {
    "manager": {
        "home": "view add change restore import export",
        "plan": "view add change decide restore import",
        "booking": "view add change restore",
        "task": "view add change",
        "line": "view add change",
        "code": "view add change reveal",
        "reveal": "view",
        "note": "view add change",
        "user": "view add change import",
        "zip": "view change",
        "assignment": "view add change delete import",
        "batch": "view",
        "export": "view",
        "viewing": "view add",
        "change": "export",
        "review": "view",
    },
    "staff": {
        "home": "view change",
        "plan": "view add change decide",
        "booking": "view add change",
        "task": "view add change",
        "line": "view add change",
        "code": "view reveal",
        "note": "view add change",
        "user": "view",
        "zip": "view",
        "assignment": "view",
    },
    "auditor": {
        **dict.fromkeys(
            (
                "home",
                "plan",
                "booking",
                "task",
                "line",
                "code",
                "reveal",
                "note",
                "user",
                "zip",
                "assignment",
                "batch",
                "export",
                "viewing",
            ),
            "view",
        ),
        "change": "export",
        "review": "view add",
    },
}
LOGS = {"viewing", "batch", "staged", "export", "review", "reveal", "note"}
OF_ONESELF = {"password", "password_set_at", "last_login"}
WITHDRAWN = {"withdrawn_at", "withdrawn_by_id"}
FOR_MANAGERS = {
    "home": {"external_ref", "owner_id", "is_default", "zip_code_id", "city", "state", "timezone"},
    "plan": {"property_id"},
    "booking": {"property_id", "away_plan_id"},
    "task": {"property_id", "away_plan_id", "booking_id"},
    "line": {"task_id"},
    "code": {"property_id"},
}
OF_A_HOME = {"plan", "booking", "task", "line", "code", "note"}  # what lies where its home lies


@dataclass
class Model:
    """A small company as data, and the answers of access.md about it."""

    people: dict[int, Person] = field(default_factory=dict)
    zips: dict[int, str] = field(default_factory=dict)  # id and time zone
    assignments: dict[int, Assignment] = field(default_factory=dict)
    homes: dict[int, Home] = field(default_factory=dict)
    plans: dict[int, Plan] = field(default_factory=dict)
    bookings: dict[int, Booking] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)  # id of a checklist's line, and its task
    codes: dict[int, int] = field(default_factory=dict)  # id of a door code, and its home
    notes: dict[int, Note] = field(default_factory=dict)
    batches: dict[int, int] = field(default_factory=dict)  # id and who uploaded it
    staged: dict[int, int] = field(default_factory=dict)  # id and batch
    exports: dict[int, int] = field(default_factory=dict)  # id and who exported
    viewings: dict[int, int] = field(default_factory=dict)  # id and who looked as somebody else
    notices: dict[int, int] = field(default_factory=dict)  # id and whom it is for
    views: dict[int, tuple[int, bool]] = field(default_factory=dict)  # id, whose, and if shared
    mutes: dict[int, int] = field(default_factory=dict)  # id and who is not to be told
    words: dict[Row, dict[str, str]] = field(default_factory=dict)  # what each row says now
    versions: dict[Row, list[Version]] = field(default_factory=lambda: defaultdict(list))
    looked_up: dict[int, set[int]] = field(default_factory=dict)  # until the next probe

    # What there is

    def rows(self) -> Iterator[Row]:
        """Every record."""
        tables: dict[str, Iterable[int]] = {
            "user": self.people,
            "zip": self.zips,
            "assignment": self.assignments,
            "home": self.homes,
            "plan": self.plans,
            "booking": self.bookings,
            "task": self.tasks,
            "line": self.lines,
            "code": self.codes,
            "note": self.notes,
            "batch": self.batches,
            "staged": self.staged,
            "export": self.exports,
            "viewing": self.viewings,
            "notice": self.notices,
            "view": self.views,
            "mute": self.mutes,
        }
        for kind, table in tables.items():
            for pk in table:
                yield kind, pk

    def home_of(self, row: Row) -> Home | None:
        """The home that a record is, or belongs to."""
        kind, pk = row
        if kind == "booking":
            return self.home_of(("plan", self.bookings[pk].plan)) if pk in self.bookings else None
        if kind == "line":
            return self.home_of(("task", self.lines[pk])) if pk in self.lines else None
        if kind == "code":
            return self.homes.get(self.codes[pk]) if pk in self.codes else None
        if kind == "note":
            return self.home_of(self.notes[pk].on) if pk in self.notes else None
        if kind == "task":
            return self.homes.get(self.tasks[pk].home) if pk in self.tasks else None
        if kind == "plan":
            return self.homes.get(self.plans[pk].home) if pk in self.plans else None
        return self.homes.get(pk) if kind == "home" else None

    def place_of(self, row: Row) -> int | None:
        """What a version of this record keeps of where it lay, or whose it was."""
        if row[0] == "assignment":
            return self.assignments[row[1]].person
        home = self.home_of(row)
        return home.zip if home else None

    # What somebody may see

    def today(self, zip_code: int) -> datetime.date:
        """Today by the clock of a ZIP code."""
        return datetime.datetime.now(ZoneInfo(self.zips[zip_code])).date()

    def days(self) -> tuple[datetime.date, ...]:
        """Today by every clock: what no probe may straddle."""
        return tuple(self.today(pk) for pk in self.zips)

    def zips_of(self, who: int) -> set[int]:
        """The ZIP codes that a person looks after today."""
        if who not in self.looked_up:
            self.looked_up[who] = {
                a.zip
                for a in self.assignments.values()
                if a.person == who
                and a.starts <= self.today(a.zip)
                and (a.ends is None or self.today(a.zip) < a.ends)
            }
        return self.looked_up[who]

    def is_on_duty(self, who: int | None, zip_code: int) -> bool:
        """Whether somebody who works here looks after a ZIP code today."""
        person = self.people.get(who or 0)
        return bool(person and person.here) and zip_code in self.zips_of(who or 0)

    def sees_all(self, who: int | None) -> bool:
        """Whether ZIP codes don't limit this person."""
        person = self.people.get(who or 0)
        return bool(person and person.here and (person.engineer or person.role in OFFICE))

    def may_see(self, who: int | None, row: Row) -> bool:
        """Whether a record is this person's to look at."""
        kind, pk = row
        person = self.people.get(who or 0)
        if who is None or person is None or not person.here:
            return False
        if kind == "user" and self.people[pk].engineer and not person.engineer:
            return False
        if kind == "staged":
            return self.batches[self.staged[pk]] == who and self.may(who, "import", "home")
        if kind == "notice":
            return self.notices[pk] == who
        if kind == "view":
            whose, is_shared = self.views[pk]
            return is_shared or whose == who
        if kind == "mute":
            return self.mutes[pk] == who
        if self.sees_all(who):
            return True
        if kind == "user":
            mine = self.zips_of(who)
            return pk == who or any(h.owner == pk and h.zip in mine for h in self.homes.values())
        if kind == "zip":
            return any(a.person == who and a.zip == pk for a in self.assignments.values())
        if kind == "assignment":
            return self.assignments[pk].person == who
        home = self.home_of(row)
        return home is not None and home.zip in self.zips_of(who)

    def is_private(self, row: Row) -> bool:
        """Whether a record is for one person's eyes, and not for who looks as them."""
        return row[0] == "notice" or (row[0] == "view" and not self.views[row[1]][1])

    def may_read(self, who: int | None, row: Row, version: Version) -> bool:
        """Whether a version of a record is: it is theirs now, and lay in their ZIP codes then."""
        if who is None or not self.may_see(who, row):
            return False
        if self.sees_all(who):
            return True
        if row[0] == "user":
            return row[1] == who  # where somebody's versions were written, nobody knows
        return (
            version.place == who if row[0] == "assignment" else version.place in self.zips_of(who)
        )

    def readable(self, who: int | None, *, in_a_view: bool = False) -> set[str]:
        """Every word that may stand in an answer to this person, or to who looks as them."""
        person = self.people.get(who or 0)
        if who is None or person is None or not person.works:
            return set()
        found = set(self.words[("user", who)].values())
        if not person.here:
            return found
        for pk, other in self.people.items():
            if other.role != "rerenter":
                found.add(self.words[("user", pk)]["full_name"])
        for row in self.rows():
            if self.may_see(who, row) and not (in_a_view and self.is_private(row)):
                found |= set(self.words.get(row, {}).values())
                for version in self.versions[row]:
                    found |= version.words if self.may_read(who, row, version) else set()
        if self.sees_all(who):  # what is left of records that are gone
            gone = self.versions.keys() - set(self.rows())
            found |= {
                word for row in gone for version in self.versions[row] for word in version.words
            }
        return found

    # What somebody may do

    def may(self, who: int | None, verb: str, kind: str, pk: int | None = None) -> bool:
        """Whether the role allows this, and the scope, where it is about one record."""
        person = self.people.get(who or 0)
        if person is None or not person.here:
            return False
        role = "manager" if person.engineer else person.role  # no role may more than managers
        if verb not in MAY[role].get(kind, "").split():
            return False
        return pk is None or self.may_see(who, (kind, pk))

    def may_change(self, who: int | None, row: Row, columns: set[str]) -> bool:
        """Whether these columns of a record are this person's to change."""
        person = self.people.get(who or 0)
        if who is None or person is None or not person.here:
            return False
        if row == ("user", who) and columns <= OF_ONESELF:
            return True
        if row[0] == "notice":
            return self.may_see(who, row) and columns <= {"read_at"}
        if row[0] == "view":
            may = person.role == "manager" or person.engineer or not self.views[row[1]][1]
            return may and self.may_see(who, row)
        if row[0] in OF_A_HOME and "zip_code_id" in columns:
            return False  # nobody moves it: it follows its home
        if row[0] == "note":  # withdrawing it, by who wrote it
            own = row[1] in self.notes and self.notes[row[1]].by == who
            return own and columns <= WITHDRAWN and self.may(who, "change", *row)
        if person.engineer and row[0] not in LOGS:
            return True
        if row[0] == "viewing":
            return self.viewings.get(row[1]) == who  # ending it
        if row[0] == "export":
            return False  # it is the log
        if row[0] in ("batch", "staged"):
            batch = row[1] if row[0] == "batch" else self.staged[row[1]]
            return self.batches[batch] == who and self.may(who, "import", "home")
        if not self.may(who, "change", *row) or "is_superuser" in columns:
            return False
        return person.role == "manager" or not columns & FOR_MANAGERS.get(row[0], set())

    def may_move(self, who: int | None, home: int) -> bool:
        """Whether this person may move a home to another ZIP code, and with it what is its own."""
        return self.may_change(who, ("home", home), {"zip_code_id"})

    def may_tell(self, who: int | None, person: int | None, about: Row | None) -> bool:
        """Whether who does something with a record may have somebody told of it: who sees it."""
        if about is None:
            return person == who
        return self.may(who, "add", "note") and all(self.may_see(p, about) for p in (who, person))

    def may_add(self, who: int | None, kind: str, belongs_to: int | None) -> bool:
        """Whether a new record of this kind may be this person's: in which home, or whose."""
        if kind in ("batch", "staged"):
            return self.may(who, "import", "home") and belongs_to == who
        if kind == "export":
            may = self.may(who, "export", "home") or self.may(who, "export", "change")
            return may and belongs_to == who
        if kind == "review":
            person = self.people.get(who or 0)
            is_engineer = bool(person and person.here and person.engineer)
            return (is_engineer or self.may(who, "add", "review")) and belongs_to == who
        if kind == "viewing":
            return self.may(who, "add", "viewing") and belongs_to == who
        if kind in ("mute", "feed"):
            return belongs_to == who
        if kind == "reveal":  # who was shown what: by the database alone
            return self.may(who, "reveal", "code") and belongs_to == who
        if not self.may(who, "add", kind):
            return False
        return kind not in ("plan", "booking", "task", "line", "code", "note") or (
            belongs_to is not None and self.may_see(who, ("home", belongs_to))
        )

    def may_delete(self, who: int | None, row: Row) -> bool:
        """Whether a record is this person's to delete."""
        if row[0] == "staged":
            return self.may_change(who, row, set())
        if row[0] == "mute":
            return self.may_see(who, row)
        return self.may(who, "delete", *row)
