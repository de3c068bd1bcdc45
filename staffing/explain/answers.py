"""Who may do what to an object, by which role and which assignment, until when."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet

from opsconsole.access import registry
from opsconsole.access.people import is_engineer, sees_everything
from staffing.explain.reasons import Reason, ReasonsFor
from staffing.explain.words import say_model, say_verb, subject
from staffing.models import User, ZipAssignment, ZipCode
from staffing.roles import roles_that_may, verbs_on


@dataclass(frozen=True)
class Answer:
    """Whether a person may do something to an object, and why, in one sentence."""

    person: User
    verb: str
    reason: Reason
    sentence: str

    @property
    def allowed(self) -> bool:
        """The yes or no that enforcement gives."""
        return self.reason.allowed

    @property
    def assignments(self) -> tuple[ZipAssignment, ...]:
        """Those that lead to the object today; none where another reason does."""
        return self.reason.assignments

    @property
    def until(self) -> datetime.date | None:
        """The last day that it holds, None where no date ends it."""
        return self.reason.until


@dataclass(frozen=True)
class Seer:
    """Somebody who can see an object, and what else they may do to it."""

    person: User
    answers: list[Answer]

    @property
    def sight(self) -> Answer:
        """Why, and until when, they see it."""
        return self.answers[0]


@dataclass(frozen=True)
class Seers:
    """Those who can see an object; engineers are counted, and for engineers alone."""

    people: list[Seer]
    engineers: int | None
    verbs: list[str]
    zip_codes: list[ZipCode]


def explain(person: User, verb: str, obj: Model, asker: User) -> Answer:
    """Whether a person may `verb` an object, told as far as the asker may know."""
    refuse_curiosity(person, asker)
    return _Question(obj, asker).ask([person], [verb])[0].answers[0]


def explain_all(person: User, obj: Model, asker: User) -> Seer:
    """The answers for each verb that some role has on such an object; seeing comes first."""
    refuse_curiosity(person, asker)
    return _Question(obj, asker).ask([person])[0]


def who_can_see(obj: Model, asker: User) -> Seers:
    """Everybody who can see an object, staff first; those held to ZIP codes learn of themselves."""
    question = _Question(obj, asker)
    people: Iterable[User] = question.candidates() if sees_everything(asker) else [asker]
    seers = [seer for seer in question.ask(people) if seer.sight.allowed]
    engineers = User.objects.filter(is_superuser=True, is_active=True)
    return Seers(
        people=sorted(seers, key=lambda seer: (sees_everything(seer.person), str(seer.person))),
        engineers=engineers.count() if is_engineer(asker) else None,
        verbs=question.verbs,
        zip_codes=question.zip_codes,
    )


def refuse_curiosity(person: User, asker: User) -> None:
    """Those held to ZIP codes ask about themselves alone; engineers are nobody's to ask about."""
    if person != asker and not sees_everything(asker):
        raise PermissionDenied("Only managers and auditors may ask what others see.")
    if person != asker and person.is_superuser and not is_engineer(asker):
        raise PermissionDenied("There is nobody like that to ask about.")


class _Question:
    """One object, with all that the answers about it need, asked of the database once."""

    def __init__(self, obj: Model, asker: User) -> None:
        self.model, self.asker = type(obj), asker
        self.reach = registry.reach_of(obj)
        self.verbs = verbs_on(self.model)
        label = f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"
        may_see = asker.has_perm(label, obj)
        codes = ZipCode.objects.visible_to(asker).filter(pk__in=self.reach.zip_codes)
        self.zip_codes = list(codes) if may_see else []
        self.reasons = ReasonsFor(
            model=self.model,
            reach=self.reach,
            is_there=self.model._base_manager.filter(pk=obj.pk).exists(),
            roles=roles_that_may(self.model),
            codes=[zip_code.code for zip_code in self.zip_codes],
            may_see=may_see,
        )

    def candidates(self) -> QuerySet[User]:
        """Active people whom a role, an assignment or their own name could lead to the object."""
        assigned = ZipAssignment.objects.current().filter(content_object__in=self.reach.zip_codes)
        people = User.objects.visible_to(self.asker).filter(is_active=True, is_superuser=False)
        return people.filter(
            Q(user_type__in=User.OFFICE)
            | Q(pk__in=self.reach.people)
            | Q(pk__in=assigned.order_by().values("user"))
        )

    def ask(self, people: Iterable[User], verbs: Iterable[str] = ()) -> list[Seer]:
        """An answer for each person and verb."""
        people, verbs = list(people), list(verbs) or self.verbs
        theirs = self._assignments_of(people)
        return [
            Seer(person, [self._answer(person, verb, theirs[person.pk]) for verb in verbs])
            for person in people
        ]

    def _assignments_of(self, people: list[User]) -> dict[Any, list[ZipAssignment]]:
        """Theirs that lead, led or will lead to the object."""
        rows = ZipAssignment.objects.visible_to(self.asker).granting().told().order_by("starts_on")
        held = [person.pk for person in people if not sees_everything(person)]
        found: dict[Any, list[ZipAssignment]] = defaultdict(list)
        for row in rows.filter(user__in=held, content_object__in=self.reach.zip_codes):
            found[row.user_id].append(row)
        return found

    def _answer(self, person: User, verb: str, theirs: list[ZipAssignment]) -> Answer:
        who = subject(person, self.asker)
        reason = self.reasons.give(person, verb, theirs, who)
        may = "may" if reason.allowed else "may not"
        what = f"{say_verb(verb)} this {say_model(self.model)}"
        return Answer(person, verb, reason, f"{who.name} {may} {what}: {reason.clause}.")
