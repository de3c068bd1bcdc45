"""The ways in which rows belong to ZIP codes, each told to both locks: as a condition of the
application's queries, and as SQL of a row-level policy.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from opsconsole.access.people import Person, own_id, works_here, zip_code_ids
from opsconsole.access.registry import EVERYTHING, NOTHING, Reach, Scope, registered

# Read once for a statement, thanks to the sub-select; the bare call is evaluated for every row.
# The outer cast lets the planner hash the array. Unset, and empty, mean no ZIP code and nobody.
ZIP_CODES = "ANY ((SELECT nullif(current_setting('console.zips', true), '')::bigint[])::bigint[])"
PERSON = "(SELECT nullif(current_setting('console.person', true), '')::bigint)"
BATCH = "(SELECT nullif(current_setting('console.batch', true), '')::bigint)"
ENGINEER = "(SELECT current_setting('console.engineer', true) = 'on')"
# Who acts is who they seem to be: false in a view as a colleague.
ONESELF = (
    "(SELECT current_setting('console.actor', true) = current_setting('console.person', true))"
)


class OpenedByNoOther:
    """The base of scopes in which no other row opens a record by naming it."""

    def is_opened_by(self, field: Any) -> bool:
        return False


class ByZipCode(OpenedByNoOther):
    """The row carries its ZIP code: `path` is the field."""

    def __init__(self, path: str = "zip_code") -> None:
        self.path = path

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        return Q(**{f"{self.path}__any": frozenset(zip_code_ids(person))})

    def policy(self, model: type[models.Model], row: str) -> str:
        return f'{row}."{_column(model, self.path)}" = {ZIP_CODES}'

    versions_for, version_policy = rows_for, policy

    def ids_of(self, obj: models.Model) -> set[int] | None:
        value = getattr(obj, _field(type(obj), self.path).attname)
        return set() if value is None else {value}

    def reach(self, rows: QuerySet[Any]) -> Reach:
        return Reach(zip_codes=_values(rows, self.path))


class OwnRows(OpenedByNoOther):
    """The row belongs to the person that `path` names, such as one's own assignments."""

    def __init__(self, path: str) -> None:
        self.path = path

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        pk = own_id(person)
        return NOTHING if pk is None else Q(**{self.path: pk})

    def policy(self, model: type[models.Model], row: str) -> str:
        return f'{row}."{_column(model, self.path)}" = {PERSON}'

    def versions_for(self, model: type[models.Model], person: Person) -> Q:
        name, pk = _field(model, self.path).name, own_id(person)
        return NOTHING if pk is None else Q(**{name: pk})

    version_policy = policy

    def ids_of(self, obj: models.Model) -> set[int] | None:
        return None

    def reach(self, rows: QuerySet[Any]) -> Reach:
        return Reach(people=_values(rows, self.path))


class Unversioned(OpenedByNoOther):
    """The base of scopes whose versions do not say where they were written.

    Nobody who is held to ZIP codes reads those: a ReRenter may have had homes anywhere.
    """

    def versions_for(self, model: type[models.Model], person: Person) -> Q:
        return NOTHING

    def version_policy(self, model: type[models.Model], row: str) -> str:
        return "false"

    def ids_of(self, obj: models.Model) -> set[int] | None:
        return None

    def reach(self, rows: QuerySet[Any]) -> Reach:
        return Reach()


class ThroughMany(Unversioned):
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

    def reach(self, rows: QuerySet[Any]) -> Reach:
        related, name = self._related(rows.model)
        found = related._base_manager.filter(**{f"{name}__in": rows})
        return registered(related).scope.reach(found)

    def is_opened_by(self, field: Any) -> bool:
        return bool(field == field.related_model._meta.get_field(self.relation).field)

    def _related(self, model: type[models.Model]) -> tuple[type[models.Model], str]:
        relation: Any = model._meta.get_field(self.relation)
        return relation.related_model, relation.field.name


class PartOf(Unversioned):
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

    def reach(self, rows: QuerySet[Any]) -> Reach:
        whole: Any = _field(rows.model, self.path).related_model
        found = whole._base_manager.filter(pk__in=rows.order_by().values(self.path))
        return registered(whole).scope.reach(found)


class AnyOf(Unversioned):
    """The row is in scope by any of several ways."""

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        return _any(scope.rows_for(model, person) for scope in self.scopes)

    def is_opened_by(self, field: Any) -> bool:
        return any(scope.is_opened_by(field) for scope in self.scopes)

    def policy(self, model: type[models.Model], row: str) -> str:
        return " OR ".join(f"({scope.policy(model, row)})" for scope in self.scopes)

    def versions_for(self, model: type[models.Model], person: Person) -> Q:
        return _any(scope.versions_for(model, person) for scope in self.scopes)

    def version_policy(self, model: type[models.Model], row: str) -> str:
        return " OR ".join(f"({scope.version_policy(model, row)})" for scope in self.scopes)

    def reach(self, rows: QuerySet[Any]) -> Reach:
        ways = [scope.reach(rows) for scope in self.scopes]
        return Reach(
            zip_codes=frozenset().union(*(way.zip_codes for way in ways)),
            people=frozenset().union(*(way.people for way in ways)),
        )


class Everybody(Unversioned):
    """Rows that all who work here may see: the names of colleagues."""

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        return EVERYTHING if works_here(person) else NOTHING

    def policy(self, model: type[models.Model], row: str) -> str:
        return f"{PERSON} IS NOT NULL"


class OfficeOnly(Unversioned):
    """Rows that no ZIP code limits, and that only people who see everything see."""

    def rows_for(self, model: type[models.Model], person: Person) -> Q:
        return NOTHING

    def policy(self, model: type[models.Model], row: str) -> str:
        return "false"


def _any(conditions: Iterable[Q]) -> Q:
    """One of these holds; none of none does."""
    return reduce(or_, conditions, NOTHING)


def _values(rows: QuerySet[Any], path: str) -> frozenset[int]:
    values = rows.order_by().values_list(path, flat=True)
    return frozenset(value for value in values if value is not None)


def _field(model: type[models.Model], path: str) -> Any:
    return model._meta.pk if path == "pk" else model._meta.get_field(path)


def _column(model: type[models.Model], path: str) -> str:
    return str(_field(model, path).column)
