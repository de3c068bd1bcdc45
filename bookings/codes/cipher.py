"""The one place that encrypts codes and opens them again.

A code is sealed for its home: what is copied to another home's row in the database doesn't open.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from opsconsole.database.refusals import Refused

BETWEEN = "\n"  # the home's id and its code: no code has a line end


class Unopened(Refused):
    """A code that no key opens, or that was sealed for another home."""


@sensitive_variables()
def seal(code: str, home_id: int) -> bytes:
    """Encrypt the code of a home, with the newest key."""
    return MultiFernet(_keys()).encrypt(f"{home_id}{BETWEEN}{code}".encode())


@sensitive_variables()
def unseal(sealed: bytes, home_id: int) -> str:
    """The code of a home, by whichever key opens it."""
    try:
        home, _, code = MultiFernet(_keys()).decrypt(bytes(sealed)).decode().partition(BETWEEN)
    except InvalidToken as error:
        raise Unopened("No key opens this code. Set it anew, and tell an engineer.") from error
    if home != str(home_id):
        raise Unopened("This code was set for another home. Set it anew, and tell an engineer.")
    return code


@sensitive_variables()
def sealed_anew(sealed: bytes) -> bytes | None:
    """The same with the newest key; None where it is encrypted with that already."""
    newest, *_ = keys = _keys()
    try:
        newest.decrypt(bytes(sealed))
    except InvalidToken:
        try:
            return MultiFernet(keys).rotate(bytes(sealed))
        except InvalidToken as error:
            raise Unopened("No key opens it.") from error
    return None


def problem_with_keys() -> str:
    """What is wrong with the keys of the environment, in words; nothing where they are as needed.

    It tells none of a key.
    """
    if not settings.DOOR_CODE_KEYS:
        return "DOOR_CODE_KEYS is not set"
    for number, key in enumerate(settings.DOOR_CODE_KEYS, 1):
        try:
            Fernet(key)
        except ValueError:
            return f"Key {number} of DOOR_CODE_KEYS is none"
    return ""


def _keys() -> list[Fernet]:
    if problem_with_keys():
        raise Refused("Door codes are closed: the console lacks its keys. Tell an engineer.")
    return list(_fernets(tuple(settings.DOOR_CODE_KEYS)))


@lru_cache(maxsize=4)
def _fernets(keys: tuple[str, ...]) -> tuple[Fernet, ...]:
    return tuple(map(Fernet, keys))
