"""The encoding of an uploaded file, and its text a piece at a time."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from charset_normalizer import from_bytes

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODINGS = {  # what a person may choose; "utf-16" goes by the mark at the beginning of the file
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a mark",
    "cp1252": "Windows (cp1252)",
    "utf-16": "UTF-16 with a mark",
    "utf-16-le": "UTF-16, little end first",
    "utf-16-be": "UTF-16, big end first",
}
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx (a ZIP archive) and the older .xls
SAMPLE = 64 * 1024  # bytes: enough to tell what a file is
PIECE = 1024 * 1024
NOT_TEXT = "This file is not text: save it as CSV (comma separated, UTF-8) and upload that."


class UnreadableFile(ValueError):
    """The file can't be read; its text tells where and what to do about it."""


def encoding_of(file: BinaryIO, chosen: str | None = None) -> str:
    """The encoding that the whole file can be read in, guessed unless a person chose one.

    Raises UnreadableFile for what is no text, or not in the chosen encoding.
    """
    sample = _sample(file)
    if sample.startswith(SPREADSHEETS):
        raise UnreadableFile(
            "This is a spreadsheet, not a CSV file. Open it, choose File, Save As, "
            "“CSV UTF-8 (Comma delimited)”, and upload the file that makes."
        )
    encoding = chosen or _marked(sample) or _utf_16_without_mark(sample) or "utf-8"
    try:
        _look_through(file, encoding)
    except UnicodeError as error:
        if chosen:
            raise UnreadableFile(
                f"This file can't be read as {ENCODINGS[chosen]}: choose another encoding."
            ) from error
        if encoding != "utf-8":
            raise UnreadableFile(NOT_TEXT) from error
        encoding = _windows_text(file, sample)
    return encoding


@contextmanager
def as_text(file: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The text from the beginning, with CR, LF and CRLF as they are; each ends a line."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        yield text
    finally:
        text.detach()  # or it would close the file


def _sample(file: BinaryIO) -> bytes:
    """The beginning; UnreadableFile where nothing but white space follows."""
    file.seek(0)
    sample = piece = file.read(SAMPLE)
    while piece and not piece.strip():
        piece = file.read(PIECE)
    if not piece:
        raise UnreadableFile("This file is empty: choose one with a line of column names and rows.")
    return sample


def _marked(sample: bytes) -> str | None:
    return next((name for mark, name in MARKS if sample.startswith(mark)), None)


def _utf_16_without_mark(sample: bytes) -> str | None:
    """Western text in UTF-16 has a zero in nearly every second byte, always on the same side."""
    half = max(len(sample) // 2, 1)
    if sample[1::2].count(0) / half > 0.7 and sample[::2].count(0) == 0:
        return "utf-16-le"
    if sample[::2].count(0) / half > 0.7 and sample[1::2].count(0) == 0:
        return "utf-16-be"
    return None


def _look_through(file: BinaryIO, encoding: str) -> None:
    """Read everything once; what no text has is refused."""
    with as_text(file, encoding) as text:
        _refuse_binary(text.read(SAMPLE))
    with as_text(file, encoding) as text:
        has_nul = False
        for piece in iter(lambda: text.read(PIECE), ""):  # to the end: errors come at any place
            has_nul |= "\0" in piece
    if has_nul:
        with as_text(file, encoding) as text:
            line = next(number for number, line in enumerate(text, start=1) if "\0" in line)
        raise UnreadableFile(
            f"Line {line} has a NUL character, which no text file has: "
            "export the file again, or remove that character."
        )


def _windows_text(file: BinaryIO, sample: bytes) -> str:
    # Only files that are not UTF-8 come here: the one other encoding that Excel writes.
    if from_bytes(sample, cp_isolation=["cp1252"]).best() is None:
        raise UnreadableFile(NOT_TEXT)
    file.seek(0)
    line = 1
    for piece in iter(lambda: file.read(PIECE), b""):
        try:
            piece.decode("cp1252")
        except UnicodeDecodeError as error:
            line += piece.count(b"\n", 0, error.start)
            raise UnreadableFile(
                f"Line {line} has a character that can't be read: save the file as CSV UTF-8."
            ) from error
        line += piece.count(b"\n")
    _look_through(file, "cp1252")
    return "cp1252"


def _refuse_binary(sample: str) -> None:
    odd = sum(character < " " and character not in "\t\n\r\f\v\x1a\0" for character in sample)
    if odd > len(sample) // 100:
        raise UnreadableFile(NOT_TEXT)


def line_breaks(text: str) -> int:
    """How many lines end in this text, by LF, CR or both together."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
