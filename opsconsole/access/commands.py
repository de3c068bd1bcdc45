"""What commands share that are given by somebody: `--as EMAIL`, readable texts, `--json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser

from opsconsole.access.people import works_here

LONGEST = 80  # characters that a sentence quotes
LONGEST_REASON = 500  # characters, as on every form


def add_who(parser: CommandParser) -> None:
    """The option that says who does it."""
    parser.add_argument("--as", dest="email_of_who", required=True, help="Email of who does it.")


def add_as(parser: CommandParser) -> None:
    """The options that say who does it, and why."""
    add_who(parser)
    parser.add_argument("--reason", required=True, help="Why. It is recorded.")
    parser.add_argument("--dry-run", action="store_true", help="Only tell what would happen.")


def colleague_with(email: str) -> Any:
    """The active colleague with this email; CommandError where there is none."""
    person = person_with(email)
    if person is None or not works_here(person):
        raise CommandError(f"No active colleague has the email {shown(email)}: --as names one.")
    return person


def person_with(email: str) -> Any | None:
    """The person with this email, whoever it is."""
    if not is_text(email):
        return None
    people: Any = get_user_model()
    return people._base_manager.filter(email__iexact=email.strip()).first()


def is_text(text: str) -> bool:
    """Whether the database can keep it: bytes that are no text in the terminal's encoding reach
    Python as lone surrogates.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def refuse_unreadable(*texts: str) -> None:
    """CommandError for the first of these arguments that is no text."""
    for text in texts:
        if not is_text(text):
            raise CommandError(
                f"“{shown(text)}” has characters that can't be read: write it in UTF-8."
            )


def reason_of(options: dict[str, Any]) -> str:
    """Why it is done, as long as a form would let it be; CommandError where it is longer."""
    reason: str = options["reason"].strip()
    refuse_unreadable(reason)
    if len(reason) > LONGEST_REASON:
        raise CommandError(
            f"Say why in at most {LONGEST_REASON} characters; it has {len(reason):,} now."
        )
    return reason


def shown(text: str) -> str:
    """A text as a sentence may quote it, whatever its bytes and length."""
    return text.encode("utf-8", "backslashreplace").decode()[:LONGEST]


@contextmanager
def failing_as_json(out: Any, wanted: bool, **more: Any) -> Iterator[None]:
    """Where JSON is wanted, print why a command failed as JSON too, `more` in front of it."""
    try:
        yield
    except CommandError as error:
        if wanted:
            out.write(json.dumps({**more, "error": str(error)}))
        raise
