"""What the access rules need to know of a person, without knowing the app that stores people."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

type Person = AbstractBaseUser | AnonymousUser


def is_engineer(person: Person) -> bool:
    """Whether this is a superuser, whom no rule of the console stops."""
    return bool(person.is_active and getattr(person, "is_superuser", False))


def sees_everything(person: Person) -> bool:
    """Whether ZIP codes do not limit this person: managers, auditors and engineers."""
    return bool(person.is_active and getattr(person, "sees_every_zip_code", False))


def zip_code_ids(person: Person) -> list[int]:
    """The ids of the ZIP codes assigned to this person today; nobody signed in has none."""
    if not (person.is_authenticated and person.is_active):
        return []
    return person.zip_code_ids()  # type: ignore[attr-defined]
