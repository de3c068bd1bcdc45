"""Where an uploaded file is kept: in parts, in the database, under the locks of its uploader.

Not on a disk: the web and the worker need not share one, and no name can be guessed.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from opsconsole.database.housekeeping import HOUR, every
from opsconsole.database.refusals import Refused
from opsconsole.imports.models import ImportBatch, StagedRow, UploadedPart

PART = 256 * 1024  # bytes: few enough to hold several copies of one at a time
LONGEST_MENTION = 500  # characters of a name or an email


def keep(batch: ImportBatch, file: BinaryIO) -> None:
    """Keep the whole file, a part at a time."""
    file.seek(0)
    for number, content in enumerate(iter(lambda: file.read(PART), b"")):
        UploadedPart.objects.create(batch=batch, number=number, content=content)


def kept(batch: ImportBatch) -> BinaryIO:
    """The file, each part fetched when reading comes to it."""
    return io.BufferedReader(_KeptFile(batch), PART)


@contextmanager
def copied(batch: ImportBatch) -> Iterator[BinaryIO]:
    """The file as a nameless one of this process.

    For reading it while the connection, which would fetch the parts, is busy with a COPY.
    """
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(kept(batch), file, PART)
        yield file


@every(HOUR)
def forget_old() -> int:
    """Delete the files that were kept long enough, with their rows; how many.

    What they changed stays in the history, and so can still be undone.
    """
    before = timezone.now() - timedelta(days=settings.IMPORT_KEPT_DAYS)
    with transaction.atomic():
        old = ImportBatch.objects.filter(uploaded_at__lt=before, forgotten_at=None, in_progress="")
        return _forget(old.select_for_update(skip_locked=True).values_list("pk", flat=True))


def forget_mentioning(is_mentioned: Callable[[str], bool]) -> int:
    """Delete the files in which somebody is mentioned who is erased, before their time; how many.

    Raises Refused where a file is in use.
    """
    kept_files = ImportBatch.objects.filter(forgotten_at=None).order_by("pk")
    found = [batch.pk for batch in kept_files.iterator() if _mentions(batch, is_mentioned)]
    with transaction.atomic():
        free = ImportBatch.objects.filter(pk__in=found, in_progress="")
        held = list(free.select_for_update(skip_locked=True).values_list("pk", flat=True))
        if len(held) < len(found):
            raise Refused("An import that names them is under way: try again when it is done.")
        return _forget(held)


def _mentions(batch: ImportBatch, is_mentioned: Callable[[str], bool]) -> bool:
    """A file, looked through a part at a time together with the end of the part before."""
    before = ""
    file = io.TextIOWrapper(kept(batch), batch.encoding or "utf-8", errors="replace")
    while text := file.read(PART):
        if is_mentioned(before + text):
            return True
        before = text[-LONGEST_MENTION:]
    return False


def _forget(ids: Iterable[int]) -> int:
    ids = list(ids)
    UploadedPart.objects.filter(batch_id__in=ids).delete()
    StagedRow.objects.filter(batch_id__in=ids).delete()
    forgotten = ImportBatch.objects.filter(pk__in=ids)
    forgotten.filter(committed_at=None).update(status=ImportBatch.Status.EXPIRED)
    return int(forgotten.update(forgotten_at=timezone.now()))


class _KeptFile(io.RawIOBase):
    """A file that is read from the parts of a batch."""

    def __init__(self, batch: ImportBatch) -> None:
        self.parts: Any = UploadedPart.objects.filter(batch=batch)
        self.size = self.left = batch.size
        self.number, self.rest = 0, memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """To the beginning or the end: nobody reads such a file from anywhere else."""
        if offset or whence == io.SEEK_CUR:
            raise io.UnsupportedOperation
        self.left = self.size if whence == io.SEEK_SET else 0
        self.number, self.rest = 0, memoryview(b"")
        return self.size - self.left

    def readinto(self, buffer: Any, /) -> int:
        if self.left and not self.rest:
            content = self.parts.filter(number=self.number).values_list("content", flat=True)
            self.rest = memoryview(b"".join(map(bytes, content)))
            self.number, self.left = self.number + 1, self.left - len(self.rest)
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size
