"""The page of an export, and the download.

`export_urls` mounts it under a model's admin. Its address is that of the list with its filter,
search and order; a selection is sent along in the form, and is no more than a wish: every row
comes from what the person may see.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from opsconsole.access.roles import role_required
from opsconsole.admin.pages import show
from opsconsole.exports.asking import Asked, asked_for
from opsconsole.exports.download import download
from opsconsole.exports.forms import ColumnsForm
from opsconsole.exports.models import Export
from opsconsole.imports.outgoing import CSV, attachment
from opsconsole.imports.resource import ImportResource


def export_urls(
    model_admin: ModelAdmin[Any], resource_class: type[ImportResource]
) -> list[URLPattern]:
    """The page as URL patterns for `ModelAdmin.get_urls`; they go before its own."""
    pages = ExportPages(model_admin, resource_class)
    allowed = role_required(resource_class.export_permission, to=f"export {resource_class.kind}")
    view = model_admin.admin_site.admin_view(allowed(pages.export))
    opts = model_admin.opts
    return [path("export/", view, name=f"{opts.app_label}_{opts.model_name}_export")]


class ExportPages:
    """The pages of one model's export."""

    def __init__(self, model_admin: ModelAdmin[Any], resource_class: type[ImportResource]) -> None:
        self.model_admin, self.resource = model_admin, resource_class()

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Show what will be exported and choose columns; POST downloads the file."""
        form = ColumnsForm(self.resource, request.POST if request.method == "POST" else None)
        try:
            asked = asked_for(self.model_admin, request)
        except IncorrectLookupParameters:
            messages.error(request, "That filter could not be read: choose in the list again.")
            return redirect(self._list())
        if form.is_valid():
            return self._download(request, asked, form.cleaned_data["columns"])
        return self.page(request, asked, form)

    def page(
        self, request: HttpRequest, asked: Asked, form: ColumnsForm | None = None
    ) -> HttpResponse:
        """How many rows, which ones, and the columns to choose."""
        one, many = self.resource.one, self.resource.many
        return show(
            self.model_admin,
            request,
            "exports/export.html",
            title=f"Export {many}",
            resource=self.resource,
            asked=asked,
            how_many=f"{asked.count:,} {one if asked.count == 1 else many}",
            form=form or ColumnsForm(self.resource),
            address=f"{self._address()}?{asked.query}",
            list_address=f"{self._list()}?{asked.query}",
        )

    def _download(
        self, request: HttpRequest, asked: Asked, columns: list[str]
    ) -> StreamingHttpResponse:
        person: Any = request.user
        export = Export.objects.create(
            kind=self.resource.kind,
            exported_by=person,
            which=asked.words or "everything in sight",
            query=asked.query,
            columns=[self.resource.fields[name].title for name in columns],
        )
        response = StreamingHttpResponse(
            download(export, self.resource, columns, asked, person), content_type=CSV
        )
        name = f"{self.resource.kind} {timezone.localdate()}.csv"
        response["Content-Disposition"] = attachment(name)
        return response

    def _address(self) -> str:
        opts = self.model_admin.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_export")

    def _list(self) -> str:
        opts = self.model_admin.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
