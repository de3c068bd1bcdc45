"""List filters that name nothing outside of a person's scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm

from opsconsole.access import registry
from opsconsole.admin.scope import SearchBox

MANY = 200  # choices that nobody reads through: beyond it one types


class ChosenBySearch(AutocompleteDropdownForm):
    """A box to search in, in place of a list that is too long to send with every page."""

    widget = SearchBox

    def __init__(self, *, name: str, rows: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(name=name, choices=(), **kwargs)
        self.fields[name].queryset = rows  # what was chosen is named out of these alone


class ScopedRelatedFilter(RelatedDropdownFilter):
    """Choices of a relation: those the person may see, and that some row has.

    Django's own filter lists every row of the related table, whoever asks. Where there are many,
    one searches among those the person may see instead.
    """

    is_scoped = True
    is_long = False

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, str]]:
        related = field.remote_field.model
        rows = model_admin.model._base_manager.filter(**{field.name: OuterRef("pk")})
        used = registry.visible(rows, request.user)
        choices = registry.visible(related._default_manager.filter(Exists(used)), request.user)
        found = list(choices[: MANY + 1])
        self.is_long = len(found) > MANY
        return [(row.pk, str(row)) for row in found]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The list, or the box to search in."""
        if not self.is_long:
            yield from super().choices(changelist)
            return
        rows = self.field.remote_field.model._default_manager.all()
        yield {
            "form": ChosenBySearch(
                request=self.request,
                label=f"By {self.title}",
                name=self.lookup_kwarg,
                rows=registry.visible(rows, self.request.user),
                field=self.field,
                model_admin=self.model_admin,
                data={self.lookup_kwarg: self.value()},
            )
        }
