"""Values of fields as people read them: names, not ids; words, not codes; the home's own clock."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import formats, timezone
from django.utils.text import capfirst

if TYPE_CHECKING:
    from opsconsole.history.names import Names

NOTHING = "nothing"
CHANGED, SET = "changed", "set"
HIDDEN = "something outside your ZIP codes"
# They follow from what is told.
UNTOLD = {"permission", "is_superuser", "is_staff", "generated_key"}
# Fields that stand for something no version keeps: of these only that it was set, or changed.
ONLY_THAT = {"code_set_at"}


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
