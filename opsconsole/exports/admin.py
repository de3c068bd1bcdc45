"""A list whose records can be exported: its link, its action, and the permission for both."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from unfold.decorators import action

from opsconsole.admin import ConsoleAdmin, Link
from opsconsole.exports.asking import filter_of, selection_of
from opsconsole.exports.pages import ExportPages, export_urls
from opsconsole.imports.resource import ImportResource


class Exporting(ConsoleAdmin):
    """A page of records that go out as `export_resource` takes them in."""

    export_resource: ClassVar[type[ImportResource]]
    actions = ["export_selected"]

    def get_urls(self) -> list[URLPattern]:
        """The page of the export stands under `export/`."""
        return [*export_urls(self, self.export_resource), *super().get_urls()]

    def has_export_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Exporting is a permission of its own."""
        return self.allows(request, "export", obj)

    def list_links(self, request: HttpRequest) -> list[Link]:
        """The rows that the list shows go out from here."""
        links = super().list_links(request)
        if self.has_export_permission(request):
            page = self._export_page(filter_of(request.GET))
            links.append(Link("Export to a file", page, "download"))
        return links

    @action(description="Export the selected %(verbose_name_plural)s", permissions=["export"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Choose the columns first; all rows of a list are its filter and need no ids."""
        if request.POST.get("select_across") == "1":
            return redirect(self._export_page(filter_of(request.GET)))
        pages = ExportPages(self, self.export_resource)
        return pages.page(request, selection_of(queryset, request.GET))

    def _export_page(self, query: str) -> str:
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_export")
        return f"{page}?{query}" if query else page
