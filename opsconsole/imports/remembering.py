"""How a person mapped their last file with the same columns, taken again for the next one.

Only a file of their own counts, of the same kind, whose mapping led to a preview or an import. A
rejects file, corrected and uploaded again, maps itself so.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from opsconsole.dates import say_date
from opsconsole.imports.cells import plain
from opsconsole.imports.mapping import Mapping, guess
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Unacceptable, quoted
from opsconsole.imports.report import ADDED
from opsconsole.imports.resource import ImportResource

LOOKED_AT = 100  # files, the latest first
SETTLED = (ImportBatch.Status.PREVIEWED, ImportBatch.Status.COMMITTED)
IGNORED = {plain(name) for name in ADDED}


@dataclass(frozen=True)
class Remembered:
    """The mapping of an earlier file, as far as it still holds; `lost` says what does not."""

    file_name: str
    uploaded_at: datetime.datetime
    mapping: Mapping
    lost: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """As what a file is mapped."""
        day = say_date(timezone.localtime(self.uploaded_at).date())
        return f"Mapped as for {self.file_name} on {day}."

    def is_used_by(self, batch: ImportBatch) -> bool:
        """Whether the batch is mapped so."""
        return self.mapping == Mapping(batch.mapping, batch.constants)


def begin(batch: ImportBatch, resource: ImportResource, *, as_before: bool = True) -> None:
    """Map a file that was just read: as its like was mapped before, else as its names tell."""
    before = mapped_before(batch, resource) if as_before else None
    begun = before.mapping if before else Mapping(guess(resource, batch.header))
    batch.mapping, batch.constants = begun.columns, begun.constants


def mapped_before(batch: ImportBatch, resource: ImportResource) -> Remembered | None:
    """The latest settled mapping of a file with these columns, of who uploaded this one.

    None also where the names of the columns tell as much.
    """
    settled = ImportBatch.objects.filter(
        uploaded_by=batch.uploaded_by, resource=resource.kind, status__in=SETTLED
    ).exclude(pk=batch.pk)
    latest = settled.order_by("-uploaded_at", "-pk").values_list("pk", "header")[:LOOKED_AT]
    wanted = _fingerprint(batch.header)
    alike = next((pk for pk, header in latest if _fingerprint(header) == wanted), None)
    earlier = settled.filter(pk=alike).first() if alike else None
    taken = _taken(earlier, batch, resource) if earlier else None
    by_names = Mapping(guess(resource, batch.header))
    return taken if taken and (taken.lost or taken.mapping != by_names) else None


def _fingerprint(header: list[str]) -> Counter[str]:
    """The columns whatever their order, without those that a rejects file has besides."""
    return Counter(name for name in map(_name, header) if name not in IGNORED)


def _name(column: str) -> str:
    return plain(column) or column


def _taken(earlier: ImportBatch, batch: ImportBatch, resource: ImportResource) -> Remembered:
    """The earlier mapping, without what is no longer so."""
    lost: dict[str, str] = {}
    columns: dict[str, str] = {}
    for column, to in earlier.mapping.items():
        found = _found(column, batch.header)
        if to not in resource.fields:
            lost[to] = f"{quoted(column)} is left out: its field {quoted(to)} is gone."
        elif found is None:
            lost[to] = f"{resource.fields[to].title} is left out: no column is {quoted(column)}."
        else:
            columns[found] = to
    lost |= _lost_values(earlier.constants, batch.uploaded_by, resource)
    constants = {name: text for name, text in earlier.constants.items() if name not in lost}
    mapping = Mapping(columns, constants)
    return Remembered(earlier.file_name, earlier.uploaded_at, mapping, tuple(lost.values()))


def _found(column: str, header: list[str]) -> str | None:
    """The column of this file that an earlier one called so."""
    if column in header:
        return column
    alike = [name for name in header if _name(name) == _name(column)]
    return alike[0] if len(alike) == 1 else None


def _lost_values(
    constants: dict[str, str], person: Any, resource: ImportResource
) -> Iterator[tuple[str, str]]:
    """The values for every row that this person can't give any more, each with the reason."""
    orders = {column.order for column in resource.date_columns.values()}
    known = {name: text for name, text in constants.items() if name in resource.fields}
    resource.load({name: {text} for name, text in known.items()}, person)
    for name in constants.keys() - known.keys() - orders:
        yield name, f"One value for every row is left out: its field {quoted(name)} is gone."
    for name, text in known.items():
        try:
            resource.fields[name].widget.clean(text, constants, [])
        except Unacceptable as unacceptable:
            # What else is wrong with a value may hang on the row: the preview says so.
            if unacceptable.code == "unknown":
                title = resource.fields[name].title
                yield name, f"{title} for every row is left out. {unacceptable}"
