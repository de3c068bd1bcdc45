"""Links at the top of a list or form: ways to other pages, which change nothing by being followed.

unfold's own actions up there are methods behind plain GET addresses that get an id unchecked; the
system check `access.E006` refuses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class Link:
    """A way to another page."""

    title: str
    path: str
    icon: str

    @property
    def shown(self) -> dict[str, Any]:
        """As unfold's template of such links reads it."""
        return {"title": self.title, "path": self.path, "icon": self.icon, "attrs": {}}


class Links(BaseModelAdmin):
    """A page that offers `list_links` and `record_links`."""

    def list_links(self, request: HttpRequest) -> list[Link]:
        """Where one can go from the list."""
        return []

    def record_links(self, request: HttpRequest, obj: Any) -> list[Link]:
        """Where one can go from a record that the person may see."""
        return []

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list with its links."""
        response: HttpResponse = super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]
        _offer(response, "actions_list", self.list_links(request))
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form with its links."""
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
        obj = context.get("original")
        _offer(response, "actions_detail", self.record_links(request, obj) if obj else [])
        return response


def _offer(response: HttpResponse, name: str, links: list[Link]) -> None:
    context = getattr(response, "context_data", None)
    if context is not None:
        context[name] = [link.shown for link in links]
