"""Which versions a record has: by their numbers, by who may read them, by the one before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from opsconsole.access import registry
from opsconsole.history.changes import NEWEST_FIRST

NONE_YET = 0  # stands for the newest version of a record whose history begins later
LARGEST = 2**63 - 1


def is_kept(model: type[models.Model]) -> bool:
    """Whether the changes of this model's records are written to a history."""
    return hasattr(model, "history")


def history_of(model: type[models.Model]) -> QuerySet[Any]:
    """All versions of all records of a model that keeps history."""
    return model.history.all()  # type: ignore[attr-defined]


def newest_version(model: type[models.Model], pk: Any) -> int:
    """The number of a record's newest version.

    Versions of one record are numbered in the order in which they were committed: they are
    written while its row is locked.
    """
    rows = history_of(model).filter(**{model._meta.pk.attname: pk})
    return rows.aggregate(newest=Max("history_id"))["newest"] or NONE_YET


def with_newest(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Records with the number of their newest version (`version`), out of the same statement.

    So the number is that of what is shown.
    """
    versions = history_of(rows.model).filter(id=OuterRef("pk"))
    newest = versions.order_by("-history_id").values("history_id")[:1]
    return rows.annotate(version=Coalesce(Subquery(newest), Value(NONE_YET)))


def newest_versions(
    wanted: Mapping[type[models.Model], set[Any]],
) -> dict[tuple[type[models.Model], Any], int]:
    """The numbers of the newest versions of several records, by their kind and id, in one query."""
    kinds, lists = list(wanted), []
    for number, model in enumerate(kinds):
        pk = model._meta.pk.attname
        rows = history_of(model).filter(**{f"{pk}__in": wanted[model]}).order_by().values_list(pk)
        lists.append(rows.annotate(newest=Max("history_id"), kind=Value(number)))
    found = lists[0].union(*lists[1:], all=True) if lists else ()
    return {(kinds[kind], pk): newest for pk, newest, kind in found}


def versions_of(obj: models.Model, person: Any) -> QuerySet[Any]:
    """The versions of a record that this person may read, newest first.

    Staff read a version only if the record lay in one of their ZIP codes then, so none of what
    lies in no ZIP code (a ReRenter may have had homes anywhere); whether they may see the record
    now is for the page to ask.
    """
    rows = history_of(type(obj)).filter(**{obj._meta.pk.attname: obj.pk})
    return registry.visible_versions(rows.order_by(*NEWEST_FIRST), person)


def version_of(obj: models.Model, number: Any, person: Any) -> Any | None:
    """One version of a record by its number, None if there is none that this person may read."""
    number = as_number(number)
    return versions_of(obj, person).filter(history_id=number).first() if number else None


def as_number(text: Any) -> int | None:
    """The number of a version out of an address or a form; None for what is none."""
    text = str(text)
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        return None
    number = int(text)
    return number if number <= LARGEST else None
