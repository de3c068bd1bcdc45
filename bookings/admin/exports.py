"""The page of exports: every file that went out, to whom, and which records were in it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from opsconsole.admin import ConsoleAdmin, ReadOnly
from opsconsole.exports.models import Export
from staffing.models import Colleague

OUTCOME_COLOURS = {"Finished": "success", "Under way": "info", "Broken off": "danger"}


@admin.register(Export)
class ExportAdmin(ReadOnly, ConsoleAdmin):
    """The log, to read; a new export starts from the list of its records."""

    if_empty = (
        "Every file that leaves the console is listed here, with who took it and what was in it. "
        "An export starts from the list of its records."
    )
    list_display = ["what", "which", "who_exported", "exported_at", "rows", "ended"]
    list_filter = [("status", ChoicesDropdownFilter)]
    search_fields = ["which", "exporter"]
    search_help_text = "Search by filter or name"
    date_hierarchy = "exported_at"
    readonly_fields = ["who_exported", "ended", "titles"]
    fields = [
        "kind",
        "which",
        "query",
        "titles",
        "who_exported",
        "exported_at",
        "rows",
        "ended",
        "ended_at",
        "digest",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the name alone: joined to a person whom the database hides, the row were gone."""
        exporter = Colleague._base_manager.filter(pk=OuterRef("exported_by")).values("name")
        return super().get_queryset(request).annotate(exporter=Subquery(exporter))

    @display(description="what", ordering="kind")
    def what(self, export: Export) -> str:
        return export.kind.capitalize()

    @display(description="exported by", ordering="exporter")
    def who_exported(self, export: Any) -> str:
        return export.exporter or ""

    @display(description="columns")
    def titles(self, export: Export) -> str:
        return ", ".join(export.columns)

    @display(description="outcome", ordering="status", label=OUTCOME_COLOURS)
    def ended(self, export: Export) -> str:
        return export.outcome
