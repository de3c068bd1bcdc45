"""Who looks after which ZIP code of the demo company, day by day."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from bookings.demo.events import Event
from bookings.demo.moments import Diary, spread
from bookings.demo.rows import Row, rows_of
from staffing.models import User, ZipAssignment, ZipCode
from staffing.models.assignments import operate_zip_code

NOTICE = 5  # days that a manager enters an assignment ahead; its end is entered a day earlier
ONE_FOR_BACKUPS = 4  # of so many steps


class Duty:
    """The assignments of the company: `on_duty` answers who does a step somewhere."""

    def __init__(self, people: dict[str, User]) -> None:
        self.people = people
        self.rows = rows_of("assignments")
        self.managers = [person for person in people.values() if person.user_type == "manager"]

    def on_duty(self, zip_code: str, day: int, key: str) -> User:
        """Mostly the primary, at times a backup; a manager where nobody is assigned."""
        here = [row for row in self.rows if row["zip_code"] == zip_code and _holds(row, day)]
        if not here:
            return self.a_manager(key)
        here.sort(key=lambda row: row["duty"] != "primary")
        if len(here) > 1 and spread(f"{key} duty", 0, ONE_FOR_BACKUPS) == 0:
            here = here[1:]
        return self.people[here[0]["email"]]

    def a_manager(self, key: str) -> User:
        """One of the managers."""
        return self.managers[spread(f"{key} manager", 0, len(self.managers))]

    def events(self, zip_codes: dict[str, ZipCode], today: datetime.date) -> Iterator[Event]:
        """Managers assign, and end assignments."""
        permission = operate_zip_code()
        for row in self.rows:
            assignment = ZipAssignment(
                user=self.people[row["email"]],
                content_object=zip_codes[row["zip_code"]],
                permission=permission,
                duty=row["duty"],
                starts_on=today + datetime.timedelta(days=int(row["starts_in_days"])),
            )
            yield from self._events_of(assignment, row, today)

    def _events_of(
        self, assignment: ZipAssignment, row: Row, today: datetime.date
    ) -> Iterator[Event]:
        key = f"{row['email']} {row['zip_code']} {row['starts_in_days']}"
        diary, manager = Diary(today, key), self.a_manager(key)
        starts, ends = int(row["starts_in_days"]), row["ends_in_days"]

        def grant(by: User, at: datetime.datetime) -> None:
            assignment.granted_by, assignment.note = by, "" if ends else row["note"]
            assignment.save()

        def end(by: User, at: datetime.datetime) -> None:
            assignment.ends_on = today + datetime.timedelta(days=int(ends))
            assignment.note = row["note"]
            assignment.save(update_fields=["ends_on", "note"])

        yield Event(diary.on(min(starts, 0) - NOTICE), manager, grant)
        if ends:
            yield Event(diary.on(min(int(ends), 3) - NOTICE - 1), manager, end, row["note"])


def _holds(row: Row, day: int) -> bool:
    ends = row["ends_in_days"]
    return int(row["starts_in_days"]) <= day and (not ends or day < int(ends))
