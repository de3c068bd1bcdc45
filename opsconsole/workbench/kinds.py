"""The kinds of records whose changes are in the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Field, Model

from bookings.models import AccessSecret, AwayPlan, Booking, Property, Task
from opsconsole.access.people import Person, sees_everything
from opsconsole.access.registry import registered
from opsconsole.access.scopes import Unversioned
from opsconsole.history.words import UNTOLD
from staffing.models import User, ZipAssignment, ZipCode


@dataclass(frozen=True)
class Kind:
    """A kind of records: what it is called in addresses and in words, and where it lies.

    `home` is the column of a version with the home that it is about, `zip_code` the field with
    its ZIP code; empty where there is none.
    """

    slug: str
    model: type[Model]
    home: str = ""
    zip_code: str = ""

    @property
    def history(self) -> Any:
        """The model of its versions."""
        return self.model.history.model  # type: ignore[attr-defined]

    @property
    def table(self) -> str:
        """The table of its versions."""
        return str(self.history._meta.db_table)

    @property
    def one(self) -> str:
        """One record in words: away plan."""
        return str(self.model._meta.verbose_name)

    @property
    def many(self) -> str:
        """Several of them: away plans."""
        return str(self.model._meta.verbose_name_plural)

    @property
    def permission(self) -> str:
        """What a role needs to look at such records, and so at their changes."""
        return f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"

    @property
    def address(self) -> str:
        """The name of the address of one change."""
        return f"admin:changes_{self.slug}"

    @property
    def pk(self) -> str:
        """The column of a version with the record's id."""
        return str(self.model._meta.pk.attname)

    @property
    def told_fields(self) -> list[Field[Any, Any]]:
        """The fields that a change tells of."""
        fields = self.history.tracked_fields
        return [f for f in fields if not f.primary_key and f.name not in UNTOLD]


PLAN = Kind("plan", AwayPlan, home="property_id", zip_code="zip_code")
BOOKING = Kind("booking", Booking, home="property_id", zip_code="zip_code")
TASK = Kind("task", Task, home="property_id", zip_code="zip_code")
CODE = Kind("code", AccessSecret, home="property_id", zip_code="zip_code")
PROPERTY = Kind("property", Property, home="id", zip_code="zip_code")
ASSIGNMENT = Kind("assignment", ZipAssignment, zip_code="content_object")
ZIP_CODE = Kind("zip", ZipCode, zip_code="id")
PERSON = Kind("person", User)
KINDS = {
    kind.slug: kind for kind in (PLAN, BOOKING, TASK, CODE, PROPERTY, ASSIGNMENT, ZIP_CODE, PERSON)
}


def kinds_for(person: Person) -> list[Kind]:
    """The kinds whose changes this person may read some of."""
    return [
        kind
        for kind in KINDS.values()
        if person.has_perm(kind.permission)  # type: ignore[union-attr]
        and (sees_everything(person) or not _is_for_the_office(kind))
    ]


def _is_for_the_office(kind: Kind) -> bool:
    """Versions that do not say where they were written are read by nobody who is held to places."""
    return isinstance(registered(kind.model).scope, Unversioned)
