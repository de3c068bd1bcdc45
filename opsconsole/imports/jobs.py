"""Steps that a worker does: asked for, done once, taken up again where a worker died.

The batch itself says which step it waits for. Whoever does the step holds the batch's row locked
in the transaction that writes everything, so that a step is either done or still waited for: a
process that dies, whichever it is, takes the lock and all it wrote with it. A task of the queue
only points to a batch; one too many finds nothing to do.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from opsconsole.access.lock import NoLongerHere, working_for
from opsconsole.database.housekeeping import every
from opsconsole.database.refusals import Refused
from opsconsole.imports import progress, report, steps, undoing
from opsconsole.imports.mapping import MappingProblem
from opsconsole.imports.models import ImportBatch, Progress
from opsconsole.imports.problems import Drifted
from opsconsole.imports.reading import UnreadableFile
from opsconsole.imports.resource import ImportResource, resource_of
from opsconsole.notices.models import Kind
from opsconsole.notices.telling import notify

logger = logging.getLogger(__name__)

Step = ImportBatch.Step
ATTEMPTS = 3  # workers that may die over a step before it is given up
BEAT = 0.5  # seconds between two words about the progress
PATIENCE = timedelta(seconds=10)  # until a step that nobody does is asked for again
GAVE_UP = (
    "The worker ended three times while it was at this. Nothing was written: try again, and tell "
    "an engineer if it happens once more."
)
BROKE = "Something went wrong that is ours to mend. Nothing was written; the engineers were told."
STOPPED = "Stopped as you asked. Nothing was written."
DO = {
    Step.PREVIEW: steps.preview,
    Step.COMMIT: steps.commit,
    Step.UNDO: undoing.undo,
}


ENDED = {
    Step.PREVIEW: "You can look at the preview of",
    Step.COMMIT: "Imported",
    Step.UNDO: "Undone, the import of",
}


class Stopped(Exception):
    """Somebody asked to stop."""


def is_for_background(batch: ImportBatch) -> bool:
    """Whether a person should not have to wait for a step of this batch."""
    return batch.rows > settings.IMPORT_ROWS_AT_ONCE


def ask(batch: ImportBatch, step: str, person: Any) -> None:
    """Have a worker do the step. Raises Drifted where another one is in progress."""
    with transaction.atomic():
        held = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        if held.in_progress:
            raise Drifted([(None, f"This import is busy: {held.get_in_progress_display()}.")])
        batch.in_progress, batch.failure, batch.attempts = step, "", 0
        batch.asked_by, batch.asked_at = person, timezone.now()
        batch.save(update_fields=["in_progress", "failure", "attempts", "asked_by", "asked_at"])
        Progress.objects.update_or_create(
            batch=batch,
            defaults={"doing": "Waiting for a worker", "done": 0, "asked_to_stop": False},
        )
        do_step.enqueue(batch.pk)


def ask_to_stop(batch: ImportBatch) -> None:
    """The step ends at its next word about its progress, unless it is written by then."""
    Progress.objects.filter(batch=batch).update(asked_to_stop=True)


@task()
def do_step(batch_id: int) -> None:
    """Do what the batch waits for, if nobody is at it."""
    batch = _begin(batch_id)
    if batch is None:
        return
    reporter = Reporter(batch_id)
    try:
        with progress.told_to(reporter):
            _do(batch)
    except Exception as error:
        if _has_lost_the_database(error):  # nothing was written: it will be taken up again
            raise
        _give_up(batch, STOPPED if reporter.stopped else _sentence_for(error))
    finally:
        reporter.close()


@every(5)
def take_up_again() -> int:
    """Ask anew for the steps that nobody does: how many. Their worker, or its task, is gone."""
    waiting = ImportBatch.objects.exclude(in_progress="")
    with transaction.atomic():
        held = waiting.filter(asked_at__lt=timezone.now() - PATIENCE)
        ids = list(
            held.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
        )
        ImportBatch.objects.filter(pk__in=ids).update(asked_at=timezone.now())
        for batch_id in ids:
            do_step.enqueue(batch_id)
    return len(ids)


def _begin(batch_id: int) -> ImportBatch | None:
    """Count the attempt, before it can kill the process; None where there is nothing to do."""
    with transaction.atomic():
        waiting = ImportBatch.objects.exclude(in_progress="").filter(pk=batch_id)
        batch = waiting.select_for_update(skip_locked=True, no_key=True).first()
        if batch is None:
            return None
        batch.attempts, batch.asked_at = batch.attempts + 1, timezone.now()
        batch.save(update_fields=["attempts", "asked_at"])
    if batch.attempts > ATTEMPTS:
        _give_up(batch, GAVE_UP)
        return None
    return batch


def _do(batch: ImportBatch) -> None:
    with working_for(batch.asked_by_id or 0) as person:
        waiting = ImportBatch.objects.filter(pk=batch.pk, in_progress=batch.in_progress)
        held = waiting.select_for_update(skip_locked=True, no_key=True).first()
        if held is None:  # another worker was quicker
            return
        resource: ImportResource = resource_of(held.resource)
        DO[Step(held.in_progress)](held, resource, person)
        ImportBatch.objects.filter(pk=held.pk).update(in_progress="", failure="")
        _announce(held, "")


def _give_up(batch: ImportBatch, why: str) -> None:
    with transaction.atomic():
        mine = ImportBatch.objects.filter(pk=batch.pk, in_progress=batch.in_progress)
        if mine.update(in_progress="", failure=why):
            _announce(batch, why)


def _announce(batch: ImportBatch, failure: str) -> None:
    """Tell who asked for the step that it ended."""
    if batch.asked_by is None:
        return
    if failure:
        said = f"{batch.get_in_progress_display()} {batch.file_name} ended: {failure}"
    else:
        is_undone = batch.in_progress == Step.UNDO
        came_to = report.undone(batch) if is_undone else report.sentence(batch)
        said = f"{ENDED[Step(batch.in_progress)]} {batch.file_name}: {came_to}"
    notify(batch.asked_by, said, _page_of(batch), kind=Kind.IMPORT)


def _page_of(batch: ImportBatch) -> str:
    """The page that leads to where the import is; undoing, perhaps of another's, has its own."""
    meta = resource_of(batch.resource).model._meta
    page = "undo" if batch.in_progress == Step.UNDO else "progress"
    name = f"admin:{meta.app_label}_{meta.model_name}_import_{page}"
    return reverse(name, args=[batch.pk])


def _sentence_for(error: Exception) -> str:
    if isinstance(error, Drifted):
        return "\n".join([str(error), *(_line(*drifted) for drifted in error.lines)])
    if isinstance(error, MappingProblem | NoLongerHere | Refused | UnreadableFile):
        return str(error)
    logger.error("A step of an import broke", exc_info=error)
    return BROKE


def _has_lost_the_database(error: BaseException) -> bool:
    """Whether the connection broke; PostgreSQL has no code for that, or says that it shuts down."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith("57P")


def _line(line: int | None, what: str) -> str:
    return f"Line {line}: {what}" if line else what


class Reporter:
    """Writes the progress down on a connection of its own, and hears of it if it is to stop."""

    def __init__(self, batch_id: int) -> None:
        self.batch_id, self.told_at, self.stopped = batch_id, 0.0, False
        self.connection: Any = None

    def __call__(self, doing: str, done: int) -> None:
        """Called from within the step. Raises Stopped if somebody asked for that."""
        if time.monotonic() - self.told_at < BEAT:
            return
        self.told_at = time.monotonic()
        if self.connection is None:
            self.connection = connection.copy()
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE imports_progress SET doing = %s, done = %s WHERE batch_id = %s "
                "RETURNING asked_to_stop",
                [doing, done, self.batch_id],
            )
            self.stopped = any(stop for (stop,) in cursor.fetchall())
        if self.stopped:
            raise Stopped

    def close(self) -> None:
        """Let go of the connection."""
        if self.connection is not None:
            self.connection.close()
