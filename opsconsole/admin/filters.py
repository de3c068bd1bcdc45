"""List filters that name nothing outside of a person's scope."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from opsconsole.access import registry


class ScopedRelatedFilter(RelatedDropdownFilter):
    """Choices of a relation: those the person may see, and that some row has.

    Django's own filter lists every row of the related table, whoever asks.
    """

    is_scoped = True

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, str]]:
        related = field.remote_field.model
        rows = model_admin.model._base_manager.filter(**{field.name: OuterRef("pk")})
        used = registry.visible(rows, request.user)
        choices = registry.visible(related._default_manager.filter(Exists(used)), request.user)
        return [(row.pk, str(row)) for row in choices]
