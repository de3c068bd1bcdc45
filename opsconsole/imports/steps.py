"""The steps of an import, the same behind the pages, the command and, later, the worker:
upload, map, preview, commit.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from opsconsole.access.acting import Source, acting
from opsconsole.imports import keeping, reading, remembering, staging, writing
from opsconsole.imports import mapping as mappings
from opsconsole.imports.classifying import Classifier
from opsconsole.imports.cleaning import Cleaner
from opsconsole.imports.mapping import Mapping
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Drifted
from opsconsole.imports.progress import tell
from opsconsole.imports.reading import Chosen, Limits, Table
from opsconsole.imports.resource import ImportResource

Status = ImportBatch.Status
# What another tab may have changed since this copy was loaded; the file itself never changes.
AS_HELD = [
    "status", "encoding", "delimiter", "header_row", "header", "rows", "blank", "mapping",
    "constants", "create", "update",
]  # fmt: skip
FINAL = {Status.COMMITTED, Status.UNDONE, Status.EXPIRED}


def limits() -> Limits:
    """The largest file that this console reads, by its settings."""
    return Limits(settings.IMPORT_MAX_BYTES, settings.IMPORT_MAX_ROWS, settings.IMPORT_MAX_COLUMNS)


def upload(
    resource: ImportResource,
    person: Any,
    file_name: str,
    content: bytes | BinaryIO,
    chosen: Chosen | None = None,
    *,
    as_before: bool = True,
) -> ImportBatch:
    """Take a file in as a batch of this person, mapped as their last such file or by the names.

    By the names alone unless `as_before`. Raises UnreadableFile before anything is kept.
    """
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    table = reading.read(file, chosen, limits())
    batch = ImportBatch(
        resource=resource.kind,
        file_name=file_name[:255],
        size=file.seek(0, io.SEEK_END),
        sha256=_digest_of(file),
        uploaded_by=person,
    )
    _keep_reading(batch, resource, table, as_before=as_before)
    keeping.keep(batch, file)
    return batch


def _digest_of(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    for piece in iter(lambda: file.read(keeping.PART), b""):
        digest.update(piece)
    return digest.hexdigest()


def table_of(batch: ImportBatch, file: BinaryIO | None = None) -> Table:
    """The rows of a batch, read as it was settled; from the kept file unless from a copy of it."""
    return Table(
        file or keeping.kept(batch),
        batch.encoding,
        batch.delimiter,
        batch.header_row or 1,
        batch.header,
        batch.rows,
        batch.blank,
    )


def read_otherwise(batch: ImportBatch, resource: ImportResource, chosen: Chosen) -> None:
    """Read the file anew as a person says; the mapping starts over.

    Raises UnreadableFile, and Drifted where the batch is committed, as do the other steps.
    """
    table = reading.read(keeping.kept(batch), chosen, limits())
    with transaction.atomic():
        _hold_open(batch)
        _keep_reading(batch, resource, table)


def _keep_reading(
    batch: ImportBatch, resource: ImportResource, table: Table, *, as_before: bool = True
) -> None:
    batch.encoding, batch.delimiter = table.encoding, table.delimiter
    batch.header_row, batch.header = table.header_line, table.header
    batch.rows, batch.blank = table.count, table.blank
    remembering.begin(batch, resource, as_before=as_before)
    batch.status = Status.UPLOADED
    batch.save()


def map_columns(batch: ImportBatch, resource: ImportResource, mapping: Mapping) -> None:
    """Settle which column is which field. Raises MappingProblem."""
    mappings.check(resource, batch.header, mapping)
    begin_mapping(batch, mapping)


def begin_mapping(batch: ImportBatch, mapping: Mapping) -> None:
    """Map the columns so for now: whether that is all it takes, the preview asks."""
    with transaction.atomic():
        _hold_open(batch)
        batch.mapping, batch.constants = mapping.columns, mapping.constants
        batch.status = Status.UPLOADED
        batch.save(update_fields=["mapping", "constants", "status"])


def preview(batch: ImportBatch, resource: ImportResource, person: Any) -> None:
    """Classify every row of the file and keep the verdicts for the preview.

    Raises MappingProblem where the mapping, perhaps only guessed so far, lacks something.
    """
    with _acting_for(batch, person):
        _hold_open(batch)
        _keep_preview(batch, _classify(batch, resource, person))


def commit(
    batch: ImportBatch, resource: ImportResource, person: Any, request_id: uuid.UUID | None = None
) -> None:
    """Write what was previewed, all of it or nothing.

    Raises Drifted when the data, the person's scope or their permissions changed since.
    """
    with _acting_for(batch, person, request_id):
        _queue_up(resource)
        _hold_open(batch)
        if batch.status != Status.PREVIEWED:
            raise Drifted([(None, f"This import is {batch.get_status_display().lower()}.")])
        person = _as_of_now(person, resource)
        _classify(batch, resource, person, lock=True)
        writing.refuse_drift(batch, resource)
        _write(batch, resource, person)


def import_at_once(batch: ImportBatch, resource: ImportResource, person: Any) -> None:
    """Classify and write in one transaction: nothing can drift in between."""
    with _acting_for(batch, person):
        _queue_up(resource)
        _hold_open(batch)
        _keep_preview(batch, _classify(batch, resource, person, lock=True))
        _write(batch, resource, person)


@contextmanager
def _acting_for(
    batch: ImportBatch, person: Any, request_id: uuid.UUID | None = None
) -> Iterator[None]:
    with acting(
        person,
        source=Source.IMPORT,
        reason=f"Import of {batch.file_name}",
        request_id=request_id,
        batch=batch.pk,
    ):
        yield
        staging.clear()


def _queue_up(resource: ImportResource) -> None:
    """One import of a kind writes at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"import {resource.kind}"])


def _hold_open(batch: ImportBatch) -> None:
    """Keep the batch from other steps until the transaction ends; a committed one is done."""
    held: Any = ImportBatch.objects.select_for_update(no_key=True)
    batch.refresh_from_db(fields=AS_HELD, from_queryset=held)
    if batch.status in FINAL:
        raise Drifted([(None, f"This import is {batch.get_status_display().lower()}.")])


def _as_of_now(person: Any, resource: ImportResource) -> Any:
    """The person with the permissions and ZIP codes they have at this moment."""
    now: Any = get_user_model()._base_manager.get(pk=person.pk)
    if not (now.is_active and now.has_perm(resource.permission)):
        raise Drifted([(None, f"You may no longer import {resource.many}.")])
    return now


def _classify(
    batch: ImportBatch, resource: ImportResource, person: Any, *, lock: bool = False
) -> Classifier:
    mapping = Mapping(batch.mapping, batch.constants)
    mappings.check(resource, batch.header, mapping)
    with keeping.copied(batch) as file:
        staging.stage(resource, Cleaner(resource, table_of(batch, file), mapping, person))
    tell("Comparing with what is known")
    classifier = Classifier(resource, mapping, person)
    classifier.classify(lock=lock)
    return classifier


def _keep_preview(batch: ImportBatch, classifier: Classifier) -> None:
    writing.keep(batch)
    batch.missing = classifier.missing()
    batch.also_makes = classifier.resource.also_makes()
    counts, batch.reasons = _counted()
    batch.create, batch.update = counts["create"], counts["update"]
    batch.unchanged, batch.reject = counts["unchanged"], counts["reject"]
    batch.warnings = counts["warnings"]
    batch.status = Status.PREVIEWED
    batch.save(
        update_fields=[
            "create", "update", "unchanged", "reject", "warnings", "reasons", "missing",
            "also_makes", "status",
        ]
    )  # fmt: skip


def _counted() -> tuple[Counter[str], dict[str, int]]:
    """Rows by action, rows with a warning, and rows by kind of problem."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT action, count(*) FROM import_outcome GROUP BY action")
        counts = Counter(dict(cursor.fetchall()))
        cursor.execute(
            "SELECT count(*) FROM import_outcome "
            """WHERE problems @> '[{"level": "warning"}]'"""
        )
        counts["warnings"] = cursor.fetchone()[0]
        cursor.execute(
            "SELECT problem->>'code', count(DISTINCT row) FROM import_outcome "
            "CROSS JOIN LATERAL jsonb_array_elements(problems) problem GROUP BY 1 ORDER BY 1"
        )
        return counts, dict(cursor.fetchall())


def _write(batch: ImportBatch, resource: ImportResource, person: Any) -> None:
    """Write, and make sure that the database changed as many records as were announced."""
    tell("Writing")
    made, changed = writing.write(batch, resource)
    if (made, changed) != (batch.create, batch.update):
        raise Drifted(
            [(None, f"{made} would be new and {changed} changed, not as in the preview.")]
        )
    resource.follow(batch)
    batch.status, batch.committed_by, batch.committed_at = Status.COMMITTED, person, timezone.now()
    batch.save(update_fields=["status", "committed_by", "committed_at"])
