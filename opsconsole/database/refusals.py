"""What the database refused, in words: each constraint has its sentence on the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import Error

TRY_AGAIN = {
    "40P01": "Somebody changed the same records at this moment. Nothing was saved: try again.",
    "40001": "Somebody changed the same records at this moment. Nothing was saved: try again.",
    "55P03": "Somebody is changing this record right now. Nothing was saved: try again.",
}

# A row-level policy or a missing right: lock 2 said no where lock 1 had not.
OUTSIDE = "42501"
OUTSIDE_SENTENCE = "This lies outside your ZIP codes. Nothing was saved."

# Written by hand in a migration: what hangs from a home moves with it, so only a copy that was
# loaded before the move can break them.
COMPOSITE_KEYS = {
    "plans_lie_in_their_propertys_zip_code",
    "bookings_lie_in_their_propertys_zip_code",
    "bookings_are_of_their_plans_property",
    "tasks_lie_in_their_propertys_zip_code",
    "tasks_are_of_their_plans_property",
    "tasks_are_of_their_bookings_plan",
    "checklists_lie_in_their_tasks_zip_code",
    "codes_lie_in_their_propertys_zip_code",
}


class Refused(Exception):
    """A step that can't be taken. The message says why, and what would help, to a person."""


class ReasonMissing(Refused):
    """A step that is taken once its reason is given. The message asks for it."""


@contextmanager
def told_as_refusals() -> Iterator[None]:
    """Raise what the database refuses in the block as `Refused`, with its sentence.

    An error without a sentence stays what it is. The transaction to roll back stands inside.
    """
    try:
        yield
    except Error as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        raise Refused(sentence) from error


def sentence_for(error: Error) -> str | None:
    """The sentence for a refusal by a constraint, a trigger of ours or a lock; None if unknown.

    Never PostgreSQL's own text: its DETAIL quotes rows that the person may not see.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return None
    if diagnosis.sqlstate in TRY_AGAIN:
        return TRY_AGAIN[diagnosis.sqlstate]
    if diagnosis.sqlstate == OUTSIDE:
        return OUTSIDE_SENTENCE
    if diagnosis.constraint_name in COMPOSITE_KEYS:
        return TRY_AGAIN["40001"]
    if diagnosis.constraint_name:
        return _sentence_of_constraint(diagnosis.constraint_name)
    raised_by_us = diagnosis.sqlstate == "23514" and "RAISE" in (diagnosis.context or "")
    return diagnosis.message_primary if raised_by_us else None


def _sentence_of_constraint(name: str) -> str | None:
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return str(constraint.violation_error_message)
        for field in model._meta.concrete_fields:
            if field.unique and name.startswith(f"{model._meta.db_table}_{field.column}_"):
                return f"Another {model._meta.verbose_name} has this {field.verbose_name}."
    return None
