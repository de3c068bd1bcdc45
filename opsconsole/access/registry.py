"""The one registry that says how each model reaches its ZIP code.

Everything that decides who sees what asks here: querysets, forms, filters, the veto backend.
A model that nobody registered is visible to nobody but superusers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from opsconsole.access.people import Person, is_engineer, sees_everything, zip_code_ids

NOTHING = Q(pk__in=[])
EVERYTHING = Q()


class Scope(Protocol):
    """How rows of one model belong to ZIP codes."""

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        """The condition that keeps a person who is held to ZIP codes to their rows."""

    def ids_of(self, obj: models.Model) -> set[int] | None:
        """ZIP code ids that the object names itself, None if only the database knows."""


class ByZipCode:
    """The row carries its ZIP code: `path` is the field (`pk` for the ZIP codes themselves)."""

    def __init__(self, path: str = "zip_code") -> None:
        self.path = path

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        return Q(**{f"{self.path}__any": zip_code_ids(person)})

    def ids_of(self, obj: models.Model) -> set[int] | None:
        field = obj._meta.pk if self.path == "pk" else obj._meta.get_field(self.path)
        value = getattr(obj, field.attname)  # type: ignore[union-attr]
        return set() if value is None else {value}


class ThroughMany:
    """The row is in scope when at least one of its related rows is (a ReRenter's properties)."""

    def __init__(self, relation: str, path: str = "zip_code") -> None:
        self.relation, self.path = relation, path

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        relation: Any = model._meta.get_field(self.relation)
        in_zip_codes = {f"{self.path}__any": zip_code_ids(person)}
        related = relation.related_model._base_manager.filter(
            **{relation.field.name: OuterRef("pk")}, **in_zip_codes
        )
        return Q(Exists(related))

    def ids_of(self, obj: models.Model) -> set[int] | None:
        return None


class OwnRows:
    """The row belongs to the person that `path` names, such as one's own assignments."""

    def __init__(self, path: str) -> None:
        self.path = path

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        return Q(**{self.path: getattr(person, "pk", None)})

    def ids_of(self, obj: models.Model) -> set[int] | None:
        return None


class OfficeOnly:
    """Rows that no ZIP code limits, and that only people who see everything see."""

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        return NOTHING

    def ids_of(self, obj: models.Model) -> set[int] | None:
        return None


_scopes: dict[type[models.Model], Scope] = {}


def scoped[M: type[models.Model]](scope: Scope) -> Callable[[M], M]:
    """Class decorator: register how the rows of this model reach their ZIP code."""

    def register(model: M) -> M:
        _scopes[model] = scope
        return model

    return register


def scope_of(model: type[models.Model]) -> Scope | None:
    """The registered scope of a model, None for a model nobody registered."""
    return _scopes.get(model._meta.concrete_model or model)


def condition(model: type[models.Model], person: Person) -> Q:
    """The condition on `model` that leaves the rows this person may see."""
    if is_engineer(person):
        return EVERYTHING
    scope = scope_of(model)
    if scope is None:
        return NOTHING
    return EVERYTHING if sees_everything(person) else scope.rows_for(model, person)


def visible[M: models.Model](queryset: QuerySet[M], person: Person) -> QuerySet[M]:
    """The rows of `queryset` that this person may see."""
    return queryset.filter(condition(queryset.model, person))


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
