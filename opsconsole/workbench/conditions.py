"""What is asked for, as conditions on the versions of one kind of record."""

from __future__ import annotations

import json

from django.db.models import Q

from opsconsole.access.registry import NOTHING
from opsconsole.workbench.asking import Asked
from opsconsole.workbench.flags import FLAGS
from opsconsole.workbench.kinds import PLAN, PROPERTY, Kind
from staffing.models import User

NAMES_MORE = ("database", "restore")  # these sources say whose, or of what, behind a colon
FEW = 20_000  # versions: as many are sorted before anybody notices


def indexed_by(kind: Kind, asked: Asked) -> Q:
    """The part of it that an index leads to; empty where none does."""
    parts = Q()
    if asked.record is not None:
        parts &= Q(**{kind.pk: asked.record})
    if asked.homes is not None:
        parts &= _of_homes(kind, asked)
    if asked.zip_code is not None:
        parts &= Q(**{kind.zip_code: asked.zip_code}) if kind.zip_code else NOTHING
    if asked.people is not None:
        parts &= Q(history_user__in=asked.people)
    if asked.batches is not None:
        parts &= Q(batch_id__in=asked.batches)
    if asked.changed and _changed_rarely(kind, asked.changed):
        parts &= Q(changed_fields__contains=[asked.changed])
    return parts


def conditions(kind: Kind, asked: Asked) -> Q:
    """The rest of it."""
    parts = Q()
    if asked.role == "nobody":
        parts &= Q(history_user=None)
    elif asked.role:
        parts &= Q(history_user__in=User.objects.filter(user_type=asked.role).values("pk"))
    if asked.happened:
        parts &= Q(history_type=asked.happened)
    if asked.source in NAMES_MORE:
        parts &= Q(source__startswith=f"{asked.source}:")
    elif asked.source:
        parts &= Q(source=asked.source)
    if asked.request:
        parts &= Q(request_id=asked.request)
    if asked.reason:
        parts &= Q(history_change_reason__icontains=asked.reason)
    if asked.changed:
        parts &= Q(changed_fields__contains=[asked.changed])
    if asked.flag:
        parts &= Q(FLAGS[asked.flag].condition) if kind == PLAN else NOTHING
    return parts


def _of_homes(kind: Kind, asked: Asked) -> Q:
    """By the ZIP codes that the homes ever lay in: versions of plans have no index by home."""
    if kind == PROPERTY:
        return Q(id__in=asked.homes)
    if not kind.home:
        return NOTHING
    return Q(**{f"{kind.zip_code}__in": asked.places, f"{kind.home}__in": asked.homes})


def _changed_rarely(kind: Kind, name: str) -> bool:
    """Whether few versions changed this field, as PostgreSQL's statistics have it."""
    plan = kind.history.objects.filter(changed_fields__contains=[name]).explain(format="json")
    return bool(json.loads(plan)[0]["Plan"]["Plan Rows"] < FEW)
