"""The demo company as plain files, as a company has them before it has a console.

Days that fixtures/ counts from today become dates. The files hold what an empty console can take:
assignments that have not ended, and plans that are not over and whose homes are active.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path

from bookings.demo.rows import Row, is_true, rows_of
from bookings.models import Property
from bookings.resources import PropertyResource
from staffing.models import User, ZipAssignment


def write_files(folder: Path, today: datetime.date) -> dict[str, int]:
    """Write a file for each kind of import, named after it; return their rows.

    Raises FileExistsError before any is written where one of them is there.
    """
    files = {folder / f"{kind}.csv": rows for kind, rows in _files(today).items()}
    folder.mkdir(parents=True, exist_ok=True)
    if there := next((path for path in files if path.exists()), None):
        raise FileExistsError(f"{there} is there already: name another folder.")
    for path, rows in files.items():
        _write(path, rows)
    return {path.name: len(rows) for path, rows in files.items()}


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("x", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _files(today: datetime.date) -> dict[str, list[Row]]:
    """In the order in which an empty console takes them."""
    return {
        "people": list(map(_person, rows_of("people"))),
        "zip-codes": list(map(_zip_code, rows_of("zip_codes_served"))),
        "properties": list(map(_home, rows_of("properties"))),
        "assignments": list(_assignments(today)),
        "plans": list(_plans(today)),
    }


def _person(row: Row) -> Row:
    return {
        "Name": row["full_name"],
        "Email": row["email"],
        "Phone": row["phone"],
        "Role": str(User.Type(row["user_type"]).label),
    }


def _zip_code(row: Row) -> Row:
    return {"ZIP code": row["code"], "Neighbourhood": row["neighbourhood"]}


def _home(row: Row) -> Row:
    columns = PropertyResource().fields
    return {columns[field].title: text for field, text in row.items()}


def _assignments(today: datetime.date) -> Iterator[Row]:
    for row in rows_of("assignments"):
        if row["ends_in_days"] and int(row["ends_in_days"]) <= 0:
            continue
        yield {
            "Email": row["email"],
            "ZIP code": row["zip_code"],
            "Duty": str(ZipAssignment.Duty(row["duty"]).label),
            "From": _date(today, row["starts_in_days"]),
            "Until": _date(today, row["ends_in_days"]),
            "Note": row["note"],
        }


def _plans(today: datetime.date) -> Iterator[Row]:
    """Whatever became of them: in a file they are drafts once more."""
    lifecycles = {row["external_ref"]: row["lifecycle"] for row in rows_of("properties")}
    for row in rows_of("away_plans"):
        back = int(row["starts_in_days"]) + int(row["nights"])
        if back <= 0 or lifecycles[row["property"]] != Property.Lifecycle.ACTIVE:
            continue
        yield {
            "Property reference": row["property"],
            "Away from": _date(today, row["starts_in_days"]),
            "Back on": _date(today, str(back)),
            "Hosting allowed": "yes" if is_true(row["hosting_allowed"]) else "no",
            "Notes": row["notes"],
        }


def _date(today: datetime.date, days: str) -> str:
    """So many days from today; nothing where the file has nothing."""
    return (today + datetime.timedelta(days=int(days))).isoformat() if days else ""
