"""What assigning people to ZIP codes would do, one person and one ZIP code at a time."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import TextChoices

from opsconsole.dates import say_date, say_term
from staffing.models import User, ZipAssignment, ZipCode


class Outcome(TextChoices):
    """What becomes of one person and one ZIP code."""

    NEW = "new", "New"
    HAS = "has", "There already"
    OVERLAPS = "overlaps", "Overlapping"
    NOT_STAFF = "not_staff", "Not active staff"


@dataclass(frozen=True)
class Wish:
    """Who is to look after which ZIP codes, and on what terms."""

    people: list[User]
    zip_codes: list[ZipCode]
    duty: str
    starts_on: datetime.date
    ends_on: datetime.date | None = None
    covers_for: User | None = None
    note: str = ""

    @property
    def dates(self) -> str:
        """The dates as staff say them."""
        return say_term(self.starts_on, self.ends_on)

    @property
    def duty_word(self) -> str:
        """The duty inside a sentence."""
        return str(ZipAssignment.Duty(self.duty).label).lower()


@dataclass(frozen=True)
class Pair:
    """One person and one ZIP code: what becomes of them, and why."""

    person: User
    zip_code: ZipCode
    outcome: Outcome
    sentence: str

    @property
    def key(self) -> str:
        """Names the pair in the token of a preview."""
        return f"{self.person.pk}-{self.zip_code.pk}"


def preview(wish: Wish) -> list[Pair]:
    """Every person with every ZIP code, as they stand now; nothing is written."""
    rivals = _rivals(wish)
    return [
        _pair(wish, person, zip_code, rivals[person.pk, zip_code.pk])
        for person in wish.people
        for zip_code in wish.zip_codes
    ]


def effects(wish: Wish, pairs: list[Pair]) -> list[str]:
    """A sentence for each person who gains a ZIP code. By assigning nobody loses any."""
    gained: dict[User, list[str]] = defaultdict(list)
    for pair in pairs:
        if pair.outcome == Outcome.NEW:
            gained[pair.person].append(pair.zip_code.code)
    return [
        f"{person} gains {say_codes(codes)} as {wish.duty_word}, {wish.dates}."
        for person, codes in gained.items()
    ]


def say_codes(codes: list[str], most: int = 8) -> str:
    """ZIP codes in a sentence: all of a few, the first ones of many."""
    shown = ", ".join(codes[:most])
    return shown if len(codes) <= most else f"{len(codes):,} ZIP codes ({shown}, …)"


def _rivals(wish: Wish) -> dict[tuple[int, int], list[ZipAssignment]]:
    """What these people have of these ZIP codes already on some of the days."""
    zip_codes = [zip_code.pk for zip_code in wish.zip_codes]
    theirs = ZipAssignment.objects.granting().filter(user__in=wish.people)
    having = theirs.within(wish.starts_on, wish.ends_on).filter(content_object__any=zip_codes)
    rivals: dict[tuple[int, int], list[ZipAssignment]] = defaultdict(list)
    for assignment in having.order_by("starts_on"):
        rivals[assignment.user_id, assignment.content_object_id].append(assignment)
    return rivals


def _pair(wish: Wish, person: User, zip_code: ZipCode, rivals: list[ZipAssignment]) -> Pair:
    if not (person.is_active and person.user_type == User.Type.STAFF):
        sentence = "Only active staff look after ZIP codes: nothing is written."
        return Pair(person, zip_code, Outcome.NOT_STAFF, sentence)
    if not rivals:
        return Pair(person, zip_code, Outcome.NEW, f"{wish.duty_word.capitalize()} {wish.dates}.")
    has = "; ".join(f"{a.get_duty_display().lower()} {a.dates}" for a in rivals)
    if len(rivals) == 1 and _contains(rivals[0], wish):
        return Pair(person, zip_code, Outcome.HAS, f"Is {has}: nothing is written.")
    sentence = (
        f"Is {has}: nothing is written. Choose other dates, or end that one by "
        f"{say_date(wish.starts_on)} first."
    )
    return Pair(person, zip_code, Outcome.OVERLAPS, sentence)


def _contains(assignment: ZipAssignment, wish: Wish) -> bool:
    """Whether the assignment holds on all of the days that are asked for."""
    if assignment.starts_on > wish.starts_on:
        return False
    if assignment.ends_on is None:
        return True
    return wish.ends_on is not None and wish.ends_on <= assignment.ends_on
