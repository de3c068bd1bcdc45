"""An import from the command line: what `import_records` and `import_properties` share.

It takes the same steps as the pages, in one transaction that is held to what its person may see;
without --commit the transaction is rolled back.
"""

from __future__ import annotations

import argparse
import io
import json
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from opsconsole.access.commands import (
    add_who,
    colleague_with,
    failing_as_json,
    refuse_unreadable,
    shown,
)
from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused
from opsconsole.imports import mapping, report, steps
from opsconsole.imports.mapping import MappingProblem
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Drifted, quoted
from opsconsole.imports.reading import DELIMITERS, ENCODINGS, Chosen, UnreadableFile
from opsconsole.imports.redacting import left_out
from opsconsole.imports.remembering import Remembered, mapped_before
from opsconsole.imports.resource import ImportResource, resources_by_slug

LISTED = 20  # rejected rows in the summary
STANDARD_INPUT = "-"
BETWEEN_CELLS = {name: mark for mark, name in DELIMITERS.items()}


def add_options(parser: CommandParser) -> None:
    """The file, and all that can be said about it."""
    parser.add_argument("file", help="The CSV file; - reads standard input.")
    add_who(parser)
    parser.add_argument(
        "--map", action="append", default=[], metavar="COLUMN=FIELD",
        help="Read a field from this column; COLUMN= leaves a column out.",
    )  # fmt: skip
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE",
        help="One value for every row.",
    )  # fmt: skip
    parser.add_argument(
        "--remembered", action="store_true",
        help="Map as the last file with the same columns that you previewed or imported.",
    )  # fmt: skip
    parser.add_argument("--header-row", type=int, help="The line with the column names.")
    parser.add_argument("--encoding", choices=ENCODINGS, help="Of the file; else it is guessed.")
    parser.add_argument(
        "--delimiter", type=_delimiter, metavar="{comma,semicolon,tab,pipe}",
        help="Between the cells; else it is guessed.",
    )  # fmt: skip
    parser.add_argument("--rejects", type=Path, help="Write the rejected rows to this file.")
    parser.add_argument("--json", action="store_true", help="Print the outcome as JSON.")
    parser.add_argument("--commit", action="store_true", help="Write what can be imported.")


def run(kind: str, options: dict[str, Any], out: Any) -> None:
    """Import a file of one kind, or tell what that would do; CommandError where it can't."""
    with failing_as_json(out, options["json"], kind=shown(kind)):
        Run(_resource(kind), options, out).do()


class Run:
    """One run of the command."""

    def __init__(self, resource: ImportResource, options: dict[str, Any], out: Any) -> None:
        """Everything is looked at before the file is read: a typing error writes nothing."""
        _refuse_unreadable(options)
        _refuse_rejects_path(options["rejects"], options["file"])
        self.started = time.monotonic()
        self.resource, self.out = resource, out
        self.person = colleague_with(options["email_of_who"])
        if not self.person.has_perm(resource.permission):
            raise CommandError(f"{self.person} may not import {resource.many}.")
        self.file: str = options["file"]
        self.chosen = Chosen(options["header_row"], options["encoding"], options["delimiter"])
        self.columns = dict(_pair(text, "--map") for text in options["map"])
        self.values = dict(_pair(text, "--set") for text in options["set"])
        self.is_remembered: bool = options["remembered"]
        self.rejects: Path | None = options["rejects"]
        self.is_json, self.is_committed = options["json"], options["commit"]

    def do(self) -> None:
        """All or nothing; a dry run leaves nothing behind, not even its batch."""
        with _told_as_command_errors(), held_to(self.person):
            batch = self._taken_in()
            before = mapped_before(batch, self.resource) if self.is_remembered else None
            known = before.mapping if before else None
            steps.map_columns(
                batch,
                self.resource,
                mapping.decide(self.resource, batch.header, self.columns, self.values, known),
            )
            take = steps.import_at_once if self.is_committed else steps.preview
            take(batch, self.resource, self.person)
            if self.rejects:
                _write_rejects(batch, self.rejects)
            self._tell(batch, before)
            transaction.set_rollback(not self.is_committed)

    def _taken_in(self) -> ImportBatch:
        is_piped = self.file == STANDARD_INPUT
        name = "standard input" if is_piped else Path(self.file).name
        try:
            with _standard_input() if is_piped else _opened(Path(self.file)) as content:
                return steps.upload(
                    self.resource, self.person, name, content, self.chosen, as_before=False
                )
        except OSError as error:
            raise CommandError(f"{self.file} can't be read: {error.strerror}.") from error

    # What is told

    def _tell(self, batch: ImportBatch, before: Remembered | None) -> None:
        seconds = round(time.monotonic() - self.started, 2)
        self.out.write(
            json.dumps(self._outcome(batch, before, seconds))
            if self.is_json
            else "\n".join(self._summary(batch, before, seconds))
        )

    def _outcome(
        self, batch: ImportBatch, before: Remembered | None, seconds: float
    ) -> dict[str, Any]:
        return {
            "kind": self.resource.slug,
            "import": batch.pk if self.is_committed else None,
            **report.figures(batch),
            "mapping": {c: batch.mapping[c] for c in batch.header if c in batch.mapping},
            "values": batch.constants,
            "unmapped": _unmapped(batch),
            "remembered": " ".join([before.sentence, *before.lost]) if before else None,
            "seconds": seconds,
        }

    def _summary(
        self, batch: ImportBatch, before: Remembered | None, seconds: float
    ) -> Iterator[str]:
        """The counts, the kinds of problem and the first rejected rows, for a person."""
        yield from self._told_of_mapping(batch, before)
        yield (
            f"{batch.file_name}, read as {batch.encoding} with column names on line "
            f"{batch.header_row}, in {seconds} s."
        )
        yield report.sentence(batch)
        for code, rows in batch.reasons.items():
            yield f"  {rows:>7,}  {code}"
        done = f"Imported as import {batch.pk}: undo_import {batch.pk} undoes it."
        yield done if self.is_committed else "Nothing was written: add --commit."
        for row in report.rejected(batch)[:LISTED]:
            yield from (f"Line {row.line}: {said}" for said in report.errors(row.problems))
        if batch.reject > LISTED:
            yield f"… and {batch.reject - LISTED:,} more: --rejects writes them to a file."

    def _told_of_mapping(self, batch: ImportBatch, before: Remembered | None) -> Iterator[str]:
        if before:
            yield from [before.sentence, *before.lost]
        elif self.is_remembered:
            yield "Nothing else is remembered for these columns: mapped by their names."
        if unmapped := _unmapped(batch):
            yield f"Not imported: {', '.join(map(quoted, unmapped))}."
        if self.rejects and (secret := left_out(batch.header, batch.mapping)):
            listed = ", ".join(map(quoted, secret))
            yield f"Left out of {self.rejects}, as secret: {listed}."


def _unmapped(batch: ImportBatch) -> list[str]:
    return [column for column in batch.header if column not in batch.mapping]


# What the options say


def _resource(kind: str) -> ImportResource:
    known = resources_by_slug()
    if kind not in known:
        raise CommandError(
            f"There is no kind of file “{shown(kind)}”. The kinds are: {', '.join(known)}."
        )
    return known[kind]()


def _delimiter(text: str) -> str:
    """By its name or as it is: no shell makes it easy to type a tab."""
    mark = BETWEEN_CELLS.get(text, text)
    if mark not in DELIMITERS:
        raise argparse.ArgumentTypeError(f"choose {', '.join(BETWEEN_CELLS)}.")
    return mark


def _refuse_unreadable(options: dict[str, Any]) -> None:
    texts = [options["email_of_who"], options["file"], str(options["rejects"] or "")]
    refuse_unreadable(*texts, *options["map"], *options["set"])


def _refuse_rejects_path(rejects: Path | None, file: str) -> None:
    if rejects is None:
        return
    try:
        if not rejects.parent.is_dir():
            raise CommandError(f"{rejects} can't be written: there is no folder {rejects.parent}.")
        if rejects.exists() and Path(file).exists() and rejects.samefile(file):
            raise CommandError(f"--rejects would overwrite {file}: name another file.")
    except OSError as error:
        raise CommandError(f"{rejects} can't be written: {error.strerror}.") from error


def _pair(text: str, option: str) -> tuple[str, str]:
    left, equals, right = text.rpartition("=") if option == "--map" else text.partition("=")
    if not equals or not left.strip():
        raise CommandError(f"{option} {shown(text)} lacks its two sides: write it as NAME=VALUE.")
    return left.strip(), right.strip()


# Files


def _standard_input() -> BinaryIO:
    return _kept(sys.stdin.buffer)


def _opened(file: Path) -> BinaryIO:
    """A file as it is; a pipe or device, which can't be read twice, is kept in memory."""
    content = file.open("rb")
    if stat.S_ISREG(file.stat().st_mode):
        return content
    with content:
        return _kept(content)


def _kept(content: BinaryIO) -> BinaryIO:
    """No more of it than shows that it is too large."""
    return io.BytesIO(content.read(steps.limits().bytes + 1))


def _write_rejects(batch: ImportBatch, path: Path) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(report.rejects_csv(batch, steps.table_of(batch)))
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}.") from error


@contextmanager
def _told_as_command_errors() -> Iterator[None]:
    try:
        yield
    except (UnreadableFile, MappingProblem, Refused) as problem:
        raise CommandError(str(problem)) from problem
    except Drifted as drifted:
        said = [str(drifted), *(what for _, what in drifted.lines)]
        raise CommandError(" ".join(said)) from drifted
