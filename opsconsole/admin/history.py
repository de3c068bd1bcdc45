"""The history tab of a record: its versions and those of what belongs to it, told as a story."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Protocol

from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from opsconsole.admin.pages import show
from opsconsole.admin.scope import as_pk
from opsconsole.history.stories import parts_of
from opsconsole.history.story import Entry, clock_of
from opsconsole.history.strands import Place, page_of
from opsconsole.history.versions import is_kept, newest_version, newest_versions

PER_PAGE = 25
NEWEST = "newest_of_the_story"  # of the request
OWN = "own"  # in the address: only the record's own changes


class Happened(Protocol):
    """A change as a story or a list tells it: a version, whose, and when by the home's clock."""

    @property
    def version(self) -> Any: ...
    @property
    def pk(self) -> Any: ...
    @property
    def when(self) -> datetime.datetime: ...


@dataclass(frozen=True)
class Way:
    """A way on from an entry of the story; `about` tells it from those of other entries."""

    title: str
    path: str
    about: str


@dataclass(frozen=True)
class Told:
    """An entry of the story, the page of what it is about, and the ways on from there."""

    entry: Entry
    path: str
    ways: list[Way]


class HistoryPage(BaseModelAdmin):
    """Shows who changed a record and what belongs to it, when and why, field by field.

    It takes the place of Django's log and of django-simple-history's own pages, which fall back
    to historical rows for records that the person may not see.
    """

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The story of a record in scope, newest first, a page at a time."""
        obj = self.record(request, object_id)
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

    def record(self, request: HttpRequest, object_id: str) -> Any | None:
        """A record in scope, without what only the list and the form show of it."""
        rows = self.get_queryset(request).prefetch_related(None)
        return rows.filter(pk=as_pk(self.model, object_id)).first()

    def ways_from(self, request: HttpRequest, change: Happened) -> list[Way]:
        """Where one can go from a change of a record of this model that is there."""
        return []

    def tells_newest(self, request: HttpRequest) -> bool:
        """Whether `ways_from` asks which version is the newest."""
        return False

    def is_newest(self, request: HttpRequest, change: Happened) -> bool:
        """Whether a change is the newest of its record; a story has looked it up for all of it."""
        known: dict[Any, int] = request.__dict__.setdefault(NEWEST, {})
        key = (self.model, change.pk)
        if key not in known:
            known[key] = newest_version(self.model, change.pk)
        return bool(known[key] == change.version.history_id)

    def _story(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        parts = [part._meta.verbose_name_plural for part, _ in parts_of(type(obj))]
        if not parts and not is_kept(type(obj)):
            return {"told": [], "is_kept": False}
        page = page_of(
            obj,
            request.user,
            PER_PAGE,
            own=(own := request.GET.get("only") == OWN),
            before=Place.read(request.GET.get("before", "")),
            after=Place.read(request.GET.get("after", "")),
        )
        self._note_newest(request, page.entries)
        return {
            "told": [self._told(request, entry) for entry in page.entries],
            "page": page,
            "parts": parts if is_kept(type(obj)) else [],
            "own": own,
            "clock": clock_of(obj),
            "is_kept": True,
            "is_first": not request.GET.keys() & {"before", "after"},
        }

    def _note_newest(self, request: HttpRequest, entries: list[Entry]) -> None:
        """The newest version of each record that is told of."""
        known: dict[Any, int] = request.__dict__.setdefault(NEWEST, {})
        wanted: dict[type[Model], set[Any]] = defaultdict(set)
        for entry in entries:
            page: Any = self.admin_site._registry.get(entry.model)
            if page is not None and page.tells_newest(request):
                wanted[entry.model].add(entry.pk)
        known |= newest_versions(wanted)

    def _told(self, request: HttpRequest, entry: Entry) -> Told:
        page: Any = self.admin_site._registry.get(entry.model)
        if page is None or not entry.is_there:
            return Told(entry, "", [])
        name = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
        path = reverse(name, args=[entry.pk])
        return Told(entry, path if entry.subject else "", page.ways_from(request, entry))


def with_query(path: str, **query: Any) -> str:
    """An address with a query."""
    return f"{path}?{urlencode(query)}"
