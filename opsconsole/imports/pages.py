"""The pages of an import: upload, mapping, preview, commit, report, and the rejects to download.

`import_urls` mounts them under a model's admin; every page asks for the import permission, and a
batch is only there for the person who uploaded it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.paginator import Paginator
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header

from opsconsole.access.lock import stream
from opsconsole.access.roles import role_required
from opsconsole.imports import report, steps
from opsconsole.imports.forms import MappingForm, UploadForm
from opsconsole.imports.listing import TABS, listed, rows_of, tabs_of
from opsconsole.imports.mapping import MappingProblem
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.outgoing import template_url
from opsconsole.imports.problems import Drifted
from opsconsole.imports.reading import UnreadableFile
from opsconsole.imports.resource import ImportResource

Status = ImportBatch.Status
PAGE = 50  # rows of the preview

type Page = Callable[..., HttpResponseBase]


def import_urls(
    model_admin: ModelAdmin[Any], resource_class: type[ImportResource]
) -> list[URLPattern]:
    """The pages as URL patterns for `ModelAdmin.get_urls`; they go before its own."""
    pages = ImportPages(model_admin, resource_class).urls()
    return [template_url(model_admin, resource_class), *pages]


class ImportPages:
    """The pages of one model's import."""

    def __init__(self, model_admin: ModelAdmin[Any], resource_class: type[ImportResource]) -> None:
        self.model_admin, self.resource_class = model_admin, resource_class
        self.opts = model_admin.opts

    def urls(self) -> list[URLPattern]:
        """All pages, under `import/`."""
        return [
            self._path("import/", self.upload, ""),
            self._path("import/<int:pk>/mapping/", self.mapping, "_mapping"),
            self._path("import/<int:pk>/preview/", self.preview, "_preview"),
            self._path("import/<int:pk>/commit/", self.commit, "_commit"),
            self._path("import/<int:pk>/report/", self.report, "_report"),
            self._path("import/<int:pk>/rejects/", self.rejects, "_rejects"),
        ]

    # The pages

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Choose a file; one that can't be read is told so on the form."""
        sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
        if sent and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                batch = steps.upload(self._resource(), request.user, file.name, file.read())
            except UnreadableFile as unreadable:
                form.add_error("file", str(unreadable))
            else:
                return self._to("_mapping", batch)
        limits = steps.limits()
        megabytes = limits.bytes // 1024 // 1024
        return self._page(
            request, "upload", "Import {many}", form=form, limits=limits, megabytes=megabytes
        )

    def mapping(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """Settle which column is which field, or read the file with another header line."""
        if batch.status == Status.COMMITTED:
            return self._to("_report", batch)
        resource = self._resource()
        if request.method == "POST" and "header_row" in request.POST:
            return self._read_again(request, batch)
        table = steps.read_again(batch)
        form = MappingForm(resource, batch, table, request.POST if request.POST else None)
        if request.method == "POST" and form.is_valid():
            try:
                steps.map_columns(batch, resource, form.cleaned_data["mapping"])
                steps.preview(batch, resource, request.user, table)
            except MappingProblem as problem:
                form.add_error(None, str(problem))
            else:
                return self._to("_preview", batch)
        return self._page(request, "mapping", "Columns of {file}", batch, form=form, table=table)

    def preview(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """What the import would do, row by row; POST looks at everything again."""
        if batch.status == Status.COMMITTED:
            return self._to("_report", batch)
        if request.method == "POST":
            steps.preview(batch, self._resource(), request.user)
            return self._to("_preview", batch)
        if batch.status != Status.PREVIEWED:
            return self._to("_mapping", batch)
        return self._preview_page(request, batch)

    def commit(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """Write what was previewed; what drifted since is listed, and nothing is written."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if batch.status == Status.COMMITTED:  # the button was pressed twice
            return self._to("_report", batch)
        request_id = getattr(request, "request_id", None)
        try:
            steps.commit(batch, self._resource(), request.user, request_id)
        except Drifted as drifted:
            if batch.status == Status.COMMITTED:
                raise
            return self._preview_page(request, batch, drifted=drifted, status=409)
        messages.success(request, f"Imported: {batch.create} new, {batch.update} changed.")
        return self._to("_report", batch)

    def report(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """What the import did."""
        if batch.status != Status.COMMITTED:
            return self._to("_preview", batch)
        return self._page(
            request,
            "report",
            "Import of {file}",
            batch,
            tabs=tabs_of(batch),
            **self._rows(request, batch),
        )

    def rejects(self, request: HttpRequest, batch: ImportBatch) -> HttpResponseBase:
        """The rejected rows, to be corrected and uploaded again."""
        response = StreamingHttpResponse(
            stream(request.user, lambda _: _rejects_of(batch)),
            content_type="text/csv; charset=utf-8",
        )
        name = f"{PurePath(batch.file_name).stem} rejects.csv"
        response["Content-Disposition"] = content_disposition_header(True, name) or ""
        return response

    # What they are made of

    def _read_again(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        try:
            steps.change_header_row(batch, self._resource(), int(request.POST["header_row"]))
        except UnreadableFile as unreadable:
            messages.error(request, str(unreadable))
        except ValueError:
            messages.error(request, "Write the number of the line with the column names.")
        return self._to("_mapping", batch)

    def _preview_page(
        self,
        request: HttpRequest,
        batch: ImportBatch,
        drifted: Drifted | None = None,
        status: int = 200,
    ) -> HttpResponse:
        response = self._page(
            request,
            "preview",
            "Preview of {file}",
            batch,
            tabs=tabs_of(batch),
            will_do=_will_do(batch, self._resource()),
            drifted=drifted,
            **self._rows(request, batch),
        )
        response.status_code = status
        return response

    def _rows(self, request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
        show = request.GET.get("show", "")
        show = show if show in TABS else next((t.name for t in tabs_of(batch) if t.count), "create")
        page = Paginator(rows_of(batch, show), PAGE).get_page(request.GET.get("p"))
        return {"show": show, "page": page, "rows": listed(self._resource(), list(page))}

    def _page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        batch: ImportBatch | None = None,
        **context: Any,
    ) -> TemplateResponse:
        resource = self._resource()
        return TemplateResponse(
            request,
            f"imports/{template}.html",
            {
                **self.model_admin.admin_site.each_context(request),
                "opts": self.opts,
                "resource": resource,
                "title": title.format(many=resource.many, file=batch and batch.file_name),
                "batch": batch,
                "summary": batch and report.sentence(batch),
                "urls": self._links(batch),
                **context,
            },
        )

    def _links(self, batch: ImportBatch | None) -> dict[str, str]:
        links = {"upload": self._url(""), "template": self._url("_template")}
        links["list"] = reverse(f"admin:{self._name('changelist')}")
        if batch:
            for step in ("mapping", "preview", "commit", "report", "rejects"):
                links[step] = self._url(f"_{step}", batch.pk)
        return links

    def _path(self, route: str, page: Page, suffix: str) -> URLPattern:
        @role_required(self.resource_class.permission, to=f"import {self.resource_class.kind}")
        def guarded(request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
            return page(request) if pk is None else self._step(page, request, pk)

        view = self.model_admin.admin_site.admin_view(guarded)
        return path(route, view, name=self._name(f"import{suffix}"))

    def _step(self, page: Page, request: HttpRequest, pk: int) -> HttpResponseBase:
        batch = self._batch(request, pk)
        try:
            return page(request, batch)
        except MappingProblem as problem:
            messages.error(request, str(problem))
            return self._to("_mapping", batch)
        except UnreadableFile as problem:  # the limits were lowered since it was uploaded
            messages.error(request, str(problem))
            return redirect(self._url(""))
        except Drifted as drifted:  # committed meanwhile
            messages.error(request, " ".join(what for _, what in drifted.lines))
            return self._to("_report", batch)

    def _batch(self, request: HttpRequest, pk: int) -> ImportBatch:
        """The batch, if it is this person's; anybody else's is not there."""
        batches = ImportBatch.objects.filter(
            uploaded_by_id=request.user.pk, resource=self.resource_class.kind
        )
        batch = batches.defer("content").filter(pk=pk).first()
        if batch is None:
            raise Http404
        return batch

    def _resource(self) -> ImportResource:
        return self.resource_class()

    def _name(self, suffix: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{suffix}"

    def _url(self, suffix: str, *args: int) -> str:
        site = self.model_admin.admin_site.name
        return reverse(f"{site}:{self._name(f'import{suffix}')}", args=args)

    def _to(self, suffix: str, batch: ImportBatch) -> HttpResponse:
        return redirect(self._url(suffix, batch.pk))


def _rejects_of(batch: ImportBatch) -> Iterator[str]:
    yield "\ufeff"  # tells spreadsheets that the file is UTF-8
    yield from report.rejects_csv(batch, steps.read_again(batch))


def _will_do(batch: ImportBatch, resource: ImportResource) -> str:
    """What the button says: nothing where nothing would change."""

    def count(number: int) -> str:
        return f"{number:,} {resource.one if number == 1 else resource.many}"

    if batch.create and batch.update:
        return f"Import {batch.create:,} new and change {count(batch.update)}"
    if batch.create:
        return f"Import {count(batch.create)}"
    return f"Change {count(batch.update)}" if batch.update else ""
