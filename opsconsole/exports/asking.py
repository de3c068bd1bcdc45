"""Which records a list, or a selection in it, asks to export, and how that is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import ListFilter, ModelAdmin
from django.contrib.admin.options import IS_FACETS_VAR, IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.views.main import (
    ALL_VAR,
    ERROR_FLAG,
    ORDER_VAR,
    PAGE_VAR,
    ChangeList,
)
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

# What an address of a list says besides which rows it shows, and in which order.
BESIDE_THE_POINT = (ALL_VAR, ERROR_FLAG, IS_FACETS_VAR, IS_POPUP_VAR, PAGE_VAR, TO_FIELD_VAR)
LONGEST_ID = 18  # digits that any bigint can hold
SELECTION = "a selection"


@dataclass(frozen=True)
class Asked:
    """Rows to export, all of them in the person's scope."""

    rows: QuerySet[Any]
    count: int
    words: str  # the filter, or that it is a selection; empty for all there is to see
    query: str
    chosen: str | None = None  # the ids of a selection, as its page sends them back


def asked_for(model_admin: ModelAdmin[Any], request: HttpRequest) -> Asked:
    """The rows that the list shows at this address; of a selection, those that are among them.

    An id out of scope and one of nothing both match no row. Raises IncorrectLookupParameters.
    """
    shown: Any = model_admin.get_changelist_instance(request)
    words, query = _in_words(shown, request), request.GET.urlencode()
    chosen = request.POST.get("chosen")
    if chosen is None:
        return Asked(shown.queryset, shown.queryset.count(), words, query)  # to the last one
    rows = shown.queryset.filter(pk__any=_ids_in(chosen))
    return Asked(rows, rows.count(), "; ".join(filter(None, (SELECTION, words))), query, chosen)


def selection_of(rows: QuerySet[Any], query: QueryDict) -> Asked:
    """Rows that were ticked in a list: of its address, the order alone goes on."""
    chosen = ",".join(map(str, rows.order_by().values_list("pk", flat=True)))
    count = chosen.count(",") + 1 if chosen else 0
    return Asked(rows, count, SELECTION, order_of(query), chosen)


def filter_of(query: QueryDict) -> str:
    """The part of a list's address that says which rows it shows, in which order."""
    kept = query.copy()
    for name in BESIDE_THE_POINT:
        kept.pop(name, None)
    return kept.urlencode()


def order_of(query: QueryDict) -> str:
    """The part of a list's address that says the order alone."""
    kept = QueryDict(mutable=True)
    kept.setlist(ORDER_VAR, query.getlist(ORDER_VAR))
    return kept.urlencode()


def _ids_in(text: str) -> frozenset[int]:
    """The ids that the page of a selection sends back; what is the id of nothing is left out."""
    parts = text.split(",")
    return frozenset(
        int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= LONGEST_ID
    )


def _in_words(shown: ChangeList, request: HttpRequest) -> str:
    """The filters that are in force, as the list names them, and the search."""
    filters, _, others, *_ = shown.get_filters(request)
    parts = [f"{entry.title} {value}" for entry in filters for value in _values(entry)]
    for name, values in others.items():
        told: Any = request.GET.getlist(name) or values  # a year became two dates
        words = name.replace("_", " ").replace("  ", " ")
        parts.append(f"{words} {', '.join(map(str, told))}")
    if shown.query:
        parts.append(f"search “{shown.query}”")
    return "; ".join(parts)


def _values(entry: ListFilter) -> Iterator[str]:
    """What a filter is set to, in the words in which the list offers it."""
    labels = {str(value): str(label) for value, label in _choices(entry)}
    for set_to in entry.used_parameters.values():
        values = set_to if isinstance(set_to, list | tuple) else [set_to]
        yield ", ".join(labels.get(str(value), str(value)) for value in values)


def _choices(entry: Any) -> Any:
    field = getattr(entry, "field", None)
    offered = getattr(entry, "lookup_choices", None) or getattr(field, "flatchoices", None)
    return offered or [("1", "yes"), ("0", "no")]
