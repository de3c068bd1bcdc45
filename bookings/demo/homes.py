"""The homes of the demo company: taken on in lots, and changed since by managers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from itertools import batched
from typing import Any

from bookings.demo.duty import Duty
from bookings.demo.events import Event
from bookings.demo.moments import OFFICE, Diary, moment
from bookings.demo.rows import Row, is_true, rows_of
from bookings.models import Property
from staffing.models import ZipCode

LOT = 25  # homes taken on in one day
FIRST_LOT = -420  # days from today
BETWEEN_LOTS = 12  # days
DRAFTS = -4
SAID = "Taken over from the spreadsheet of homes"
SAID_OF_DRAFTS = "Owner signed last week, papers to come"


class Homes:
    """The homes as they were at first, by their reference, and what happened to them."""

    def __init__(self, duty: Duty, zip_codes: dict[str, ZipCode]) -> None:
        self.duty = duty
        self.changes = rows_of("property_changes")
        rows = rows_of("properties")
        self.by_ref = {row["external_ref"]: self._home(row, zip_codes) for row in rows}
        for change in reversed(self.changes):
            _set(self.by_ref[change["external_ref"]], change["field"], change["was"])

    def _home(self, row: Row, zip_codes: dict[str, ZipCode]) -> Property:
        zip_code = zip_codes[row["zip_code"]]
        home = Property(zip_code=zip_code, timezone=zip_code.timezone)
        home.owner = self.duty.people[row["owner"]]
        home.is_default = is_true(row["is_default"])
        for field in row.keys() - {"zip_code", "owner", "is_default"}:
            _set(home, field, row[field])
        return home

    def events(self, today: datetime.date) -> Iterator[Event]:
        """Taken on, then changed."""
        drafts = [home for home in self.by_ref.values() if home.lifecycle == "draft"]
        others = [home for home in self.by_ref.values() if home.lifecycle != "draft"]
        for number, lot in enumerate(batched(others, LOT, strict=False)):
            at = moment(today, FIRST_LOT + number * BETWEEN_LOTS, OFFICE, f"lot {number}")
            yield self._taken_on(lot, at, SAID)
        yield self._taken_on(drafts, moment(today, DRAFTS, OFFICE, "drafts"), SAID_OF_DRAFTS)
        for change in self.changes:
            yield self._changed(change, today)

    def _taken_on(self, lot: Any, at: datetime.datetime, reason: str) -> Event:
        manager = self.duty.a_manager(str(at))
        return Event(at, manager, lambda by, at: Property.objects.bulk_create(lot), reason)

    def _changed(self, change: Row, today: datetime.date) -> Event:
        home, field = self.by_ref[change["external_ref"]], change["field"]

        def step(by: Any, at: datetime.datetime) -> None:
            _set(home, field, change["became"])
            home.save(update_fields=[field])

        at = Diary(today, f"{change['external_ref']} {field}").on(int(change["in_days"]))
        return Event(at, self.duty.people[change["changed_by"]], step, change["reason"])


def _set(home: Property, field: str, text: str) -> None:
    """Write a cell as the database would return it: the home is used on, not read again."""
    column: Any = Property._meta.get_field(field)
    empty = None if column.null else ""
    setattr(home, field, column.to_python(text) if text else empty)
