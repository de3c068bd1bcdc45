"""The history tab of a record: its versions, read-only, told as a story."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from opsconsole.admin.pages import show
from opsconsole.history.story import clock_of, tell, versions_of

PER_PAGE = 25


class HistoryPage(BaseModelAdmin):
    """Shows who changed a record, when and why, field by field.

    It takes the place of Django's log and of django-simple-history's own pages, which fall back
    to historical rows for records that the person may not see.
    """

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The versions of a record in scope, newest first, a page at a time."""
        obj = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_view_permission(request, obj):
            raise PermissionDenied("Your role may not see this history.")
        context = {
            "title": f"History of {obj}",
            "original": obj,
            "object": obj,
            **self._story(request, obj),
            **(extra_context or {}),
        }
        return show(self, request, "console/history.html", **context)

    def _story(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        if not hasattr(obj, "history"):
            return {"entries": [], "is_kept": False}
        versions = versions_of(obj, request.user)
        page = Paginator(versions, PER_PAGE).get_page(request.GET.get("p"))
        shown = list(page.object_list)
        before = versions[page.end_index() : page.end_index() + 1].first() if shown else None
        entries = tell(obj, shown, before, request.user)
        return {"entries": entries, "page": page, "clock": clock_of(obj), "is_kept": True}
