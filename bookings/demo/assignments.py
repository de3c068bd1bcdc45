"""How the people of the demo company came to their ZIP codes, and gave some of them back."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from bookings.demo.duty import Duty
from bookings.demo.events import Event
from bookings.demo.moments import Diary
from bookings.demo.rows import Row
from staffing.models import User, ZipAssignment, ZipCode

NOTICE = 5  # days that a manager enters an assignment ahead; its end is entered a day earlier
ENDS_KNOWN = 3  # days: how far ahead of today an end may lie to have been entered by now


class AssignmentStory:
    """What happened to one assignment: `events()` tells it in order."""

    def __init__(
        self, row: Row, duty: Duty, zip_code: ZipCode, permission: Any, today: datetime.date
    ) -> None:
        self.row, self.today = row, today
        key = f"{row['email']} {row['zip_code']} {row['starts_in_days']}"
        self.diary, self.manager = Diary(today, key), duty.a_manager(key)
        self.assignment = ZipAssignment(
            user=duty.people[row["email"]],
            content_object=zip_code,
            permission=permission,
            duty=row["duty"],
            covers_for=duty.people[row["covers_for"]] if row["covers_for"] else None,
            starts_on=self._date("starts_in_days"),
        )

    def events(self) -> Iterator[Event]:
        """Granted by a manager, and ended where the file says so (a cover: from the start)."""
        granted = min(int(self.row["starts_in_days"]), 0) - NOTICE
        yield Event(self.diary.on(granted), self.manager, self._grant)
        if self.row["ends_in_days"] and not self._is_cover:
            ended = min(int(self.row["ends_in_days"]), ENDS_KNOWN) - NOTICE - 1
            yield Event(self.diary.on(ended), self.manager, self._end, self.row["note"])

    def _grant(self, by: User, at: datetime.datetime) -> None:
        self.assignment.granted_by = by
        if self._is_cover:
            self.assignment.ends_on = self._date("ends_in_days")
        if self._is_cover or not self.row["ends_in_days"]:
            self.assignment.note = self.row["note"]
        self.assignment.save()

    def _end(self, by: User, at: datetime.datetime) -> None:
        self.assignment.ends_on = self._date("ends_in_days")
        self.assignment.note = self.row["note"]
        self.assignment.save(update_fields=["ends_on", "note"])

    @property
    def _is_cover(self) -> bool:
        """A temporary cover is granted with its end."""
        return self.row["duty"] == ZipAssignment.Duty.COVER

    def _date(self, column: str) -> datetime.date:
        return self.today + datetime.timedelta(days=int(self.row[column]))
