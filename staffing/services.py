"""What managers do with assignments: the only way they are given, changed and ended.

A step that can't be taken raises `Refused` with a sentence that a person understands; nothing
has changed then. Each lands in the history with who did it and why.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError, OperationalError
from django.db.models import F

from opsconsole.access.acting import because
from opsconsole.database.refusals import ReasonMissing, Refused, sentence_for
from opsconsole.dates import say_date
from staffing.followers import assignments_changed
from staffing.models import User, ZipAssignment, ZipCode
from staffing.models.assignments import operate_zip_code
from staffing.previews import Outcome, Pair, Wish, preview
from staffing.querysets import TodayIn

OVER = "These dates are over already: check the year."


class Drifted(Refused):
    """What was previewed is not what would happen now: `lines` say what differs."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("Something changed since the preview. Nothing was written.")
        self.lines = lines


# Giving


def assign(assignment: ZipAssignment, *, by: User | None, reason: str = "") -> ZipAssignment:
    """Give a member of staff a ZIP code."""
    assignment.granted_by = by
    with _step_on([assignment.content_object_id], by, reason) as today:
        _allow_dates(assignment.ends_on, today[assignment.content_object_id])
        _allow_person(assignment.user)
        assignment.save()
    return assignment


def assign_many(
    wish: Wish, *, by: User, reason: str, previewed: Mapping[str, str] | None = None
) -> list[Pair]:
    """Write what is new of a wish, all or nothing; return every pair with what became of it.

    With `previewed` (a sentence for each pair's key), nothing is written unless all of it
    still holds: `Drifted` lists what does not.
    """
    _say_why(reason, "assigned")
    with _step_on([zip_code.pk for zip_code in wish.zip_codes], by, reason) as today:
        for zip_code in wish.zip_codes:
            _allow_dates(wish.ends_on, today[zip_code.pk])
        pairs = preview(wish)
        if previewed is not None:
            _hold_to(previewed, pairs)
        ZipAssignment.objects.bulk_create(_new(wish, pairs, by))
    return pairs


def _new(wish: Wish, pairs: list[Pair], by: User) -> list[ZipAssignment]:
    permission = operate_zip_code()
    return [
        ZipAssignment(
            user=pair.person,
            content_object=pair.zip_code,
            permission=permission,
            duty=wish.duty,
            covers_for=wish.covers_for,
            starts_on=wish.starts_on,
            ends_on=wish.ends_on,
            granted_by=by,
            note=wish.note,
        )
        for pair in pairs
        if pair.outcome == Outcome.NEW
    ]


def _hold_to(previewed: Mapping[str, str], pairs: list[Pair]) -> None:
    drifted = [
        f"{pair.person} in {pair.zip_code}: {pair.outcome.label.lower()}. {pair.sentence}"
        for pair in pairs
        if previewed.get(pair.key) != pair.sentence
    ]
    if drifted or len(previewed) != len(pairs):
        raise Drifted(drifted or ["People or ZIP codes of the preview are no longer there."])


# Changing


def change(assignment: ZipAssignment, *, by: User, reason: str = "") -> ZipAssignment:
    """Save what was changed on an assignment: its duty, dates, note; never whose or where it is.

    Taking days away needs a reason, and takes none that are over: they were worked.
    """
    with _step_on([assignment.content_object_id], by, reason) as today:
        before = _as_stored(assignment)
        if (before.user_id, before.content_object_id) != (
            assignment.user_id,
            assignment.content_object_id,
        ):
            raise Refused("Whose assignment it is, and where, stays: end it and make another.")
        if _is_shorter(before, assignment):
            _say_why(reason, "shortened")
        if assignment.ends_on != before.ends_on:
            _allow_end(assignment.ends_on, today[assignment.content_object_id])
        assignment.save()
    return assignment


def _is_shorter(before: ZipAssignment, after: ZipAssignment) -> bool:
    later_start = after.starts_on > before.starts_on
    end, end_before = after.ends_on or datetime.date.max, before.ends_on or datetime.date.max
    return later_start or end < end_before


# Ending


def end_assignment(
    assignment: ZipAssignment, *, by: User, reason: str, on: datetime.date | None = None
) -> None:
    """End one assignment today, by its ZIP code's clock, or on a later day.

    One that has not begun by then is called off: deleted, and kept by the history.
    """
    end_many([assignment.pk], by=by, reason=reason, on=on)


def end_many(
    pks: Iterable[int], *, by: User, reason: str, on: datetime.date | None = None
) -> tuple[int, int]:
    """End several, all or nothing; return how many were ended and how many called off."""
    _say_why(reason, "ended")
    pks = set(pks)
    chosen = ZipAssignment.objects.filter(pk__in=pks)
    zip_codes = list(chosen.order_by().values_list("content_object_id", flat=True).distinct())
    with _step_on(zip_codes, by, reason) as today:
        assignments = list(chosen.select_related("user", "content_object"))
        if len(assignments) < len(pks):
            raise Refused(
                "An assignment that you chose is no longer there. Nothing was ended: choose again."
            )
        ends = {a.pk: on or today[a.content_object_id] for a in assignments}
        for assignment in assignments:
            _allow_end(ends[assignment.pk], today[assignment.content_object_id])
            _allow_ending(assignment, ends[assignment.pk])
        return _end(assignments, ends)


def _end(assignments: list[ZipAssignment], ends: dict[int, datetime.date]) -> tuple[int, int]:
    begun: dict[datetime.date, list[int]] = defaultdict(list)  # two days: clocks differ
    called_off: list[int] = []
    for assignment in assignments:
        has_begun = assignment.starts_on < ends[assignment.pk]
        (begun[ends[assignment.pk]] if has_begun else called_off).append(assignment.pk)
    for day, pks in begun.items():
        ZipAssignment.objects.filter(pk__in=pks).update(ends_on=day)
    gone = ZipAssignment.objects.filter(pk__in=called_off)
    gone._raw_delete(gone.db)  # one statement: nothing hangs from an assignment
    return sum(map(len, begun.values())), len(called_off)


def _allow_ending(assignment: ZipAssignment, on: datetime.date) -> None:
    if assignment.ends_on is not None and assignment.ends_on <= on:
        raise Refused(
            f"{assignment} ends on {say_date(assignment.ends_on)} already: "
            "leave it out, or choose an earlier day. Nothing was ended."
        )


# How a step is taken


@contextmanager
def _step_on(
    zip_codes: list[int], by: User | None, reason: str
) -> Iterator[dict[int, datetime.date]]:
    """One step in these ZIP codes, all or nothing: the block gets today's date in each.

    What follows from it elsewhere is part of it. Steps queue up at the ZIP codes, in their order,
    so that rivals can't deadlock; what the database refuses comes back as a sentence.
    """
    try:
        with because(reason, by=by):
            yield _queue_at(zip_codes)
            assignments_changed(zip_codes)
    except (IntegrityError, OperationalError) as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        raise Refused(sentence) from error


def _queue_at(zip_codes: list[int]) -> dict[int, datetime.date]:
    """Lock the ZIP codes in their order, and tell today's date in each."""
    locked = ZipCode.objects.filter(pk__any=zip_codes).order_by("pk").select_for_update(no_key=True)
    return dict(locked.values_list("pk", TodayIn(F("timezone"))))


def _as_stored(assignment: ZipAssignment) -> ZipAssignment:
    try:
        return ZipAssignment.objects.get(pk=assignment.pk)
    except ZipAssignment.DoesNotExist:
        raise Refused("This assignment was called off meanwhile. Nothing was saved.") from None


def _allow_person(person: User) -> None:
    if not (person.is_active and person.user_type == User.Type.STAFF):
        raise Refused(say_not_staff(str(person)))


def say_not_staff(name: str) -> str:
    """Why somebody is given no ZIP code."""
    return f"{name} is not active staff: only active staff look after ZIP codes."


def _allow_dates(end: datetime.date | None, today: datetime.date) -> None:
    if end is not None and end <= today:
        raise Refused(OVER)


def _allow_end(end: datetime.date | None, today: datetime.date) -> None:
    if end is not None and end < today:
        raise Refused(
            f"An assignment can’t end before today, {say_date(today)} there: "
            "until then the ZIP code was open to its person."
        )


def _say_why(reason: str, what: str) -> None:
    if not reason.strip():
        raise ReasonMissing(f"Say why it is {what}.")
