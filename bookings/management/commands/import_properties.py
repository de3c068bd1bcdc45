"""`manage.py import_properties`: properties from a CSV file, written on --commit."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from bookings.resources import PropertyResource
from opsconsole.access.lock import held_to
from opsconsole.imports import mapping, report, steps
from opsconsole.imports.mapping import MappingProblem
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Drifted, quoted, shortened
from opsconsole.imports.reading import Chosen, UnreadableFile
from opsconsole.imports.redacting import left_out
from opsconsole.imports.remembering import mapped_before
from staffing.models import User

LISTED = 20  # rejected rows in the summary


class Command(BaseCommand):
    """Classifies every row of a file; nothing is kept without --commit."""

    help = "Import properties from a CSV file. Without --commit, only tell what would happen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="email", required=True, help="Email of who imports.")
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD",
            help="Read a field from this column; COLUMN= leaves a column out.",
        )  # fmt: skip
        parser.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE",
            help="One value for every row.",
        )  # fmt: skip
        parser.add_argument(
            "--by-names", action="store_true",
            help="Map by the column names, and not as the last file with the same columns.",
        )  # fmt: skip
        parser.add_argument("--header-row", type=int, help="The line with the column names.")
        parser.add_argument("--rejects", type=Path, help="Write the rejected rows to this file.")
        parser.add_argument("--json", action="store_true", help="Print the counts as JSON.")
        parser.add_argument("--commit", action="store_true", help="Write what can be imported.")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        _refuse_unreadable(options)
        _refuse_rejects_path(options["rejects"], options["file"])
        person = _person(options["email"])
        columns = dict(_pair(text, "--map") for text in options["map"])
        constants = dict(_pair(text, "--set") for text in options["set"])
        try:
            with held_to(person):
                batch = self._import(person, columns, constants, **options)
                self._report(batch, time.monotonic() - started, **options)
                # A dry run leaves nothing behind, not even its batch.
                transaction.set_rollback(not options["commit"])
        except (UnreadableFile, MappingProblem) as problem:
            raise CommandError(str(problem)) from problem
        except Drifted as drifted:
            raise CommandError(
                " ".join([str(drifted), *(what for _, what in drifted.lines)])
            ) from drifted

    def _import(
        self,
        person: User,
        columns: dict[str, str],
        constants: dict[str, str],
        *,
        file: Path,
        header_row: int | None,
        by_names: bool,
        json: bool,
        commit: bool,
        **options: Any,
    ) -> ImportBatch:
        resource, chosen = PropertyResource(), Chosen(header_row=header_row)
        with _opened(file) as content:
            batch = steps.upload(resource, person, file.name, content, chosen)
        before = None if by_names else mapped_before(batch, resource)
        if before and not json:
            self.stdout.write("\n".join([before.sentence, *before.lost]))
        known = before.mapping if before else None
        decided = mapping.decide(resource, batch.header, columns, constants, known)
        steps.map_columns(batch, resource, decided)
        run = steps.import_at_once if commit else steps.preview
        run(batch, resource, person)
        return batch

    def _report(
        self,
        batch: ImportBatch,
        seconds: float,
        *,
        json: bool,
        commit: bool,
        rejects: Path | None,
        **options: Any,
    ) -> None:
        if rejects:
            _write_rejects(batch, rejects)
            secret = left_out(batch.header, batch.mapping)
            if secret and not json:
                listed = ", ".join(map(quoted, secret))
                self.stdout.write(f"Left out of {rejects}, as secret: {listed}.")
        counts = report.counts(batch, seconds, kept=commit)
        self.stdout.write(_as_json(counts) if json else _summary(batch, counts, commit))


def _refuse_unreadable(options: dict[str, Any]) -> None:
    """Bytes that are no text in the terminal's encoding reach Python as lone surrogates."""
    texts = [options["email"], str(options["file"]), str(options["rejects"] or "")]
    for text in [*texts, *options["map"], *options["set"]]:
        shown = shortened(text.encode("utf-8", "backslashreplace").decode())
        if "\0" in text or not _is_text(text):
            raise CommandError(f"“{shown}” has characters that can't be read: write it in UTF-8.")


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_rejects_path(rejects: Path | None, file: Path) -> None:
    if rejects is None:
        return
    if not rejects.parent.is_dir():
        raise CommandError(f"{rejects} can't be written: there is no folder {rejects.parent}.")
    if rejects.exists() and file.exists() and rejects.samefile(file):
        raise CommandError(f"--rejects would overwrite {file}: name another file.")


def _person(email: str) -> User:
    person = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if person is None:
        raise CommandError(f"Nobody here has the email {shortened(email)}: --as names who imports.")
    if not person.has_perm(PropertyResource.permission):
        raise CommandError(f"{person} may not import properties.")
    return person


def _pair(text: str, option: str) -> tuple[str, str]:
    left, equals, right = text.rpartition("=") if option == "--map" else text.partition("=")
    if not equals or not left.strip():
        raise CommandError(
            f"{option} {shortened(text)} lacks its two sides: write it as NAME=VALUE."
        )
    return left.strip(), right.strip()


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}.") from error


def _write_rejects(batch: ImportBatch, path: Path) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(report.rejects_csv(batch, steps.table_of(batch)))
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}.") from error


def _as_json(counts: dict[str, Any]) -> str:
    return json.dumps(counts)


def _summary(batch: ImportBatch, counts: dict[str, Any], commit: bool) -> str:
    """The counts, the kinds of problem and the first rejected rows, for a person."""
    done = f"Imported as batch {batch.pk}." if commit else "Nothing was written: add --commit."
    lines = [
        f"{batch.file_name}, read as {batch.encoding} with column names on line "
        f"{batch.header_row}, in {counts['seconds']} s.",
        report.sentence(batch),
        *(f"  {rows:>7,}  {code}" for code, rows in counts["reasons"].items()),
        done,
    ]
    for row in report.rejected(batch)[:LISTED]:
        lines += [f"Line {row.line}: {sentence}" for sentence in report.errors(row.problems)]
    if counts["reject"] > LISTED:
        lines.append(f"… and {counts['reject'] - LISTED:,} more: --rejects writes them to a file.")
    return "\n".join(lines)
