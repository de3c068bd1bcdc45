"""The page of imports: every file that came in, by whom, and what became of its rows."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from bookings.plan_resources import AwayPlanResource
from bookings.resources import PropertyResource
from opsconsole.admin import ConsoleAdmin, Link, ReadOnly
from opsconsole.imports import report
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.reading import DELIMITERS, ENCODINGS
from staffing.models import Colleague
from staffing.people_resources import PeopleResource
from staffing.requests import colleague
from staffing.resources import AssignmentResource
from staffing.zip_resources import ZipCodeResource

Status = ImportBatch.Status
RESOURCES = {
    known.kind: known
    for known in (
        PropertyResource,
        AwayPlanResource,
        AssignmentResource,
        PeopleResource,
        ZipCodeResource,
    )
}
STATE_COLOURS = {
    "Imported": "success",
    "Previewed": "info",
    "Uploaded": "warning",
    "Undone": "default",
    "Expired": "default",
    **dict.fromkeys(ImportBatch.Step.labels, "info"),
}
# Where an import that nobody is at goes on, and what the page is called.
GOES_ON = {
    Status.UPLOADED: ("mapping", "Map the columns", "table_view"),
    Status.PREVIEWED: ("preview", "Preview", "table_view"),
    Status.COMMITTED: ("report", "Report", "table_view"),
    Status.UNDONE: ("report", "Report", "table_view"),
    Status.EXPIRED: ("report", "Report", "table_view"),
}


class KindFilter(DropdownFilter):
    """What a file holds."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, _capitalized(kind)) for kind in RESOURCES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(resource=self.value()) if self.value() in RESOURCES else queryset


class ProblemsFilter(DropdownFilter):
    """Imports that somebody has to look at."""

    title = "problems"
    parameter_name = "problems"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Rejected rows, or failed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(ImportBatch.HAS_PROBLEMS) if self.value() == "yes" else queryset


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnly, ConsoleAdmin):
    """Imports to read; a new one starts from the list of what is imported."""

    if_empty = "Every file that is imported is listed here, with what became of its rows."
    list_display = [
        "file",
        "state_now",
        "ways",
        "who_uploaded",
        "uploaded_at",
        "rows",
        "create",
        "update",
        "unchanged",
        "reject",
    ]
    list_filter = [KindFilter, ProblemsFilter, ("status", ChoicesDropdownFilter)]
    search_fields = ["file_name", "uploader"]
    search_help_text = "Search by file name or who uploaded it"
    date_hierarchy = "uploaded_at"
    readonly_fields = [
        "kind",
        "state_now",
        "who_uploaded",
        "who_committed",
        "imported_at",
        "who_undid",
        "undone_was",
        "encoded",
        "delimited",
        "columns",
        "values",
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "file_name",
                    "kind",
                    "state_now",
                    "who_uploaded",
                    "uploaded_at",
                    "who_committed",
                    "imported_at",
                    "who_undid",
                    "undone_at",
                    "undone_was",
                ]
            },
        ),
        (
            "Its rows",
            {"fields": ["rows", "blank", "create", "update", "unchanged", "reject", "warnings"]},
        ),
        (
            "How it was read",
            {"fields": ["encoded", "delimited", "header_row", "columns", "values", "sha256"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the uploader's name, and what the person who asks may go on to.

        The name alone: joined to a person whom the database hides, the import would be gone too.
        """
        uploader = Colleague._base_manager.filter(pk=OuterRef("uploaded_by")).values("name")
        importable = _kinds_that(request, "permission")
        undoable = Q(resource__in=_kinds_that(request, "undo_permission"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                uploader=Subquery(uploader),
                is_open=_whether(Q(uploaded_by=request.user.pk, resource__in=importable)),
                is_undoable=_whether(undoable & Q(status=Status.COMMITTED, in_progress="")),
                shows_undone=_whether(undoable & Q(status=Status.UNDONE)),
            )
        )

    def list_links(self, request: HttpRequest) -> list[Link]:
        """A new import starts here too."""
        return [
            Link(f"Import {kind}", reverse(f"{_pages_of(kind)}_import"), "upload_file")
            for kind in _kinds_that(request, "permission")
        ]

    def ways_to_fill(self, request: HttpRequest) -> list[Link]:
        """Each kind of file that the person may import."""
        return self.list_links(request)

    def record_links(self, request: HttpRequest, obj: Any) -> list[Link]:
        """To go on where an import was left; its steps are for who uploaded it."""
        return _ways_on(obj)

    @display(description="file", ordering="file_name", header=True)
    def file(self, batch: ImportBatch) -> list[str]:
        return [batch.file_name, _capitalized(batch.resource)]

    @display(description="kind")
    def kind(self, batch: ImportBatch) -> str:
        return _capitalized(batch.resource)

    @display(description="uploaded by", ordering="uploader")
    def who_uploaded(self, batch: Any) -> str:
        return batch.uploader or ""

    @display(description="imported by")
    def who_committed(self, batch: ImportBatch) -> str:
        return colleague(batch.committed_by_id)

    @display(description="imported at")
    def imported_at(self, batch: ImportBatch) -> datetime.datetime | None:
        return batch.committed_at

    @display(description="undone by")
    def who_undid(self, batch: ImportBatch) -> str:
        return colleague(batch.undone_by_id)

    @display(description="what undoing came to")
    def undone_was(self, batch: ImportBatch) -> str:
        return report.undone(batch)

    @display(description="state", ordering="status", label=STATE_COLOURS)
    def state_now(self, batch: ImportBatch) -> str:
        return batch.get_in_progress_display() or batch.get_status_display()

    @display(description="go on")
    def ways(self, batch: Any) -> SafeString:
        return format_html_join(" · ", "{}", ((_as_link(way, batch),) for way in _ways_on(batch)))

    @display(description="encoding")
    def encoded(self, batch: ImportBatch) -> str:
        return ENCODINGS.get(batch.encoding, batch.encoding)

    @display(description="between the cells")
    def delimited(self, batch: ImportBatch) -> str:
        return DELIMITERS.get(batch.delimiter, batch.delimiter)

    @display(description="columns")
    def columns(self, batch: ImportBatch) -> str:
        titles = _titles_of(batch)
        return ", ".join(f"{column} → {titles.get(to, to)}" for column, to in batch.mapping.items())

    @display(description="one value for every row")
    def values(self, batch: ImportBatch) -> str:
        titles = _titles_of(batch)
        return ", ".join(f"{titles.get(to, to)}: {text}" for to, text in batch.constants.items())


def _ways_on(batch: Any) -> list[Link]:
    """Where the person for whom the batch was fetched can go on from it."""
    if batch.resource not in RESOURCES:
        return []
    pages = f"{_pages_of(batch.resource)}_import"

    def way(step: str, title: str, icon: str) -> Link:
        return Link(title, reverse(f"{pages}_{step}", args=[batch.pk]), icon)

    ways = []
    if batch.is_open and batch.in_progress:
        ways.append(way("progress", "Progress", "hourglass_empty"))
    elif batch.is_open:
        ways.append(way(*GOES_ON[Status(batch.status)]))
        if batch.reject and batch.status != Status.UPLOADED and not batch.is_forgotten:
            ways.append(way("rejects", "Rejected rows", "download"))
    if batch.is_undoable:
        ways.append(way("undo", "Undo…", "undo"))
    if batch.shows_undone:
        ways.append(way("undo", "What was undone", "undo"))
    return ways


def _as_link(way: Link, batch: ImportBatch) -> SafeString:
    return format_html(
        '<a class="text-primary-600 underline dark:text-primary-500" href="{}">{}'
        '<span class="sr-only"> ({})</span></a>',
        way.path,
        way.title,
        batch.file_name,
    )


def _kinds_that(request: HttpRequest, permission: str) -> list[str]:
    """The kinds of file for which the person has this permission, which not every kind has."""
    asked = {kind: getattr(resource, permission) for kind, resource in RESOURCES.items()}
    return [kind for kind, name in asked.items() if name and request.user.has_perm(name)]


def _whether(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _pages_of(kind: str) -> str:
    """The name of the pages that a kind of file is imported under."""
    opts = RESOURCES[kind]._meta.model._meta
    return f"admin:{opts.app_label}_{opts.model_name}"


def _titles_of(batch: ImportBatch) -> dict[str, str]:
    resource = RESOURCES.get(batch.resource)
    fields = resource().fields if resource else {}
    return {name: column.title for name, column in fields.items()}


def _capitalized(kind: str) -> str:
    """The kind at the beginning of a line; ZIP stays as it is."""
    return kind[:1].upper() + kind[1:]
