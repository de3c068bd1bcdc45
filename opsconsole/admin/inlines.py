"""Related rows inside a form, scoped like the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from opsconsole.admin.reading import ReadOnly
from opsconsole.admin.scope import Scoped


class Pages(PaginationInlineFormSet):
    """unfold's paged formset, to read alone; a page number that is none shows the first page.

    Nothing that a form sends of such rows is looked at: it need not send any.
    """

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def is_valid(self) -> bool:
        """There is nothing that could be wrong."""
        return True

    def save(self, commit: bool = True) -> list[Any]:
        """There is nothing to save."""
        self.new_objects: list[Any] = []
        self.changed_objects: list[Any] = []
        self.deleted_objects: list[Any] = []
        return []

    def get_page_num(self) -> int:
        """unfold takes ½ for a number."""
        asked = self.request.GET.get(self.get_pagination_key()) or ""
        return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1

    def get_page(self, paginator: Any, page: int) -> Any:
        """The page, or the first."""
        return super().get_page(paginator, max(page, 1))


class RelatedRows(ReadOnly, Scoped, TabularInline):
    """Related rows as a table to read, a page at a time; each opens a page of its own.

    Not to edit: a form of its own asks why, offers the steps, and costs no query for each row.
    """

    formset = Pages
    extra = 0
    per_page = 10
    show_change_link = True
    tab = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A question to the role: `obj` is the parent here, and the rows are scoped."""
        return self.allows(request, "view")
