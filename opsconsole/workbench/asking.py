"""Which changes the address of a page asks for: read, looked up in the person's scope, and said."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from opsconsole.access.people import Person
from opsconsole.dates import say_date
from opsconsole.history.names import Names
from opsconsole.workbench.kinds import Kind, kinds_for

ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """The changes that are asked for: all that the person may read, but for what is named here.

    Of `people`, `homes` and `batches`, None stands for whichever; an empty set would be none.
    """

    kinds: tuple[Kind, ...]
    record: int | None = None
    people: frozenset[int] | None = None
    role: str = ""
    homes: frozenset[int] | None = None
    places: frozenset[int] | None = None
    zip_code: int | None = None
    changed: str = ""
    happened: str = ""
    source: str = ""
    batches: frozenset[int] | None = None
    request: UUID | None = None
    reason: str = ""
    flag: str = ""
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    words: str = field(default="", compare=False)


def everything(person: Person) -> Asked:
    """All changes that this person may read."""
    return Asked(tuple(kinds_for(person)))


def from_day(day: datetime.date | None) -> datetime.datetime | None:
    """The moment at which a day begins, by the console's clock."""
    if day is None:
        return None
    midnight = datetime.datetime.combine(day, datetime.time())
    return timezone.make_aware(midnight, timezone.get_default_timezone())


def in_words(form: Any) -> str:
    """The filter as people say it; empty where nothing is asked for."""
    return "; ".join(_parts(form))


def _parts(form: Any) -> Iterator[str]:
    for name, box in form.fields.items():
        value = form.cleaned_data.get(name)
        if value in (None, "", ()) or name == "after":
            continue
        if name == "record":
            yield f"{box.label.lower()}: {_record_in_words(value, form.person)}"
            continue
        choices = {str(key): label for key, label in _flat(getattr(box, "choices", ()))}
        said = form.data.get(name, "") if not isinstance(value, datetime.date) else say_date(value)
        yield f"{box.label.lower()}: {choices.get(str(said), said)}"


def _record_in_words(record: tuple[Kind, int], person: Person) -> str:
    kind, pk = record
    names = Names(person, {kind.model: {pk}}, timezone.get_default_timezone())
    return f"{kind.one} {names.of(kind.model, pk)}"


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label
