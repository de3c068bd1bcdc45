"""The views of a list: what it is asked for under a name, built in or saved.

A view is an address, of which it keeps what the list knows: filters, the search and the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IS_POPUP_VAR, BaseModelAdmin
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.http import urlencode

from opsconsole.saved_views.models import FirstView, SavedView
from opsconsole.saved_views.saving import Asks

ALL, EVERYTHING = "all", f"?{PAGE_VAR}=1"  # the first page of a list that is asked for nothing
SHOWN = 40  # saved views above a list; the page that keeps them in order has all
COUNTED = 8  # of the first: each is asked for by itself, after the page


@dataclass(frozen=True)
class BuiltIn:
    """A view that comes with the console, for some roles or for all, and opens first for some."""

    key: str
    name: str
    asks: tuple[tuple[str, str], ...]
    roles: tuple[str, ...] = ()
    opens_for: tuple[str, ...] = ()

    def is_for(self, role: str) -> bool:
        """Whether people of this role are offered it."""
        return not self.roles or role in self.roles


@dataclass(frozen=True)
class Tab:
    """A view as it stands above its list."""

    key: str
    name: str
    asks: frozenset[tuple[str, str]]
    query: str
    unknown: tuple[str, ...] = ()
    saved: SavedView | None = None

    @property
    def address(self) -> str:
        """What follows the path of the list."""
        return f"?{self.query}" if self.query else EVERYTHING


class Views(BaseModelAdmin):
    """A list with its views: `built_in_views` come with it."""

    built_in_views: ClassVar[tuple[BuiltIn, ...]] = ()

    def known_to_list(self, request: HttpRequest) -> set[str]:
        """The names that filters of the list read in an address."""
        found = {name for entry in self.get_list_filter(request) for name in _lookups(entry)}  # type: ignore[attr-defined]
        parts = ("year", "month", "day", "gte", "lt")
        return found | {f"{self.date_hierarchy}__{part}" for part in parts}  # type: ignore[attr-defined]

    def asked_for(self, request: HttpRequest, query: QueryDict) -> Asks:
        """What of an address a view keeps, in the order of its names."""
        known = self.known_to_list(request) | {SEARCH_VAR, ORDER_VAR}
        pairs = ((name, value) for name, values in query.lists() for value in values)
        return sorted(pair for pair in pairs if pair[0] in known and _is_text(pair[1]))

    def tabs(self, request: HttpRequest) -> list[Tab]:
        """All, then the built-in views of the role, then one's own, then the shared ones."""
        role = getattr(request.user, "user_type", "")
        built_in = [view for view in self.built_in_views if view.is_for(role)]
        saved = views_of(request).filter(page=self.opts.label_lower)
        known = self.known_to_list(request) | {SEARCH_VAR, ORDER_VAR}
        return [
            Tab(ALL, "All", frozenset(), ""),
            *(_tab(view.key, view.name, view.asks, known) for view in built_in),
            *(_tab(view.key, view.name, view.asks, known, view) for view in saved),
        ]

    def first_view(self, request: HttpRequest, tabs: Iterable[Tab]) -> str:
        """The key of the view that opens first: the person's own choice, else their role's."""
        rows = FirstView.objects.visible_to(request.user).filter(page=self.opts.label_lower)
        chosen = None if _is_viewing(request) else rows.values_list("view", flat=True).first()
        if chosen in {tab.key for tab in tabs}:
            return chosen or ALL
        role = getattr(request.user, "user_type", "")
        return next((view.key for view in self.built_in_views if role in view.opens_for), ALL)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list with its views; without any question, the view that opens first."""
        if IS_POPUP_VAR in request.GET or not self.has_view_permission(request):
            return super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]
        tabs = self.tabs(request)
        if request.method == "GET" and not request.GET:
            first = self.first_view(request, tabs)
            query = next(tab.query for tab in tabs if tab.key == first)
            if query:
                return redirect(f"{request.path}?{query}")
        response: HttpResponse = super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]
        if (context := getattr(response, "context_data", None)) is not None:
            context["views"] = self._bar(request, tabs)
        return response

    def _bar(self, request: HttpRequest, tabs: list[Tab]) -> dict[str, Any]:
        asks = self.asked_for(request, request.GET)
        current = next((tab for tab in tabs if tab.asks == frozenset(asks)), None)
        return {
            "tabs": tabs[: SHOWN + len(self.built_in_views) + 1],
            "current": current,
            "counted": [tab.key for tab in tabs[1 : COUNTED + 1]],
            "of": self.opts.label_lower,
            "asks": urlencode(asks) if current is None else "",
            "may_save": not _is_viewing(request),
            "may_share": request.user.has_perm("saved_views.share_savedview"),
        }


def views_of(request: HttpRequest) -> Any:
    """The saved views of who asks, and the shared ones; in a view as a colleague those alone."""
    views = SavedView.objects.visible_to(request.user)
    return views.filter(is_shared=True) if _is_viewing(request) else views


def _is_viewing(request: HttpRequest) -> bool:
    return bool(getattr(request, "viewer", None))


def _is_text(value: str) -> bool:
    """Whether the database can keep it: nothing, and the byte of nothing, ask for nothing."""
    return bool(value) and "\0" not in value


def _tab(key: str, name: str, asks: Any, known: set[str], saved: SavedView | None = None) -> Tab:
    """A view without what its list no longer knows."""
    pairs = [(asked, value) for asked, value in asks]
    kept = [pair for pair in pairs if pair[0] in known]
    unknown = tuple(dict.fromkeys(asked for asked, _ in pairs if asked not in known))
    return Tab(key, name, frozenset(kept), urlencode(kept), unknown, saved)


def _lookups(entry: Any) -> Iterator[str]:
    """The names in the address that an entry of list_filter reads."""
    if isinstance(entry, type) and issubclass(entry, SimpleListFilter):
        yield entry.parameter_name or ""
        return
    name = entry[0] if isinstance(entry, list | tuple) else entry
    yield from (name, f"{name}_from", f"{name}_to")
    for lookup in ("exact", "in", "isnull", "gte", "lte", "id__exact"):
        yield f"{name}__{lookup}"
