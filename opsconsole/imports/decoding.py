"""The bytes of an uploaded file, turned into text."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx (a ZIP archive) and the older .xls
SAMPLE = 64 * 1024  # bytes: enough to tell what a file is
NOT_TEXT = "This file is not text: save it as CSV (comma separated, UTF-8) and upload that."


class UnreadableFile(ValueError):
    """The file can't be read; its text tells where and what to do about it."""


def decode(content: bytes) -> tuple[str, str]:
    """The text of the file and the encoding it was read in."""
    if not content.strip():
        raise UnreadableFile("This file is empty: choose one with a line of column names and rows.")
    if content.startswith(SPREADSHEETS):
        raise UnreadableFile(
            "This is a spreadsheet, not a CSV file. Open it, choose File, Save As, "
            "“CSV UTF-8 (Comma delimited)”, and upload the file that makes."
        )
    text, encoding = _text_of(content)
    _refuse_binary(text)
    return text, encoding


def _text_of(content: bytes) -> tuple[str, str]:
    encoding = _marked(content) or _utf_16_without_mark(content) or "utf-8"
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise UnreadableFile(NOT_TEXT) from error
    return _windows_text(content), "cp1252"


def _marked(content: bytes) -> str | None:
    return next((name for mark, name in MARKS if content.startswith(mark)), None)


def _utf_16_without_mark(content: bytes) -> str | None:
    """Western text in UTF-16 has a zero in nearly every second byte, always on the same side."""
    sample = content[:SAMPLE]
    half = max(len(sample) // 2, 1)
    if sample[1::2].count(0) / half > 0.7 and sample[::2].count(0) == 0:
        return "utf-16-le"
    if sample[::2].count(0) / half > 0.7 and sample[1::2].count(0) == 0:
        return "utf-16-be"
    return None


def _windows_text(content: bytes) -> str:
    # Only files that are not UTF-8 come here: the one other encoding that Excel writes.
    if from_bytes(content[:SAMPLE], cp_isolation=["cp1252"]).best() is None:
        raise UnreadableFile(NOT_TEXT)
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            f"Line {line} has a character that can't be read: save the file as CSV UTF-8."
        ) from error


def _refuse_binary(text: str) -> None:
    sample = text[:SAMPLE]
    odd = sum(character < " " and character not in "\t\n\r\f\v\x1a\0" for character in sample)
    if odd > len(sample) // 100:
        raise UnreadableFile(NOT_TEXT)
    if (place := text.find("\0")) >= 0:
        line = line_breaks(text[:place]) + 1
        raise UnreadableFile(
            f"Line {line} has a NUL character, which no text file has: "
            "export the file again, or remove that character."
        )


def line_breaks(text: str) -> int:
    """How many lines end in this text, by LF, CR or both together."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
