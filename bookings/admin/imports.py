"""The page of imports: every file that came in, by whom, and what became of its rows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from bookings.plan_resources import AwayPlanResource
from bookings.resources import PropertyResource
from opsconsole.admin import ConsoleAdmin, Link, ReadOnly
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.resource import ImportResource
from staffing.models import Colleague
from staffing.requests import colleague, person
from staffing.resources import AssignmentResource

RESOURCES = (PropertyResource, AwayPlanResource, AssignmentResource)
STATUS_COLOURS = {"Committed": "success", "Previewed": "info", "Discarded": "default"}


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnly, ConsoleAdmin):
    """Imports to read; a new one starts from the list of what is imported."""

    list_display = [
        "file_name",
        "resource",
        "who_uploaded",
        "uploaded_at",
        "rows",
        "create",
        "update",
        "unchanged",
        "reject",
        "state_now",
    ]
    list_filter = [("status", ChoicesDropdownFilter)]
    search_fields = ["file_name"]
    search_help_text = "Search by file name"
    readonly_fields = ["who_uploaded", "who_committed"]
    fields = [
        "file_name",
        "resource",
        "status",
        "who_uploaded",
        "uploaded_at",
        "who_committed",
        "committed_at",
        "rows",
        "blank",
        "create",
        "update",
        "unchanged",
        "reject",
        "warnings",
        "encoding",
        "delimiter",
        "header_row",
        "sha256",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the uploader's name.

        The name alone: joined to a person whom the database hides, the import would be gone too.
        """
        uploader = Colleague._base_manager.filter(pk=OuterRef("uploaded_by")).values("name")
        return super().get_queryset(request).annotate(uploader=Subquery(uploader))

    def record_links(self, request: HttpRequest, obj: ImportBatch) -> list[Link]:
        """To go on where one's own import was left, and to undo anybody's for those who may."""
        resource = next((known for known in RESOURCES if known.kind == obj.resource), None)
        if resource is None:
            return []
        links = []
        if obj.uploaded_by_id == person(request).pk:
            step = {"committed": "report", "previewed": "preview"}.get(obj.status, "mapping")
            page = reverse(f"{_pages_of(resource)}_import_{step}", args=[obj.pk])
            links.append(Link("Open preview and report", page, "table_view"))
        if obj.undone_at or obj.status == ImportBatch.Status.COMMITTED:
            links += _undo_link(request, resource, obj)
        return links

    @display(description="uploaded by", ordering="uploader")
    def who_uploaded(self, batch: Any) -> str:
        return batch.uploader or ""

    @display(description="committed by")
    def who_committed(self, batch: ImportBatch) -> str:
        return colleague(batch.committed_by_id)

    @display(description="state", ordering="status", label=STATUS_COLOURS)
    def state_now(self, batch: ImportBatch) -> str:
        return batch.get_status_display()


def _undo_link(
    request: HttpRequest, resource: type[ImportResource], batch: ImportBatch
) -> list[Link]:
    if not (resource.undo_permission and person(request).has_perm(resource.undo_permission)):
        return []
    page = reverse(f"{_pages_of(resource)}_import_undo", args=[batch.pk])
    return [Link("What was undone" if batch.undone_at else "Undo…", page, "undo")]


def _pages_of(resource: type[ImportResource]) -> str:
    """The name of the pages that a kind of file is imported under."""
    opts = resource._meta.model._meta
    return f"admin:{opts.app_label}_{opts.model_name}"
