"""The system check that door codes can be encrypted."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from bookings.codes.cipher import problem_with_keys

HINT = (
    "Make one with `python -c 'from cryptography.fernet import Fernet; "
    "print(Fernet.generate_key().decode())'`, and keep it outside of the database's backups."
)


@register(Tags.security)
def check_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """codes.E001: without keys no code is set or shown."""
    problem = problem_with_keys()
    return [Error(f"{problem}.", hint=HINT, id="codes.E001")] if problem else []
