"""What a person sees and why: their ZIP codes today, what was and what comes, and their role."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from opsconsole.access.people import is_engineer, sees_everything, zip_code_ids
from staffing.care import Counted, counts_in
from staffing.explain.answers import refuse_curiosity
from staffing.explain.spans import last_day
from staffing.explain.words import Subject, say_permissions, say_role, subject
from staffing.models import User, ZipAssignment, ZipCode
from staffing.roles import ROLES

PAST_SHOWN = 20


@dataclass(frozen=True)
class ZipToday:
    """A ZIP code that a person looks after today, and what lies in it."""

    zip_code: ZipCode
    assignment: ZipAssignment
    until: datetime.date | None
    counts: list[Counted]


@dataclass(frozen=True)
class Portrait:
    """What a person sees and why."""

    person: User
    summary: str
    today: list[ZipToday]
    upcoming: list[ZipAssignment]
    past: list[ZipAssignment]
    more_past: int
    may: list[tuple[str, str]]


def what_they_see(person: User, asker: User) -> Portrait:
    """A person's ZIP codes with their dates and contents, and their role's permissions in words."""
    refuse_curiosity(person, asker)
    theirs = ZipAssignment.objects.visible_to(asker).filter(user=person)
    rows = list(theirs.granting().told().order_by("-starts_on"))
    today = _today(person, rows, asker)
    past = [row for row in rows if row.ends_on is not None and row.ends_on <= row.today_there]
    return Portrait(
        person=person,
        summary=_summary(person, len(today), subject(person, asker)),
        today=today,
        upcoming=[row for row in reversed(rows) if row.starts_on > row.today_there],
        past=past[:PAST_SHOWN],
        more_past=max(len(past) - PAST_SHOWN, 0),
        may=[] if is_engineer(person) else say_permissions(ROLES[person.user_type]),
    )


def _today(person: User, rows: Iterable[ZipAssignment], asker: User) -> list[ZipToday]:
    """One line for each ZIP code that opens today; by the same answer as enforcement."""
    ids = [] if sees_everything(person) else zip_code_ids(person)
    counts = counts_in(ids, asker) if ids else {}
    lines = []
    for pk in ids:
        there = [row for row in rows if row.content_object_id == pk]
        now = next(row for row in there if row.holds_today)  # type: ignore[attr-defined]
        lines.append(ZipToday(now.zip_code, now, last_day(there), counts[pk]))
    return sorted(lines, key=lambda line: line.zip_code.code)


def _summary(person: User, zip_codes: int, who: Subject) -> str:
    if not person.is_active:
        return f"{who.name} {who.do('see')} nothing: the account is deactivated."
    if is_engineer(person):
        return f"{who.name} {who.do('see')} everything: engineers may do everything."
    if sees_everything(person):
        held = f"{say_role(person)} are not held to ZIP codes"
        return f"{who.name} {who.do('see')} every ZIP code: {held}."
    if zip_codes == 0:
        return (
            f"{who.name} {who.do('see')} no homes today: no ZIP code is assigned. "
            "An operations manager can assign one."
        )
    those = "ZIP code" if zip_codes == 1 else f"{zip_codes} ZIP codes"
    return f"{who.name} {who.do('see')} what lies in the {those} assigned today."
