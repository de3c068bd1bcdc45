"""The staged rows as the preview and the report list them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet

from opsconsole.imports.cells import Related
from opsconsole.imports.models import ImportBatch, StagedRow
from opsconsole.imports.problems import Level
from opsconsole.imports.report import place
from opsconsole.imports.resource import ImportResource

TABS = {  # first what needs a person's eye
    "reject": "Rejected",
    "create": "New",
    "update": "Changed",
    "unchanged": "Unchanged",
    "warnings": "With warnings",
}
PAGE = 50  # rows
VARIANTS = {"create": "success", "update": "info", "unchanged": "", "reject": "danger"}


@dataclass(frozen=True)
class Tab:
    """A kind of row and how many there are."""

    name: str
    title: str
    count: int

    @property
    def text(self) -> str:
        """The count as people write it."""
        return f"{self.count:,}"


@dataclass(frozen=True)
class Difference:
    """What an update changes in one field."""

    title: str
    old: str
    new: str


@dataclass(frozen=True)
class Listed:
    """A row of the file, with all there is to say about it."""

    line: int
    key: str
    action: str
    variant: str
    sketch: str
    differences: list[Difference]
    problems: list[tuple[str, str]]


def tabs_of(batch: ImportBatch) -> list[Tab]:
    """The tabs with their counts."""
    return [Tab(name, title, getattr(batch, name)) for name, title in TABS.items()]


@dataclass(frozen=True)
class Choice:
    """Which rows a person looks at: a tab, a kind of problem in it, and a text in the key."""

    tab: str
    kind: str = ""
    text: str = ""

    @classmethod
    def of(cls, batch: ImportBatch, query: Mapping[str, str]) -> Choice:
        """What the address says; a tab that has rows where it says none."""
        tab = query.get("show", "")
        if tab not in TABS:
            tab = next((tab.name for tab in tabs_of(batch) if tab.count), "create")
        return cls(tab, query.get("kind", "")[:100], query.get("q", "").strip()[:100])


def kinds_of(batch: ImportBatch, resource: ImportResource) -> list[tuple[str, str]]:
    """The kinds of problem in the batch with their rows, the most frequent first."""
    by_rows = sorted(batch.reasons.items(), key=lambda item: (-item[1], item[0]))
    return [(code, f"{_kind(code, resource)} ({rows:,})") for code, rows in by_rows]


def _kind(code: str, resource: ImportResource) -> str:
    field, _, problem = code.rpartition(".")
    problem = problem.replace("_", " ")
    if field not in resource.fields:
        return problem.capitalize()
    return f"{resource.fields[field].title}: {problem}"


def rows_of(batch: ImportBatch, chosen: Choice) -> QuerySet[StagedRow]:
    """The chosen rows, in the order of the file."""
    rows = StagedRow.objects.filter(batch=batch).order_by("row")
    if chosen.tab == "warnings":
        rows = rows.filter(problems__contains=[{"level": "warning"}])
    else:
        rows = rows.filter(action=chosen.tab)
    if chosen.kind:
        rows = rows.filter(problems__contains=[{"code": chosen.kind}])
    return rows.filter(key__icontains=chosen.text) if chosen.text else rows


def pages_of(batch: ImportBatch, chosen: Choice) -> Paginator[StagedRow]:
    """The chosen rows by the page. How many a whole tab has was counted when it was made."""
    pages = Paginator(rows_of(batch, chosen), PAGE)
    if not (chosen.kind or chosen.text):
        vars(pages)["count"] = getattr(batch, chosen.tab)
    return pages


def listed(resource: ImportResource, rows: list[StagedRow]) -> list[Listed]:
    """These rows as people read them; names of other records are looked up once for all."""
    names = _names(resource, rows)
    return [_listed(resource, row, names) for row in rows]


def _listed(resource: ImportResource, row: StagedRow, names: dict[str, dict[int, str]]) -> Listed:
    def say(column: str, value: Any) -> str:
        return names.get(column, {}).get(value) or resource.say(column, value)

    return Listed(
        line=row.line,
        key=row.key,
        action=row.get_action_display(),
        variant=VARIANTS[row.action],
        sketch=row.sketch,
        differences=[
            Difference(resource.title_of(column), say(column, old), say(column, new))
            for column, (old, new) in row.changes.items()
        ],
        problems=[(problem["level"], place(problem)) for problem in _gravest_first(row.problems)],
    )


def _gravest_first(problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(problems, key=lambda problem: list(Level).index(problem["level"]))


def _names(resource: ImportResource, rows: list[StagedRow]) -> dict[str, dict[int, str]]:
    names: dict[str, dict[int, str]] = {}
    for name, column in resource.stored.items():
        stored_as = resource.stored_as(name)
        ids = {pk for row in rows for pk in row.changes.get(stored_as, ()) if pk is not None}
        if ids and isinstance(column.widget, Related):
            names[stored_as] = column.widget.labels(ids)
    return names
