"""What the access rules need to know of a person, without knowing the app that stores people."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

type Person = AbstractBaseUser | AnonymousUser


def works_here(person: Person) -> bool:
    """Whether this is an active colleague; ReRenters and strangers are not."""
    return bool(person.is_active and getattr(person, "is_staff", False))


def is_engineer(person: Person) -> bool:
    """Whether this is a superuser, whom no rule of the console stops."""
    return works_here(person) and bool(getattr(person, "is_superuser", False))


def sees_everything(person: Person) -> bool:
    """Whether ZIP codes do not limit this person: managers, auditors and engineers."""
    return works_here(person) and bool(getattr(person, "sees_every_zip_code", False))


def zip_code_ids(person: Person) -> list[int]:
    """The ids of the ZIP codes assigned to this person today; nobody signed in has none."""
    return person.zip_code_ids() if works_here(person) else []  # type: ignore[union-attr]


def own_id(person: Person) -> int | None:
    """The id by which rows name this person as theirs; None for who does not work here."""
    return person.pk if works_here(person) else None
