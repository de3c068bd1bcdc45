"""What folds out below a row of a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import label_for_field
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from opsconsole.access import registry
from opsconsole.admin.rows import as_safe, written_field
from opsconsole.admin.scope import as_pk

MOST = 50  # rows below a row; the page of the record has all of them


@dataclass(frozen=True)
class RowsBelow:
    """A small table of what belongs to a row; `rows` says which of it, and in which order."""

    title: str
    none: str  # the sentence where there is nothing
    model: type[Model]
    belongs_by: str  # the field that leads to the row above
    fields: tuple[str, ...]
    rows: Callable[[Any], QuerySet[Any]]

    def under(self, record: Model, viewer: Any) -> list[list[SafeString]]:
        """The cells, of as many rows as the viewer may see."""
        belonging = self.model._default_manager.filter(**{self.belongs_by: record.pk})
        cells = [written_field(self.model, name) for name in self.fields]
        found = self.rows(registry.visible(belonging, viewer))[:MOST]
        return [[as_safe(write(row)) for write in cells] for row in found]

    @property
    def headings(self) -> list[str]:
        """The names of the fields."""
        return [str(label_for_field(name, self.model)) for name in self.fields]


class FoldsOut(BaseModelAdmin):
    """A list whose rows fold out `rows_below`, which is asked for then and not before."""

    rows_below: ClassVar[RowsBelow | None] = None

    @property
    def list_sections(self) -> list[RowsBelow]:
        """Under unfold's name: its headings leave a column for the buttons."""
        return [self.rows_below] if self.rows_below else []

    def get_urls(self) -> list[URLPattern]:
        """What is below a row stands under its record."""
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        if self.rows_below is None:
            return urls
        name = f"{self.opts.app_label}_{self.opts.model_name}_below"
        below = self.admin_site.admin_view(require_safe(self.below))
        return [path("<path:object_id>/below/", below, name=name), *urls]

    def below(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The table, as a part of the page of the list; not found is also what is out of scope."""
        rows = self.get_queryset(request).filter(pk=as_pk(self.model, object_id))
        record, below = rows.first(), self.rows_below
        if record is None or below is None or not self.has_view_permission(request, record):
            raise Http404
        rows_below = below.under(record, request.user)
        context = {"below": below, "record": record, "rows": rows_below, "most": MOST}
        return TemplateResponse(request, "console/rows_below.html", context)
