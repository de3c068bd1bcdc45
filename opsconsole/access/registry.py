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
from django.db.models import Exists, OuterRef, Q, QuerySet

from opsconsole.access.people import (
    Person,
    is_engineer,
    own_id,
    sees_everything,
    works_here,
    zip_code_ids,
)

NOTHING = Q(pk__in=[])
EVERYTHING = Q()

# Read once for a statement, thanks to the sub-select; the bare call is evaluated for every row.
# The outer cast lets the planner hash the array. Unset, and empty, mean no ZIP code and nobody.
ZIP_CODES = "ANY ((SELECT nullif(current_setting('console.zips', true), '')::bigint[])::bigint[])"
PERSON = "(SELECT nullif(current_setting('console.person', true), '')::bigint)"
ENGINEER = "(SELECT current_setting('console.engineer', true) = 'on')"


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


class ByZipCode:
    """The row carries its ZIP code: `path` is the field."""

    def __init__(self, path: str = "zip_code") -> None:
        self.path = path

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        return Q(**{f"{self.path}__any": zip_code_ids(person)})

    def policy(self, model: type[models.Model], row: str) -> str:
        return f'{row}."{_column(model, self.path)}" = {ZIP_CODES}'

    versions_for, version_policy = rows_for, policy

    def ids_of(self, obj: models.Model) -> set[int] | None:
        value = getattr(obj, _field(type(obj), self.path).attname)
        return set() if value is None else {value}


class OwnRows:
    """The row belongs to the person that `path` names, such as one's own assignments."""

    def __init__(self, path: str) -> None:
        self.path = path

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        pk = own_id(person)
        return NOTHING if pk is None else Q(**{self.path: pk})

    def policy(self, model: type[models.Model], row: str) -> str:
        return f'{row}."{_column(model, self.path)}" = {PERSON}'

    versions_for, version_policy = rows_for, policy

    def ids_of(self, obj: models.Model) -> set[int] | None:
        return None


class AsTheRowIs:
    """The base of scopes whose versions name nothing to go by: they follow the row of today."""

    def versions_for(self, model: type[models.Model], person: Person) -> Q:
        return EVERYTHING

    def version_policy(self, model: type[models.Model], row: str) -> str:
        return "true"

    def ids_of(self, obj: models.Model) -> set[int] | None:
        return None


class ThroughMany(AsTheRowIs):
    """The row is in scope when at least one of its related rows is (a ReRenter's properties)."""

    def __init__(self, relation: str) -> None:
        self.relation = relation

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        related, name = self._related(model)
        rows = related._base_manager.filter(
            registered(related).scope.rows_for(related, person), **{name: OuterRef("pk")}
        )
        return Q(Exists(rows))

    def policy(self, model: type[models.Model], row: str) -> str:
        related, name = self._related(model)
        inside = registered(related).scope.policy(related, "related")
        return (
            f'EXISTS (SELECT FROM "{related._meta.db_table}" related WHERE '
            f'related."{_column(related, name)}" = {row}."{_column(model, "pk")}" AND {inside})'
        )

    def _related(self, model: type[models.Model]) -> tuple[type[models.Model], str]:
        relation: Any = model._meta.get_field(self.relation)
        return relation.related_model, relation.field.name


class PartOf(AsTheRowIs):
    """The row is in scope when the row that it is part of is (a line of an import)."""

    def __init__(self, path: str) -> None:
        self.path = path

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        whole: Any = _field(model, self.path).related_model
        rows = whole._base_manager.filter(registered(whole).scope.rows_for(whole, person))
        return Q(**{f"{self.path}__in": rows})

    def policy(self, model: type[models.Model], row: str) -> str:
        whole: Any = _field(model, self.path).related_model
        inside = registered(whole).scope.policy(whole, "whole")
        return (
            f'EXISTS (SELECT FROM "{whole._meta.db_table}" whole WHERE '
            f'whole."{_column(whole, "pk")}" = {row}."{_column(model, self.path)}" AND {inside})'
        )


class AnyOf(AsTheRowIs):
    """The row is in scope by any of several ways."""

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        found = Q(pk__in=[])
        for scope in self.scopes:
            found |= scope.rows_for(model, person)
        return found

    def policy(self, model: type[models.Model], row: str) -> str:
        return " OR ".join(f"({scope.policy(model, row)})" for scope in self.scopes)


class Everybody(AsTheRowIs):
    """Rows that all who work here may see: the names of colleagues."""

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        return EVERYTHING if works_here(person) else NOTHING

    def policy(self, model: type[models.Model], row: str) -> str:
        return f"{PERSON} IS NOT NULL"


class OfficeOnly(AsTheRowIs):
    """Rows that no ZIP code limits, and that only people who see everything see."""

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        return NOTHING

    def policy(self, model: type[models.Model], row: str) -> str:
        return "false"


@dataclass(frozen=True)
class Registered:
    """A model's scope, and what else the two locks need to know of its table.

    `engineers` names a boolean field: rows that have it set are for engineers alone.
    `own_columns` are what people may change in the row that is themselves, whatever their role.
    `by_any_role`: requests of every role write here, each person their own rows.
    """

    scope: Scope
    engineers: str | None = None
    own_columns: tuple[str, ...] = ()
    by_any_role: bool = False


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
    if is_engineer(person):
        return EVERYTHING
    if scope_of(model) is None:
        return NOTHING
    entry = registered(model)
    rows = EVERYTHING if sees_everything(person) else entry.scope.rows_for(model, person)
    return rows & Q(**{entry.engineers: False}) if entry.engineers else rows


def visible[M: models.Model](queryset: QuerySet[M], person: Person) -> QuerySet[M]:
    """The rows of `queryset` that this person may see."""
    return queryset.filter(condition(queryset.model, person))


def visible_versions[M: models.Model](versions: QuerySet[M], person: Person) -> QuerySet[M]:
    """The versions of a record in scope that this person may read.

    Whether the record is in scope now is for who asks to make sure of.
    """
    model = versions.model.instance_type  # type: ignore[attr-defined]
    if sees_everything(person):
        return versions
    scope = scope_of(model)
    return versions.filter(scope.versions_for(model, person)) if scope else versions.none()


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


def _field(model: type[models.Model], path: str) -> Any:
    return model._meta.pk if path == "pk" else model._meta.get_field(path)


def _column(model: type[models.Model], path: str) -> str:
    return str(_field(model, path).column)
