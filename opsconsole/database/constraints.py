"""Constraints that Django's own classes can't check from every form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db.models import Model


class NeverOverlap(ExclusionConstraint):
    """An exclusion constraint whose condition may rest on a field that a form leaves out.

    Django looks at the excluded fields of the expressions but not at those of the condition, and
    fails with a FieldError. Left to the database here: its refusal reaches the form as well.
    """

    def validate(
        self,
        model: type[Model],
        instance: Model,
        exclude: Iterable[str] | None = None,
        using: str = "default",
    ) -> None:
        left_out = set(exclude or ())
        refers: Any = self._expression_refs_exclude  # type: ignore[attr-defined]
        if left_out and self.condition is not None and refers(model, self.condition, left_out):
            return
        super().validate(model, instance, exclude=left_out, using=using)
