"""The page of imports: every file that came in, by whom, and what became of its rows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display

from opsconsole.admin import ConsoleAdmin
from opsconsole.admin.scope import as_pk
from opsconsole.imports.models import ImportBatch
from staffing.requests import person

STATUS_COLOURS = {"Committed": "success", "Previewed": "info", "Discarded": "default"}


@admin.register(ImportBatch)
class ImportBatchAdmin(ConsoleAdmin):
    """Imports to read; a new one starts from the list of properties."""

    list_display = [
        "file_name",
        "uploaded_by",
        "uploaded_at",
        "rows",
        "create",
        "update",
        "unchanged",
        "reject",
        "state_now",
    ]
    list_select_related = ["uploaded_by"]
    list_filter = [("status", ChoicesDropdownFilter)]
    search_fields = ["file_name"]
    search_help_text = "Search by file name"
    fields = [
        "file_name",
        "resource",
        "status",
        "uploaded_by",
        "uploaded_at",
        "committed_by",
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
        """Without the file itself, which can be 25 MB."""
        return super().get_queryset(request).defer("content")

    actions_detail = ["open_pages"]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """An import's own pages are for who uploaded it."""
        mine = ImportBatch.objects.filter(
            pk=as_pk(ImportBatch, object_id), uploaded_by=person(request)
        )
        return super().get_actions_detail(request, object_id) if mine.exists() else []

    @action(description="Open preview and report", icon="table_view", permissions=["view"])
    def open_pages(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go on where the import was left; nothing changes by following it."""
        batch = self.get_object(request, object_id)
        step = {"committed": "report", "previewed": "preview"}.get(batch.status, "mapping")
        return redirect(f"admin:bookings_property_import_{step}", batch.pk)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="state", ordering="status", label=STATUS_COLOURS)
    def state_now(self, batch: ImportBatch) -> str:
        return batch.get_status_display()
