"""What an import did or would do: the counts, and the rejected rows as a file to correct."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Container, Iterator
from typing import Any

from opsconsole.imports.cells import guarded
from opsconsole.imports.models import ImportBatch, StagedRow
from opsconsole.imports.problems import Level
from opsconsole.imports.reading import Table
from opsconsole.imports.redacting import Redactor
from opsconsole.imports.resource import resource_of

ADDED = ("line", "errors")  # columns of a rejects file
COUNTS = ("rows", "blank", "create", "update", "unchanged", "reject", "warnings")


def figures(batch: ImportBatch) -> dict[str, Any]:
    """The counts of a previewed file, and its rows by kind of problem."""
    return {
        **{name: getattr(batch, name) for name in COUNTS},
        **({"records": batch.records} if _names_others(batch) else {}),
        "missing": batch.missing.get("count", 0),
        "also_makes": batch.also_makes.get("count", 0),
        "reasons": batch.reasons,
    }


def sentence(batch: ImportBatch) -> str:
    """The counts in words."""
    read = _counted(batch.rows, "row")
    if batch.blank:
        read += f" and {_counted(batch.blank, 'blank one')}"
    if _names_others(batch):
        resource = resource_of(batch.resource)
        named = resource.one if batch.records == 1 else resource.many
        read += f", {batch.records:,} {named}"
    return (
        f"{read}: {batch.create:,} new, {batch.update:,} changed, {batch.unchanged:,} unchanged, "
        f"{batch.reject:,} rejected; {batch.warnings:,} with warnings."
    )


def _names_others(batch: ImportBatch) -> bool:
    """Whether its rows name more records than there are rows, or fewer."""
    return batch.records not in (0, batch.rows)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def undone(batch: ImportBatch) -> str:
    """What undoing came to, in words; nothing where it was not undone."""
    if not batch.undone:
        return ""
    done = batch.undone
    return f"{done['deleted']:,} deleted, {done['restored']:,} as before, {done['kept']:,} kept."


def rejected(batch: ImportBatch) -> Any:
    """The rejected rows in the order of the file."""
    return StagedRow.objects.filter(batch=batch, action=StagedRow.Action.REJECT).order_by("row")


def errors(problems: list[dict[str, Any]]) -> list[str]:
    """The sentences that rejected a row, each with its column and value."""
    return [place(problem) for problem in problems if problem["level"] == Level.ERROR]


def place(problem: dict[str, Any]) -> str:
    """A problem on one line, beginning with the column it is about."""
    column = f"{problem['column']}: " if problem["column"] else ""
    return f"{column}{problem['sentence']}"


class _Echo:
    """A file that hands each line straight on."""

    def write(self, line: str) -> str:
        return line


def rejects_csv(batch: ImportBatch, table: Table) -> Iterator[str]:
    """The rejected rows: the columns as they came, then the line and the errors.

    Corrected, the file can be uploaded as it is: the added columns map to nothing. Secrets that
    are not imported are left out.
    """
    said: dict[int, dict[str, None]] = defaultdict(dict)  # in order, each sentence once
    for row in rejected(batch).iterator():
        said[row.line] |= dict.fromkeys(errors(row.problems))
    kept = _without_added(table.header, batch.mapping)
    redacted = Redactor(table.header, batch.mapping)
    writer: Any = csv.writer(_Echo())
    yield writer.writerow([*map(guarded, kept), *_names_added(kept)])
    for line in table:
        if line.number in said:
            row = map(guarded, redacted(line.cells)[: len(kept)])
            errors_of = guarded(" ".join(said[line.number]))
            yield writer.writerow([*row, str(line.number), errors_of])


def _without_added(header: list[str], mapped: Container[str]) -> list[str]:
    """The columns of the file itself: rejects that are rejected again lose the old errors."""
    last = header[-len(ADDED) :]
    is_ours = tuple(name.rstrip("_") for name in last) == ADDED
    return header[: -len(ADDED)] if is_ours and not any(map(mapped.__contains__, last)) else header


def _names_added(header: list[str]) -> list[str]:
    """What the added columns are called, should the file have such columns of its own."""
    taken = {name.casefold() for name in header}

    def free(name: str) -> str:
        return free(f"{name}_") if name in taken else name

    return [free(name) for name in ADDED]
