"""Email addresses and phone numbers as people write them, told apart by their text alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from opsconsole.imports.cells import CellWidget, Remarks
from opsconsole.imports.problems import Level, Remark, Unacceptable, quoted

LONGEST_EMAIL = 254  # characters
LONGEST_PHONE = 60  # characters around a number
INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}  # Unicode categories: control, format, spaces, breaks
PLAIN_EMAIL = re.compile(r"[a-z0-9][a-z0-9._+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
IN_BRACKETS = re.compile(r"[^<>]*<\s*([^<>\s]+)\s*>")
US_NUMBER = re.compile(
    r"(?:\+?1[ .-]?)?(?:\(([2-9]\d\d)\)|([2-9]\d\d))[ .-]{0,3}([2-9]\d\d)[ .-]?(\d{4})", re.ASCII
)
IS_NORTH_AMERICAN = re.compile(r"[2-9]\d\d[2-9]\d{6}", re.ASCII)
BY_A_SPREADSHEET = re.compile(r"[\d.,]+e\+?\d+", re.IGNORECASE)
DECIMAL = re.compile(r"(\d{10,15})\.0+", re.ASCII)
ABROAD = re.compile(r"^\s*00(?=[1-9])")  # as most of the world dials another country


class EmailText(NamedTuple):
    """An address in lower case, and what was taken off the text to get it."""

    address: str
    had_invisible: bool = False
    was_read_out: bool = False


def read_email(text: str) -> EmailText | None:
    """The address in "Ana@Example.com", "mailto:…" or "Ana <ana@example.com>"; None if none."""
    if PLAIN_EMAIL.fullmatch(text) and ".." not in text and len(text) <= LONGEST_EMAIL:
        return EmailText(text)
    found = IN_BRACKETS.fullmatch(text) if len(text) <= 2 * LONGEST_EMAIL else None
    inside = found[1] if found else text.strip().removeprefix("mailto:")
    address = _visible(inside)
    try:
        validate_email(address)
    except ValidationError:
        return None
    if len(address) > LONGEST_EMAIL:
        return None
    return EmailText(address.lower(), address != inside, inside != text)


def _visible(text: str) -> str:
    """Without what nobody sees: zero-width marks, no-break spaces, breaks at the edge."""
    return "".join(c for c in text if c == " " or unicodedata.category(c) not in INVISIBLE)


def read_phone(text: str) -> str | None:
    """A number in E.164 ("+12035550123"), a US one however it is written; None if it is none.

    Raises Unacceptable for what looks like a number and can't be kept as one.
    """
    if len(text) > LONGEST_PHONE:
        return None
    if found := US_NUMBER.fullmatch(text):
        return f"+1{found[1] or found[2]}{found[3]}{found[4]}"
    if BY_A_SPREADSHEET.fullmatch(text):
        raise Unacceptable(
            "rounded", f"{quoted(text)} was rounded by a spreadsheet: write the whole number."
        )
    number = _parsed(DECIMAL.sub(r"\1", ABROAD.sub("+", _visible(text).strip())))
    if number is None or not _can_be_dialled(number):
        return None
    if number.extension:
        raise Unacceptable(
            "extension", f"{quoted(text)} has an extension, which does not fit: leave it out."
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _parsed(text: str) -> PhoneNumber | None:
    if any(map(str.isalpha, re.sub(r"(?i)ext(ension)?|x|tel|phone", "", text))):
        return None  # letters of a keypad are more often a remark than a number
    try:
        return phonenumbers.parse(text, "US")
    except NumberParseException:
        return None


def _can_be_dialled(number: PhoneNumber) -> bool:
    """By its length, a North American one also by its first digits: no list that ages."""
    if number.country_code == 1 and not IS_NORTH_AMERICAN.fullmatch(str(number.national_number)):
        return False
    return phonenumbers.is_possible_number(number)


class Email(CellWidget):
    """An email address, by which a person is recognised in any case."""

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> str:
        found = read_email(text)
        if found is None:
            raise Unacceptable(
                "not_an_email", f"{quoted(text)} is not an email address, such as ana@example.com."
            )
        if found.had_invisible:
            sentence = f"Invisible characters were left out: it is read as {found.address}."
            remarks.append(Remark(Level.WARNING, "invisible", sentence))
        elif found.was_read_out:
            sentence = f"{quoted(text)} is read as {found.address}."
            remarks.append(Remark(Level.NOTE, "read_out", sentence))
        return found.address


class Phone(CellWidget):
    """A phone number, kept with its country code."""

    bare = True

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> str:
        number = read_phone(text)
        if number is None:
            raise Unacceptable(
                "not_a_phone",
                f"{quoted(text)} is not a phone number: write it as (203) 555-0123, or with "
                "+ and its country code.",
            )
        return number
