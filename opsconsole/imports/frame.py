"""What the pages of an import stand in: their addresses, who may open them, and their links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from opsconsole.access.roles import role_required
from opsconsole.imports import report, steps
from opsconsole.imports.mapping import MappingProblem
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Drifted
from opsconsole.imports.reading import UnreadableFile
from opsconsole.imports.resource import ImportResource

Status = ImportBatch.Status
STEPS = ("mapping", "preview", "commit", "progress", "stop", "report", "rejects", "undo")

type Page = Callable[..., HttpResponseBase]


class Frame:
    """The frame of one model's import; `ImportPages` are the pages in it."""

    def __init__(self, model_admin: ModelAdmin[Any], resource_class: type[ImportResource]) -> None:
        self.model_admin, self.resource_class = model_admin, resource_class
        self.opts = model_admin.opts

    def _where_it_is(self, batch: ImportBatch) -> HttpResponse:
        """To the page where this import goes on."""
        if batch.in_progress:
            return self._to("_progress", batch)
        if batch.status in steps.FINAL:
            return self._to("_report", batch)
        return self._to("_preview" if batch.status == Status.PREVIEWED else "_mapping", batch)

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
                "kept_days": settings.IMPORT_KEPT_DAYS,
                "names": batch and _names(batch),
                "urls": self._links(batch),
                **context,
            },
        )

    def _links(self, batch: ImportBatch | None) -> dict[str, str]:
        site = self.model_admin.admin_site.name
        links = {
            "upload": self._url(""),
            "template": self._url("_template"),
            "list": reverse(f"{site}:{self._name('changelist')}"),
            "batches": reverse(f"{site}:imports_importbatch_changelist"),
        }
        if batch:
            for step in STEPS if self.resource_class.undo_permission else STEPS[:-1]:
                links[step] = self._url(f"_{step}", batch.pk)
        return links

    def _path(self, route: str, page: Page, suffix: str) -> URLPattern:
        @role_required(self.resource_class.permission, to=f"import {self.resource_class.kind}")
        def guarded(request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
            return page(request) if pk is None else self._step(page, request, pk)

        view = self.model_admin.admin_site.admin_view(guarded)
        return path(route, view, name=self._name(f"import{suffix}"))

    def _undo_path(self, page: Page) -> URLPattern:
        resource = self.resource_class

        @role_required(resource.undo_permission, to=f"undo imports of {resource.kind}")
        def guarded(request: HttpRequest, pk: int) -> HttpResponseBase:
            mine = ImportBatch.objects.visible_to(request.user).filter(resource=resource.kind)
            return page(request, get_object_or_404(mine, pk=pk))

        view = self.model_admin.admin_site.admin_view(guarded)
        return path("import/<int:pk>/undo/", view, name=self._name("import_undo"))

    def _step(self, page: Page, request: HttpRequest, pk: int) -> HttpResponseBase:
        batch = self._batch(request, pk)
        try:
            return page(request, batch)
        except MappingProblem as problem:
            messages.error(request, str(problem))
            return self._to("_mapping", batch)
        except UnreadableFile as unreadable:  # kept from before such a file was refused
            messages.error(request, str(unreadable))
            return redirect(self._url(""))
        except Drifted as drifted:  # another tab was quicker
            messages.error(request, " ".join(what for _, what in drifted.lines))
            batch.refresh_from_db(fields=["status", "in_progress"])
            return self._where_it_is(batch)

    def _batch(self, request: HttpRequest, pk: int) -> ImportBatch:
        """The batch, if it is this person's; anybody else's is not there."""
        batches = ImportBatch.objects.filter(
            uploaded_by_id=request.user.pk, resource=self.resource_class.kind
        )
        batch = batches.filter(pk=pk).first()
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


def _names(batch: ImportBatch) -> dict[str, str]:
    """Who imported and who undid it, by name: a person themselves may be hidden from another."""
    ids = {"committed": batch.committed_by_id, "undone": batch.undone_by_id}
    people: Any = get_user_model()
    names = people.names_of({pk for pk in ids.values() if pk})
    return {did: names.get(pk, "") for did, pk in ids.items()}
