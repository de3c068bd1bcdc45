"""Who looks after which ZIP code of the demo company, day by day."""

from __future__ import annotations

from bookings.demo.moments import spread
from bookings.demo.rows import Row, rows_of
from staffing.models import User

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


def _holds(row: Row, day: int) -> bool:
    ends = row["ends_in_days"]
    return int(row["starts_in_days"]) <= day and (not ends or day < int(ends))
