"""The pages of an import: upload, mapping, preview, commit, progress, report, undo, rejects.

`import_urls` mounts them under a model's admin; every page asks for the import permission, and a
batch is only there for the person who uploaded it. Undoing has a permission of its own, for any
import that the person may see. A step of a long file is done by a worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.http import content_disposition_header

from opsconsole.access.lock import stream
from opsconsole.database.refusals import Refused
from opsconsole.imports import jobs, report, steps, undoing
from opsconsole.imports.forms import MappingForm, ReadingForm, UndoForm, UploadForm
from opsconsole.imports.frame import Frame
from opsconsole.imports.listing import Choice, kinds_of, listed, pages_of, tabs_of
from opsconsole.imports.mapping import Mapping, MappingProblem, guess
from opsconsole.imports.models import ImportBatch, Progress
from opsconsole.imports.outgoing import template_url
from opsconsole.imports.problems import Drifted
from opsconsole.imports.reading import UnreadableFile
from opsconsole.imports.redacting import left_out
from opsconsole.imports.remembering import mapped_before
from opsconsole.imports.resource import ImportResource

Status = ImportBatch.Status
Step = ImportBatch.Step


def import_urls(
    model_admin: ModelAdmin[Any], resource_class: type[ImportResource]
) -> list[URLPattern]:
    """The pages as URL patterns for `ModelAdmin.get_urls`; they go before its own."""
    pages = ImportPages(model_admin, resource_class).urls()
    return [template_url(model_admin, resource_class), *pages]


class ImportPages(Frame):
    """The pages of one model's import."""

    def urls(self) -> list[URLPattern]:
        """All pages, under `import/`."""
        return [
            self._path("import/", self.upload, ""),
            self._path("import/<int:pk>/mapping/", self.mapping, "_mapping"),
            self._path("import/<int:pk>/preview/", self.preview, "_preview"),
            self._path("import/<int:pk>/commit/", self.commit, "_commit"),
            self._path("import/<int:pk>/progress/", self.progress, "_progress"),
            self._path("import/<int:pk>/stop/", self.stop, "_stop"),
            self._path("import/<int:pk>/report/", self.report, "_report"),
            self._path("import/<int:pk>/rejects/", self.rejects, "_rejects"),
            *([self._undo_path(self.undo)] if self.resource_class.undo_permission else []),
        ]

    # The pages

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Choose a file; one that can't be read is told so on the form."""
        sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
        if sent and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                batch = steps.upload(self._resource(), request.user, file.name, file.file)
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
        """Settle which column is which field, or how the file is read."""
        if batch.status in steps.FINAL or batch.in_progress:
            return self._where_it_is(batch)
        if "map_as" in request.POST:
            return self._map_as(batch, request.POST["map_as"])
        reading = ReadingForm(batch, request.POST if "header_row" in request.POST else None)
        if reading.is_bound and self._read_otherwise(batch, reading):
            return self._to("_mapping", batch)
        resource, table = self._resource(), steps.table_of(batch)
        mapped = request.method == "POST" and not reading.is_bound
        form = MappingForm(resource, batch, table, request.POST if mapped else None)
        if mapped and form.is_valid():
            try:
                steps.map_columns(batch, resource, form.cleaned_data["mapping"])
            except MappingProblem as problem:
                form.add_error(None, str(problem))
            else:
                return self._do(request, batch, Step.PREVIEW)
        before = mapped_before(batch, resource)
        return self._page(
            request, "mapping", "Columns of {file}", batch, form=form, reading=reading, table=table,
            before=before, is_as_before=before and before.is_used_by(batch),
            unmapped=[name for name in table.header if name not in batch.mapping],
        )  # fmt: skip

    def preview(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """What the import would do, row by row; POST looks at everything again."""
        if batch.status in steps.FINAL or batch.in_progress:
            return self._where_it_is(batch)
        if request.method == "POST":
            self._take_offer(request, batch)
            return self._do(request, batch, Step.PREVIEW)
        if batch.status != Status.PREVIEWED:
            return self._to("_mapping", batch)
        return self._preview_page(request, batch)

    def commit(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """Write what was previewed; what drifted since is listed, and nothing is written."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if batch.status in steps.FINAL or batch.in_progress:  # the button was pressed twice
            return self._where_it_is(batch)
        try:
            return self._do(request, batch, Step.COMMIT)
        except Drifted as drifted:
            if batch.status in steps.FINAL:
                raise
            return self._preview_page(request, batch, drifted=drifted, status=409)

    def progress(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """How far the worker is; leads on once it is done, and may be left meanwhile."""
        if batch.in_progress:
            progress = Progress.objects.filter(batch=batch).first()
            return self._page(request, "progress", "{file}", batch, progress=progress)
        there = self._where_it_is(batch)
        if "HX-Request" in request.headers:  # asked by the page's own script, not by the browser
            return HttpResponse(headers={"HX-Redirect": there["Location"]})
        return there

    def stop(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """Ask the worker to stop, as long as it has not written anything."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        jobs.ask_to_stop(batch)
        return self._to("_progress", batch)

    def report(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """What the import did."""
        if batch.status not in steps.FINAL or batch.in_progress:
            return self._where_it_is(batch)
        return self._page(
            request,
            "report",
            "Import of {file}",
            batch,
            tabs=tabs_of(batch),
            may_undo=self._may_undo(request, batch),
            next_steps=self._resource().next_steps(batch) if batch.committed_at else [],
            **self._rows(request, batch),
        )

    def undo(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """What undoing would come to, and on POST the undoing itself."""
        is_open = batch.status == Status.COMMITTED and not batch.in_progress
        form = UndoForm(request.POST if is_open and request.method == "POST" else None)
        if form.is_valid():
            return self._undo(request, batch, form.cleaned_data["reason"])
        if "HX-Request" in request.headers and not batch.in_progress:
            return HttpResponse(headers={"HX-Redirect": self._url("_undo", batch.pk)})
        foreseen = undoing.foresee(batch, self._resource(), request.user) if is_open else None
        progress = Progress.objects.filter(batch=batch).first() if batch.in_progress else None
        return self._page(
            request, "undo", "Undo the import of {file}", batch, form=form,
            foreseen=foreseen, progress=progress, kept=(batch.undone or {}).get("named", []),
        )  # fmt: skip

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

    def _do(self, request: HttpRequest, batch: ImportBatch, step: ImportBatch.Step) -> HttpResponse:
        """Have the step done: now, or by a worker where the file is long."""
        resource, person = self._resource(), request.user
        if jobs.is_for_background(batch):
            jobs.ask(batch, step, person)
            return self._to("_progress", batch)
        if step == Step.PREVIEW:
            steps.preview(batch, resource, person)
        elif step == Step.UNDO:
            undoing.undo(batch, resource, person)
        else:
            steps.commit(batch, resource, person, getattr(request, "request_id", None))
            done = f"Imported: {batch.create} new, {batch.update} changed."
            messages.success(request, done)
        return self._where_it_is(batch)

    def _undo(self, request: HttpRequest, batch: ImportBatch, reason: str) -> HttpResponse:
        batch.undo_reason = reason
        batch.save(update_fields=["undo_reason"])
        try:
            self._do(request, batch, Step.UNDO)
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect(self._url("_undo", batch.pk))

    def _may_undo(self, request: HttpRequest, batch: ImportBatch) -> bool:
        permission = self.resource_class.undo_permission
        if not permission:
            return False
        return batch.status == Status.COMMITTED and request.user.has_perm(permission)

    def _take_offer(self, request: HttpRequest, batch: ImportBatch) -> None:
        """Set the value for every row that the preview offered, if it was asked for."""
        taken = request.POST.get("offer")
        for offer in self._resource().offers(batch, request.user):
            if offer.field and offer.field == taken:
                constants = {**batch.constants, offer.field: offer.value}
                steps.begin_mapping(batch, Mapping(batch.mapping, constants))

    def _map_as(self, batch: ImportBatch, which: str) -> HttpResponse:
        """Start over: as the last file with these columns was mapped, or by their names."""
        resource = self._resource()
        before = mapped_before(batch, resource) if which == "before" else None
        by_names = Mapping(guess(resource, batch.header))
        steps.begin_mapping(batch, before.mapping if before else by_names)
        return self._to("_mapping", batch)

    def _read_otherwise(self, batch: ImportBatch, form: ReadingForm) -> bool:
        if not form.is_valid():
            return False
        try:
            steps.read_otherwise(batch, self._resource(), form.chosen)
        except UnreadableFile as unreadable:
            form.add_error(None, str(unreadable))
            return False
        return True

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
            offers=self._resource().offers(batch, request.user),
            drifted=drifted,
            **self._rows(request, batch),
        )
        response.status_code = status
        return response

    def _rows(self, request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
        chosen = Choice.of(batch, request.GET)
        page = pages_of(batch, chosen).get_page(request.GET.get("p"))
        return {
            "chosen": chosen,
            "page": page,
            "rows": listed(self._resource(), list(page)),
            "kinds": kinds_of(batch, self._resource()),
            "left_out": left_out(batch.header, batch.mapping) if batch.reject else [],
        }


def _rejects_of(batch: ImportBatch) -> Iterator[str]:
    yield "\ufeff"  # tells spreadsheets that the file is UTF-8
    yield from report.rejects_csv(batch, steps.table_of(batch))


def _will_do(batch: ImportBatch, resource: ImportResource) -> str:
    """What the button says: nothing where nothing would change."""

    def count(number: int) -> str:
        return f"{number:,} {resource.one if number == 1 else resource.many}"

    made = batch.also_makes
    along = f", and make {made['count']:,} {made['what']}" if made.get("count") else ""
    if batch.create and batch.update:
        return f"Import {batch.create:,} new and change {count(batch.update)}{along}"
    if batch.create:
        return f"Import {count(batch.create)}{along}"
    return f"Change {count(batch.update)}{along}" if batch.update else ""
