"""The queryset of every scoped model."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models

from opsconsole.access import registry
from opsconsole.access.people import Person

Row = TypeVar("Row", bound=models.Model, covariant=True)


class ScopedQuerySet(models.QuerySet[Row]):
    """Reads as English: `Booking.objects.upcoming().visible_to(ana)`."""

    def visible_to(self, person: Person) -> Self:
        """The rows this person may see today."""
        return registry.visible(self, person)  # type: ignore[return-value]
