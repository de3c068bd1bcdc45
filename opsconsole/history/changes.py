"""Versions of many records at once: which of them a person may read, and what stood before each."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery

from opsconsole.access import registry
from opsconsole.access.people import Person, is_engineer, sees_everything

NEWEST_FIRST = ("-history_date", "-history_id")
OLDEST_FIRST = ("history_date", "history_id")


def readable_versions(model: type[Model], person: Person) -> QuerySet[Any]:
    """The versions of all records of a model that this person may read.

    Who is held to ZIP codes reads those of records that are in scope now and were then. Who sees
    everything also reads what is left of records that are gone, but nothing of engineers.
    """
    versions = registry.visible_versions(model.history.all(), person)  # type: ignore[attr-defined]
    entry = registry.registered(model)
    if is_engineer(person):
        return versions
    if sees_everything(person) and not entry.engineers:
        return versions
    in_scope = registry.visible(model._base_manager.filter(pk=OuterRef(_pk(model))), person)
    seen = versions.filter(Exists(in_scope))
    return seen.filter(**{entry.engineers: False}) if entry.engineers else seen


def before(version: Any) -> Q:
    """The condition on versions that were written before this one (or before an OuterRef's row)."""
    at, number = _place_of(version)
    return Q(history_date__lte=at) & (Q(history_date__lt=at) | Q(history_id__lt=number))


def after(version: Any) -> Q:
    """The condition on versions that were written after this one."""
    at, number = _place_of(version)
    return Q(history_date__gte=at) & (Q(history_date__gt=at) | Q(history_id__gt=number))


def with_previous(versions: QuerySet[Any], readable: QuerySet[Any]) -> QuerySet[Any]:
    """Each with `previous_id`: the version of its record before it, as far as it is readable."""
    pk = _pk(versions.model.instance_type)
    same = readable.filter(before(OuterRef), **{pk: OuterRef(pk)}).order_by(*NEWEST_FIRST)
    return versions.annotate(previous_id=Subquery(same.values("history_id")[:1]))


def _place_of(version: Any) -> tuple[Any, Any]:
    if version is OuterRef:
        return OuterRef("history_date"), OuterRef("history_id")
    return version.history_date, version.history_id


def _pk(model: type[Model]) -> str:
    return str(model._meta.pk.name)
