"""What the access rules need to know of a person, without knowing the app that stores people."""

from typing import Protocol


class Person(Protocol):
    """Anybody who may sign in: `staffing.User` is one, and so is Django's AnonymousUser."""

    @property
    def is_authenticated(self) -> bool: ...

    @property
    def is_active(self) -> bool: ...

    def has_perm(self, perm: str, obj: object = None) -> bool: ...


def sees_everything(person: Person) -> bool:
    """Whether ZIP codes do not limit this person: managers, auditors and engineers."""
    return person.is_active and getattr(person, "sees_every_zip_code", False)


def zip_code_ids(person: Person) -> list[int]:
    """The ids of the ZIP codes assigned to this person today; nobody signed in has none."""
    if not (person.is_authenticated and person.is_active):
        return []
    return person.zip_code_ids()  # type: ignore[attr-defined]
