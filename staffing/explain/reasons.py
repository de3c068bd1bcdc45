"""Why a person may, or may not, do something to one object: role, scope, dates."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Model

from opsconsole.access import registry
from opsconsole.access.people import is_engineer, sees_everything
from opsconsole.dates import say_date
from staffing.explain.spans import last_day
from staffing.explain.words import (
    Subject,
    say_assignments,
    say_list,
    say_role,
    say_until,
    say_verb,
)
from staffing.models import User, ZipAssignment, ZipCode

HIDDEN = "it is not here, or it lies outside your ZIP codes"


@dataclass(frozen=True)
class Reason:
    """Yes or no, the clause that says why, and what it rests on."""

    allowed: bool
    clause: str
    assignments: tuple[ZipAssignment, ...] = ()
    until: datetime.date | None = None


@dataclass(frozen=True)
class ReasonsFor:
    """Gives the reasons about one object; `codes` are those of its ZIP codes that may be named."""

    model: type[Model]
    reach: registry.Reach
    is_there: bool
    roles: dict[str, set[str]]
    codes: list[str]
    may_see: bool  # whether the asker may; if not, what lies behind a no stays untold

    def give(self, person: User, verb: str, theirs: list[ZipAssignment], who: Subject) -> Reason:
        """The first thing that refuses, or what allows; `theirs` lead to it on their dates."""
        deeds = f"{say_verb(verb)} {self.model._meta.verbose_name_plural}"
        if not person.is_active:
            return Reason(False, "the account is deactivated")
        if not (is_engineer(person) or person.user_type in self.roles[verb]):
            return Reason(False, f"{say_role(person)} may not {deeds}")
        if not self.is_there:
            return Reason(False, HIDDEN)
        if is_engineer(person):
            return Reason(True, "engineers may do everything")
        return self._by_scope(person, f"{say_role(person)} may {deeds}", theirs, who)

    def _by_scope(
        self, person: User, may: str, theirs: list[ZipAssignment], who: Subject
    ) -> Reason:
        if registry.scope_of(self.model) is None:
            return Reason(False, "only engineers see such records")
        if sees_everything(person):
            return Reason(True, f"{may}, and see every ZIP code")
        if person.pk in self.reach.people:
            named = f"an assignment of {who.own} names it"
            own = named if self.model is ZipCode else f"it is {who.own}"
            return Reason(True, f"{may}, and {own}")
        today = tuple(row for row in theirs if row.holds_today)  # type: ignore[attr-defined]
        if not today:
            return Reason(False, self._why_out_of_scope(theirs, who))
        until = last_day(theirs)
        duties = f"{who.inside} {who.be} {say_assignments(today)}{say_until(until)}"
        return Reason(True, f"{may}, and {duties}", today, until)

    def _why_out_of_scope(self, theirs: list[ZipAssignment], who: Subject) -> str:
        if not self.may_see:
            return HIDDEN
        if not self.reach.zip_codes:
            own = "it is somebody else’s" if self.reach.people else "no ZIP code leads to it"
            return f"{own}, so it is for managers and auditors"
        for row in theirs:  # the earliest first
            if row.starts_on > row.today_there:  # type: ignore[attr-defined]
                begins = f"{row.zip_code.code} begins on {say_date(row.starts_on)}"
                return f"the assignment to {begins}"
        if theirs:
            return f"the assignment to {theirs[-1].zip_code.code} is over"
        return f"nobody assigned {say_list(self.codes, 'or')} to {who.inside}"
