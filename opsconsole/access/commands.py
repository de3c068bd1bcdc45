"""What commands share that are given by somebody: `--as EMAIL`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser

from opsconsole.access.people import works_here

LONGEST = 80  # characters that a sentence quotes


def add_as(parser: CommandParser) -> None:
    """The options that say who does it, and why."""
    parser.add_argument("--as", dest="email_of_who", required=True, help="Email of who does it.")
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
    try:
        email.encode()
    except UnicodeEncodeError:  # bytes that are no text in the terminal's encoding
        return None
    people: Any = get_user_model()
    return people._base_manager.filter(email__iexact=email.strip()).first()


def shown(text: str) -> str:
    """A text as a sentence may quote it, whatever its bytes and length."""
    return text.encode("utf-8", "backslashreplace").decode()[:LONGEST]
