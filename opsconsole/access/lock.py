"""Lock 2: PostgreSQL itself holds a person to their rows, whatever a query forgot.

A request runs as one of two database roles, with the person's ZIP codes in settings of its
transaction; the policies on the tables (`opsconsole/access/policies.py`) compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser

from opsconsole.access.acting import Source, as_actor
from opsconsole.access.local import put_settings, with_settings
from opsconsole.access.people import (
    Person,
    is_engineer,
    own_id,
    sees_everything,
    works_here,
    zip_code_ids,
)

STAFF, OFFICE = "console_staff", "console_office"
NOBODY = AnonymousUser()


class NoLongerHere(Exception):
    """The person for whom a job was queued does not work here any more."""


def as_held(person: Person) -> dict[str, str]:
    """The settings that hold a transaction to what this person may see now."""
    return {
        "role": OFFICE if sees_everything(person) else STAFF,
        "console.person": str(own_id(person) or ""),
        "console.zips": "{" + ",".join(map(str, zip_code_ids(person))) + "}",
        "console.engineer": "on" if is_engineer(person) else "off",
    }


@contextmanager
def held_to(person: Person) -> Iterator[None]:
    """Run a block, all or nothing, as the database role of this person with their ZIP codes."""
    with with_settings(as_held(person)):
        yield


def hold_to(person: Person) -> None:
    """From here to the end of the transaction: for the moment in which somebody signs in.

    Until then the transaction is nobody's, who would find no ZIP code of theirs.
    """
    with unlocked():
        settings = as_held(person)
    put_settings(settings)


@contextmanager
def unlocked() -> Iterator[None]:
    """Run a block as the tables' owner, whom no policy holds: to find out who signs in."""
    with with_settings({"role": "none"}):
        yield


def stream[Row](person: Any, rows: Callable[[Any], Iterator[Row]]) -> Iterator[Row]:
    """What `rows(person)` yields, in a scoped transaction of its own.

    A streamed response runs after the middleware, when the request's own transaction is over;
    so the person is looked up anew, and sees what they may see now.
    """
    person = as_of_now(person.pk)
    with with_settings({**as_actor(person, source=Source.CONSOLE), **as_held(person)}):
        yield from rows(person)


@contextmanager
def working_for(person_id: int) -> Iterator[Any]:
    """A background job's block, in the scope of the person who asked for it, all or nothing.

    Gives the person as they are now, not as they were when the job was queued. Raises
    NoLongerHere, before touching anything, for somebody deactivated meanwhile.
    """
    person = as_of_now(person_id)
    if not works_here(person):
        raise NoLongerHere("Who asked for this does not work here any more: nothing was done.")
    with with_settings({**as_actor(person, source=Source.TASK), **as_held(person)}):
        yield person


def as_of_now(person_id: int) -> Any:
    """The person as the database has them now, their ZIP codes not yet looked up."""
    return get_user_model()._base_manager.filter(pk=person_id).first() or NOBODY
