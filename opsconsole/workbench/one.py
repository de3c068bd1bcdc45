"""One change, and what it stands among: its record's other changes, its request's, its seal."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Q

from opsconsole.access.lock import unlocked
from opsconsole.access.people import Person, sees_everything
from opsconsole.history.changes import (
    NEWEST_FIRST,
    OLDEST_FIRST,
    after,
    before,
    readable_versions,
    with_previous,
)
from opsconsole.history.models import Seal, SealedPart
from opsconsole.workbench.kinds import Kind, kinds_for

TOGETHER = 50  # changes of one request that are told on one page
# What one request writes is written within this time. There is no index by request, but dates.
A_REQUEST = datetime.timedelta(minutes=10)


def readable(kind: Kind, number: int, person: Person) -> Any | None:
    """The version of this number, None for what is not there or not to be read."""
    if kind not in kinds_for(person):
        return None
    versions = readable_versions(kind.model, person)
    return with_previous(versions.filter(history_id=number), versions).first()


def neighbours(kind: Kind, version: Any, person: Person) -> tuple[Any, Any]:
    """The changes of the same record before and after this one, None where there is none."""
    same = readable_versions(kind.model, person).filter(**{kind.pk: getattr(version, kind.pk)})
    return (
        same.filter(before(version)).order_by(*NEWEST_FIRST).first(),
        same.filter(after(version)).order_by(*OLDEST_FIRST).first(),
    )


def together_with(kind: Kind, version: Any, person: Person) -> list[tuple[Kind, Any]]:
    """The other changes of its request, one more than are told where there are that many."""
    if version.request_id is None:
        return []
    at = version.history_date
    same = Q(
        request_id=version.request_id,
        history_date__gte=at - A_REQUEST,
        history_date__lte=at + A_REQUEST,
    )
    found = []
    for other in kinds_for(person):
        versions = readable_versions(other.model, person)
        rows = versions.filter(same)
        if other == kind:
            rows = rows.exclude(history_id=version.history_id)
        # Unsorted, so that as many are found soon; the rest is in the list of changes.
        taken = with_previous(rows.order_by(), versions)[: TOGETHER + 1]
        found += [(other, each) for each in taken]
    found.sort(key=lambda each: (each[1].history_date, each[1].history_id))
    return found[: TOGETHER + 1]


def sealed_at(kind: Kind, version: Any, person: Person) -> datetime.datetime | None:
    """When this version was sealed, None where it is not yet.

    The chain is no request's to read, and of it this says nothing but the moment.
    """
    if not sees_everything(person):
        return None
    number = version.history_id
    with unlocked():
        parts = SealedPart.objects.filter(
            table=kind.table, last_id__gte=number, seal__kind=Seal.Kind.SEAL, ids__contains=[number]
        )
        return parts.order_by("last_id").values_list("seal__made_at", flat=True).first()
