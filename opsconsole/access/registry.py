"""The one registry that says how each model reaches its ZIP code.

Both locks are cut from it: the condition that the application's queries carry (`visible`), and
the row-level policy that PostgreSQL holds every query to (`opsconsole/access/policies.py`).
A model that nobody registered is visible to nobody but superusers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import models
from django.db.models import Q, QuerySet

from opsconsole.access.people import (
    Person,
    is_engineer,
    sees_everything,
    works_here,
    zip_code_ids,
)

NOTHING = Q(pk__in=[])
EVERYTHING = Q()


@dataclass(frozen=True)
class Reach:
    """What leads those who are held to ZIP codes to an object: any of these is enough."""

    zip_codes: frozenset[int] = frozenset()  # one of them, assigned today
    people: frozenset[int] = frozenset()  # or being one of them


class Scope(Protocol):
    """How rows of one model belong to ZIP codes."""

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        """The condition that keeps a person who is held to ZIP codes to their rows."""

    def policy(self, model: type[models.Model], row: str) -> str:
        """The same condition in SQL, on the table or alias `row`, for the database's own lock."""

    def versions_for(self, model: type[models.Model], person: Person) -> Q:
        """The condition on versions of a row that is in scope: those written while it was."""

    def version_policy(self, model: type[models.Model], row: str) -> str:
        """The same in SQL, on the history table `row`."""

    def ids_of(self, obj: models.Model) -> set[int] | None:
        """ZIP code ids that the object names itself, None if only the database knows."""

    def reach(self, rows: QuerySet[Any]) -> Reach:
        """What `rows_for` looks for, told of rows as the database has them now."""

    def is_opened_by(self, field: Any) -> bool:
        """Whether a row in scope opens the record that this field of it names, whichever it is."""


@dataclass(frozen=True)
class Registered:
    """A model's scope, and what else the two locks need to know of its table.

    `engineers` names a boolean field: rows that have it set are for engineers alone.
    `own_columns` are what people may change in the row that is themselves, whatever their role.
    `by_any_role`: requests of every role write here, each person their own rows. `is_log`: of
    those, no request deletes one.
    `undone_by` names the column with the import that made a row: to undo that import is the only
    way to delete one. `called_off_while` gives a condition on the row, in SQL: while it holds, a
    row may also be called off, and once it does not, nothing deletes it any more.
    `unread` names columns that no request may read, whoever makes it: what is in them leaves the
    database another way.
    `private`: rows are for their person alone: no role and no engineer sees another's, and neither
    does who looks at the console as that person. `shared` names a boolean field of such a model:
    rows that have it set everybody who works here reads, and the office may keep in order.
    """

    scope: Scope
    engineers: str | None = None
    own_columns: tuple[str, ...] = ()
    by_any_role: bool = False
    undone_by: str | None = None
    called_off_while: Callable[[str], str] | None = None
    is_log: bool = False
    private: bool = False
    shared: str | None = None
    unread: tuple[str, ...] = ()


_scopes: dict[type[models.Model], Registered] = {}


def scoped[M: type[models.Model]](scope: Scope, **options: Any) -> Callable[[M], M]:
    """Class decorator: register how the rows of this model reach their ZIP code."""

    def register(model: M) -> M:
        _scopes[model] = Registered(scope, **options)
        return model

    return register


def entries() -> list[tuple[type[models.Model], Registered]]:
    """Every registered model with its entry, in the order of their names."""
    return sorted(_scopes.items(), key=lambda entry: entry[0]._meta.label)


def registered(model: type[models.Model]) -> Registered:
    """The entry of a model that has one; KeyError otherwise."""
    return _scopes[model._meta.concrete_model or model]


def scope_of(model: type[models.Model]) -> Scope | None:
    """The registered scope of a model, None for a model nobody registered."""
    entry = _scopes.get(model._meta.concrete_model or model)
    return entry.scope if entry else None


def condition(model: type[models.Model], person: Person) -> Q:
    """The condition on `model` that leaves the rows this person may see."""
    entry = _scopes.get(model._meta.concrete_model or model)
    if entry and entry.private:
        return entry.scope.rows_for(model, person) | _shared(entry, person)
    if is_engineer(person):
        return EVERYTHING
    if entry is None:
        return NOTHING
    rows = EVERYTHING if sees_everything(person) else entry.scope.rows_for(model, person)
    return rows & _no_engineers(entry)


def _shared(entry: Registered, person: Person) -> Q:
    return Q(**{entry.shared: True}) if entry.shared and works_here(person) else NOTHING


def _no_engineers(entry: Registered) -> Q:
    return Q(**{entry.engineers: False}) if entry.engineers else EVERYTHING


def reach_of(obj: models.Model) -> Reach:
    """What leads those who are held to ZIP codes to this object."""
    scope = scope_of(type(obj))
    return scope.reach(type(obj)._base_manager.filter(pk=obj.pk)) if scope else Reach()


def visible[M: models.Model](queryset: QuerySet[M], person: Person) -> QuerySet[M]:
    """The rows of `queryset` that this person may see."""
    return queryset.filter(condition(queryset.model, person))


def visible_named_by(field: Any, person: Person) -> QuerySet[Any]:
    """The records that `field` names in rows in scope, as far as this person may see them.

    Where such a row opens the record (a home its owner), the scope need not be asked once more.
    """
    others = field.related_model._base_manager.order_by()
    scope = scope_of(field.related_model)
    if is_engineer(person) or scope is None or not scope.is_opened_by(field):
        return visible(others, person)
    return others.filter(_no_engineers(registered(field.related_model)))


def visible_versions[M: models.Model](versions: QuerySet[M], person: Person) -> QuerySet[M]:
    """The versions of a record in scope that this person may read.

    Whether the record is in scope now is for who asks to make sure of.
    """
    model = versions.model.instance_type  # type: ignore[attr-defined]
    entry = _scopes.get(model)
    if is_engineer(person):
        return versions
    if entry is None:
        return versions.none()
    if sees_everything(person):
        return versions.filter(_no_engineers(entry))
    return versions.filter(entry.scope.versions_for(model, person))


def in_scope(person: Person, obj: models.Model) -> bool:
    """Whether this person may see this object as the database has it now."""
    return visible(type(obj)._base_manager.filter(pk=obj.pk), person).exists()


def may_become(person: Person, obj: models.Model) -> bool:
    """Whether this person may leave the object as it stands in memory (before it is saved).

    Guards against planting a row in, or moving it to, a ZIP code that is not theirs.
    """
    scope = scope_of(type(obj))
    if sees_everything(person):
        return True
    if scope is None:
        return False
    ids = scope.ids_of(obj)
    return ids is None or ids <= set(zip_code_ids(person))
