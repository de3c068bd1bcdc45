"""Values of fields as people read them: names, not ids; words, not codes; the home's own clock."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.utils import formats, timezone
from django.utils.text import capfirst

from opsconsole.access import registry

NOTHING = "nothing"
HIDDEN = "something outside your ZIP codes"
UNTOLD = {"permission", "is_superuser", "is_staff"}  # they follow from what is told

type Wanted = dict[type[models.Model], set[Any]]


def told_fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The fields of a model whose changes are told, in their order."""
    tracked: list[models.Field[Any, Any]] = model.history.model.tracked_fields  # type: ignore[attr-defined]
    return [field for field in tracked if not field.primary_key and field.name not in UNTOLD]


def label_of(field: models.Field[Any, Any]) -> str:
    """What a field is called."""
    return capfirst(str(field.verbose_name))


def say(field: models.Field[Any, Any], value: Any, names: Names) -> str:
    """A value of a field in words."""
    if value in (None, ""):
        return NOTHING
    if field.is_relation:
        return names.of(field.related_model, value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.datetime):
        return formats.date_format(timezone.localtime(value, names.clock), "DATETIME_FORMAT")
    return str(formats.localize(value))


def named_in(model: type[models.Model], records: Iterable[Any]) -> Wanted:
    """The ids by which these records, or versions of records, refer to others."""
    wanted: Wanted = defaultdict(set)
    relations: list[Any] = [field for field in told_fields(model) if field.is_relation]
    for record in records:
        for field in relations:
            if pk := getattr(record, field.attname, None):
                wanted[field.related_model].add(pk)
    return wanted


class Names:
    """What related records are called, in one query for each model, none outside the scope.

    Colleagues (all people but ReRenters) are named to everybody: the history would be mute
    without its actors.
    """

    def __init__(self, person: Any, wanted: Wanted, clock: datetime.tzinfo) -> None:
        self.clock = clock
        self.names: dict[tuple[Any, Any], str] = {}
        for model, pks in wanted.items():
            rows = registry.visible(model._base_manager.filter(pk__in=pks - {None}), person)
            self.names |= {(model, row.pk): str(row) for row in rows}
            if model is get_user_model():
                self.names |= {(model, pk): name for pk, name in model.names_of(pks).items()}

    def of(self, model: Any, pk: Any) -> str:
        """The name of a record, or words that say it can't be named."""
        return self.names.get((model, pk), HIDDEN)
