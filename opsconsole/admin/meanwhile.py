"""What changed in a record while somebody had its form open, told field by field."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from opsconsole.history.story import clock_of, who_wrote
from opsconsole.history.versions import version_of, versions_of
from opsconsole.history.words import Names, label_of, named_in, say, told_fields

LOOKED_AT = 500  # versions since it was opened, for who changed a field last


@dataclass(frozen=True)
class Row:
    """One field: what it was, what it is and through whom, and what the person typed."""

    name: str
    label: str
    was: str | None  # None where nobody knows what the person saw
    now: str
    who: str
    when: datetime.datetime | None
    typed: str | None  # None where the person did not touch it
    is_open: bool  # the person is to choose


def tell_meanwhile(form: Any, opened: int | None, viewer: Any) -> list[Row]:
    """The fields that changed since the version that was opened, or that were typed into."""
    record, typed = form.stored, form.typed
    before = version_of(record, opened, viewer)
    since = list(versions_of(record, viewer).filter(history_id__gt=opened or 0)[:LOOKED_AT])
    wanted = named_in(type(record), [before, record])
    for field, value in typed.items():
        if field.is_relation:
            wanted[field.related_model].add(value)
    wanted[get_user_model()] |= {version.history_user_id for version in since}
    names = Names(viewer, wanted, clock_of(record))
    return list(_rows(form, typed, before, since if before else [], names))


def _rows(
    form: Any, typed: dict[Any, Any], before: Any, since: list[Any], names: Names
) -> Iterator[Row]:
    for field in told_fields(type(form.stored)):
        now = getattr(form.stored, field.attname)
        was = getattr(before, field.attname) if before else None
        if field not in typed and (before is None or was == now):
            continue
        last = next((v for v in since if field.name in v.changed_fields), None)
        yield Row(
            name=field.name,
            label=label_of(field),
            was=say(field, was, names) if before else None,
            now=say(field, now, names),
            who=who_wrote(last, names) if last else "",
            when=last.history_date.astimezone(names.clock) if last else None,
            typed=say(field, typed[field], names) if field in typed else None,
            is_open=field.name in form.unsettled,
        )
