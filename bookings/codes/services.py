"""What is done with codes: set, change, end and show them."""

from __future__ import annotations

import logging
from typing import Any

from django.db import connection, transaction
from django.views.decorators.debug import sensitive_variables

from bookings.codes import cipher
from bookings.codes.rule import visit_of, why_not
from bookings.models import AccessSecret
from bookings.steps import step_on
from opsconsole.database.refusals import ReasonMissing, Refused, told_as_refusals
from opsconsole.history.versions import as_number, newest_version
from staffing.models import User

AN_HOUR = 20  # codes; `reveal_access_secret()` counts them
GIVES_IT_AWAY = "This would give the code away: all who see the home read it."

CHANGED = "Somebody changed this code since you opened it. Nothing was saved: look at it again."

logger = logging.getLogger(__name__)


class TooMany(Refused):
    """So many within an hour that somebody should ask why."""


@sensitive_variables("code")
def set_code(
    secret: AccessSecret, code: str, *, by: User, reason: str = "", opened: str = ""
) -> AccessSecret:
    """Save a new code of a home, or a changed one; an empty code stays as it is.

    A code that is there is saved only over the version of it that was `opened`.
    """
    if code and any(code.casefold() in text.casefold() for text in (secret.label, reason)):
        raise Refused(GIVES_IT_AWAY)
    if not code and secret.pk is None:
        raise Refused("Type the code.")
    with step_on(secret.property_id, by, reason):
        if secret.pk and as_number(opened) != newest_version(AccessSecret, secret.pk):
            raise Refused(CHANGED)
        fields = {"kind", "label", "valid_from", "valid_to"}
        if code:
            secret.sealed = cipher.seal(code, secret.property_id)
            fields.add("sealed")
        secret.save(update_fields=fields if secret.pk else None)
    return secret


@sensitive_variables()
def reveal(secret: AccessSecret, *, by: User, reason: str = "", address: str = "") -> str:
    """The code, written down with who was shown it and what for.

    One transaction has both: whatever goes wrong afterwards, there is no code without its row.
    """
    visit = visit_of(by, secret.property)
    if refusal := why_not(secret, visit):
        raise Refused(refusal)
    if visit.needs_reason and not reason.strip():
        raise ReasonMissing("Say why you need the code.")
    said: list[Any] = [secret.pk, visit.task and visit.task.pk, reason.strip(), address]
    with told_as_refusals(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT reveal_access_secret(%s, %s, %s, %s)", said)
        [sealed] = cursor.fetchone()
    if sealed is None:
        logger.warning("Person %s asked for more than %s door codes in an hour.", by.pk, AN_HOUR)
        raise TooMany(
            f"You were shown {AN_HOUR} codes within an hour, which is as many as anybody may be. "
            "This attempt is in the log. Wait, or ask a colleague."
        )
    return cipher.unseal(sealed, secret.property_id)
