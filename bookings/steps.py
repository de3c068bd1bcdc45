"""How a step is taken on a home and what hangs from it: all or nothing, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ObjectDoesNotExist

from bookings.models import Property
from opsconsole.access.acting import because
from opsconsole.database.refusals import ReasonMissing, Refused, told_as_refusals
from staffing.models import User


@contextmanager
def step_on(property_id: int, by: User | None, reason: str = "") -> Iterator[Property]:
    """One step on one property: all or nothing, one at a time, recorded with who and why.

    Steps queue up at the property, which the block gets as it is now, so that two rivals can't
    deadlock on its constraints; what the database refuses comes back as a sentence.
    """
    try:
        with told_as_refusals(), because(reason, by=by):
            yield Property.objects.select_for_update(no_key=True).get(pk=property_id)
    except ObjectDoesNotExist as error:
        raise Refused("This record left your ZIP codes meanwhile. Nothing was saved.") from error


def say_why(reason: str, what: str) -> None:
    """Refuse a step that is not taken without a reason."""
    if not reason.strip():
        raise ReasonMissing(f"Say why it is {what}.")
