"""Restoring a record: making it again what it was in an earlier version, as a change of today.

What is restored goes through the same service as a change that somebody types, which holds every
rule; the version that it leaves says whose version was restored, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from opsconsole.access.acting import restoring
from opsconsole.database.refusals import ReasonMissing, Refused
from opsconsole.history.reasons import NO_REASON_TO_RESTORE
from opsconsole.history.words import label_of, told_fields

NOTHING_TO_RESTORE = "There is nothing to restore: the record is as it was then."

type Save = Callable[[Any, Any, str, list[str]], object]  # a record, by whom, why, which fields


def nothing(record: Any, then: Any) -> Any:
    """What most kinds of records add: nothing."""
    return ()


@dataclass(frozen=True)
class Restoring:
    """How records of a model are restored.

    `fields` are those that people edit; `stays` says of every other field why it stays as it is.
    `save` is the service that writes. Of a record now and a version, `refused` says of some of the
    fields why just these stay, and `follows` tells what else comes of it.
    """

    fields: tuple[str, ...]
    stays: Mapping[str, str]
    save: Save
    refused: Callable[[Any, Any], Mapping[str, str]] = nothing
    follows: Callable[[Any, Any], list[str]] = nothing

    def changed(self, record: models.Model, version: Any) -> list[str]:
        """The fields that restoring this version would change."""
        open_ones = {*self.fields} - self.kept(record, version).keys()
        return [field.name for field in _differing(record, version) if field.name in open_ones]

    def kept(self, record: models.Model, version: Any) -> dict[str, str]:
        """The fields that were otherwise and yet stay, each with the sentence why."""
        why = {**self.stays, **dict(self.refused(record, version))}
        names = [field.name for field in _differing(record, version)]
        return {name: why[name] for name in names if name in why}


def restored(record: Any, version: Any, names: list[str]) -> Any:
    """The record, in memory alone, with these fields as they were in the version."""
    again = copy(record)
    for name in names:
        attname = record._meta.get_field(name).attname
        setattr(again, attname, getattr(version, attname))
    return again


def restore(record: Any, version: Any, how: Restoring, *, by: Any, reason: str) -> list[str]:
    """Make a record what it was in a version of it, and return the fields that changed.

    Who calls holds the record, so that nothing that was changed meanwhile is overwritten. Raises
    `Refused` with a sentence.
    """
    if not reason.strip():
        raise ReasonMissing(NO_REASON_TO_RESTORE)
    names = how.changed(record, version)
    if not names:
        raise Refused(NOTHING_TO_RESTORE)
    again = restored(record, version, names)
    _refuse_what_no_form_takes(again, names)
    with restoring(version):
        how.save(again, by, reason, names)
    return names


def _differing(record: models.Model, version: Any) -> list[models.Field[Any, Any]]:
    return [
        field
        for field in told_fields(type(record))
        if getattr(record, field.attname) != getattr(version, field.attname)
    ]


def _refuse_what_no_form_takes(record: models.Model, names: list[str]) -> None:
    """A value may be older than the rule that refuses it, or have come past every form."""
    others = [field.name for field in record._meta.fields if field.name not in names]
    try:
        record.clean_fields(exclude=others)
    except ValidationError as error:
        said = error.message_dict
        wrong = [field for field in told_fields(type(record)) if field.name in said]
        sentences = [f"{label_of(field)}: {' '.join(said[field.name])}" for field in wrong]
        raise Refused(" ".join(sentences)) from error
