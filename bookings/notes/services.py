"""What is done with notes: write one on a record, and withdraw it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone

from bookings.models import AwayPlan, Booking, Property, RecordNote, Task
from bookings.models.notes import MINUTES
from bookings.notes.mentions import mentioned_in
from bookings.querysets import RecordNoteQuerySet
from opsconsole.access import registry
from opsconsole.access.acting import because
from opsconsole.database.refusals import Refused
from opsconsole.notices.models import Kind
from opsconsole.notices.telling import notify
from staffing.models import User
from staffing.seers import colleagues_who_see

ON: dict[type[models.Model], str] = {AwayPlan: "away_plan", Booking: "booking", Task: "task"}
TOO_LATE = (
    f"A note can be withdrawn for {MINUTES} minutes, by who wrote it. "
    "Write another one that puts it right."
)
LEFT = "This record left your ZIP codes meanwhile. Nothing was saved."


def notes_on(record: Any, viewer: User) -> RecordNoteQuerySet:
    """The notes on this record itself, oldest first."""
    found = RecordNote.objects.visible_to(viewer).named().order_by("pk")
    return found.filter(**place_of(record))


def home_of(record: Any) -> Property:
    """The home that a record is about: it says by whose clock, and who sees the record."""
    home: Property = record if isinstance(record, Property) else record.property
    return home


def people_for(record: Any, viewer: User) -> dict[int, str]:
    """The colleagues who see a record, by name: these can be mentioned on it."""
    return colleagues_who_see(home_of(record).zip_code_id, viewer)


def add_note(record: Any, text: str, *, by: User) -> RecordNote:
    """Write a note, and tell those who are mentioned and those who took part before.

    Somebody who does not see the record is refused in the same words as somebody who is not there.
    """
    people = people_for(record, by)
    mentioned, unknown = mentioned_in(text, people)
    if unknown:
        raise Refused(_say_unknown(unknown))
    with because(by=by):
        if not registry.in_scope(by, record):
            raise Refused(LEFT)
        earlier = list(notes_on(record, by))
        place = {**place_of(record), "property": home_of(record)}
        note = RecordNote.objects.create(
            **place, text=text, mentioned=sorted(mentioned), written_by=by
        )
        _tell(note, record, people, earlier)
    return note


def withdraw(note: RecordNote, *, by: User) -> None:
    """Take back what one wrote a moment ago: its place says so, and its text is not shown."""
    if note.written_by_id != by.pk or not note.may_still_be_withdrawn:
        raise Refused(TOO_LATE)
    note.withdrawn_by, note.withdrawn_at = by, timezone.now()
    with because(by=by):
        note.save(update_fields=["withdrawn_by", "withdrawn_at"])


def place_of(record: Any) -> dict[str, Any]:
    """The relations of a note on this record: a home's own notes name no other."""
    if name := ON.get(type(record)):
        return {name: record}
    return {"property": record, **dict.fromkeys(ON.values())}


def _say_unknown(words: Iterable[str]) -> str:
    named = " and ".join(f"“@{word}”" for word in dict.fromkeys(words))
    return (
        f"Nobody who sees this record is called {named}. Write a full name as the list of people "
        "has it, or leave out the @. Nothing was saved."
    )


def _tell(note: RecordNote, record: Any, people: dict[int, str], earlier: list[RecordNote]) -> None:
    """A notice names who wrote and what kind of record it is, and nothing of the record itself.

    It outlives the assignment of whom it is for.
    """
    noun = record._meta.verbose_name
    an = f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    took_part = {pk for each in earlier for pk in (each.written_by_id, *each.mentioned)}
    by, mentioned = note.written_by, set(note.mentioned)
    said = [
        (mentioned, Kind.MENTION, f"{by} mentioned you in a note on {an}."),
        (took_part - mentioned, Kind.NOTE, f"{by} wrote another note on {an}."),
    ]
    page = reverse(f"admin:bookings_{record._meta.model_name}_change", args=[record.pk])
    for whom, kind, sentence in said:
        for pk in sorted((whom & people.keys()) - {note.written_by_id}):
            notify(User(pk=pk), sentence, f"{page}#notes", kind=kind, about=record)
