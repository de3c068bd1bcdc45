"""The files that are imported: homes of 3,000 owners in 2,000 ZIP codes, and people."""

from __future__ import annotations

import csv
import io
from typing import Any

from bookings.resources import PropertyResource

TOWNS = ("Hartford", "New Haven", "Stamford", "Norwalk")
ZIP_AT, TYPE_AT = 8, 11  # in a row of the file
TYPES = ("House", "Apartment", "Condominium")


def file_of(count: int, changed: int = 0) -> Any:
    """So many homes; every so many of them at another rate."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.title for column in PropertyResource().stored.values()])
    writer.writerows(_row(n, n % changed == 0 if changed else False) for n in range(count))
    return io.BytesIO(text.getvalue().encode())


def _row(n: int, is_changed: bool) -> list[Any]:
    return [
        f"I-{n}", f"Maple House {n % 5_000}", f"owner.{n % 3_000 + 1}@example.com", "no",
        f"{n + 1} Main Street", "" if n % 3 else f"{n % 40 + 1}B", TOWNS[n % 4], "CT",
        10_001 + n * 7 % 2_000, f"{41 + n % 90_000 / 90_000:.5f}", f"{-72 - n % 7_777 / 7_777:.5f}",
        TYPES[n % 3], n % 5, n % 4 / 2, n % 8 + 1, f"{80 + n % 300 + is_changed}.00", "15:00",
        "11:00", "Wifi, Kitchen, Heating", "Active",
    ]  # fmt: skip


def odd_file_of(count: int) -> Any:
    """One row in 10 changed, one in 11 without a ZIP code, one in 7 of an unknown type."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.title for column in PropertyResource().stored.values()])
    for n in range(count):
        row = _row(n, n % 10 == 0)
        row[ZIP_AT] = "none" if n % 11 == 0 else row[ZIP_AT]
        row[TYPE_AT] = "Castle" if n % 7 == 0 else row[TYPE_AT]
        writer.writerow(row)
    return io.BytesIO(text.getvalue().encode())


def people_file_of(count: int) -> Any:
    """So many people who are not here yet, with phone numbers as people write them."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Email", "Name", "Phone", "Role"])
    for n in range(count):
        phone = f"({203 + n % 97}) {200 + n % 799}-{n % 10_000:04}"
        role = "Staff" if n % 50 == 0 else "ReRenter"
        writer.writerow([f"person.{n}@example.com", f"Person {n}", phone, role])
    return io.BytesIO(text.getvalue().encode())
