"""The page on which changes are exported as evidence, and where the digest of each file stands."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.admin import AdminSite
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from opsconsole.access.roles import role_required
from opsconsole.exports.models import Export
from opsconsole.imports.outgoing import CSV, attachment
from opsconsole.workbench.asking import Asked
from opsconsole.workbench.evidence import COLUMNS, KIND, PERMISSION, evidence
from opsconsole.workbench.forms import ChangesForm
from opsconsole.workbench.frame import show
from staffing.requests import person

KEPT = 10  # of one's own exports that are shown


def evidence_urls(site: AdminSite) -> list[URLPattern]:
    """The address of the export, for `AdminSite.get_urls`."""
    return [path("changes/export/", site.admin_view(_view(site)), name="changes_export")]


def _view(site: AdminSite) -> Callable[[HttpRequest], HttpResponseBase]:
    @require_http_methods(["GET", "HEAD", "POST"])
    @role_required(PERMISSION, to="export changes")
    def export(request: HttpRequest) -> HttpResponseBase:
        asked = request.GET.copy()
        asked.pop("after", None)  # all of the filter, wherever the list was left
        form = ChangesForm(asked, request.user)
        query = asked.urlencode()
        if form.is_valid() and request.method == "POST":
            return _download(request, form.asked(), query)
        own = Export.objects.visible_to(request.user).filter(kind=KIND, exported_by=request.user.pk)
        context = {
            "title": "Export changes",
            "form": form,
            "words": form.asked().words if form.is_valid() else "",
            "query": query,
            "list_address": f"{reverse('admin:changes')}?{query}",
            "columns": COLUMNS,
            "own": own[:KEPT],
        }
        return show(site, request, "workbench/export.html", **context)

    return export


def _download(request: HttpRequest, asked: Asked, query: str) -> StreamingHttpResponse:
    exporter = person(request)
    export = Export.objects.create(
        kind=KIND,
        exported_by=exporter,
        which=asked.words or "everything in sight",
        query=query,
        columns=list(COLUMNS),
    )
    response = StreamingHttpResponse(evidence(export, asked, exporter), content_type=CSV)
    name = f"changes {timezone.localdate()} export {export.pk}.csv"
    response["Content-Disposition"] = attachment(name)
    return response
