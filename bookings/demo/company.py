"""The demo company as a whole: make it once, in one transaction."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from django.db import connection, transaction
from django.utils import timezone

from bookings.demo import codes
from bookings.demo.assignments import AssignmentStory
from bookings.demo.dating import date_all
from bookings.demo.duty import Duty
from bookings.demo.events import Event, take_place
from bookings.demo.homes import Homes
from bookings.demo.moments import CLOCK
from bookings.demo.people import first_of, hire
from bookings.demo.plans import PlanStory
from bookings.demo.rows import rows_of
from bookings.demo.stays import StayStory
from opsconsole.access.acting import Source, acting
from staffing.models import User, ZipCode
from staffing.models.assignments import operate_zip_code
from staffing.zip_facts import load_zip_codes

SERVED = datetime.timedelta(days=640)  # ago: once there were people, and before any home


def is_there() -> bool:
    """Whether the demo company is in the database: all of it is, or nothing."""
    return User.objects.filter(email=first_of(User.Type.MANAGER)).exists()


@transaction.atomic
def seed(now: datetime.datetime | None = None) -> int:
    """Make the company with its year around `now`; return how many steps its people took."""
    now = now or timezone.now()
    today = now.astimezone(CLOCK).date()
    people = hire(now)
    zip_codes = _serve(people[first_of(User.Type.MANAGER)], now - SERVED)
    count = take_place(_year(Duty(people), zip_codes, today), now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or the first pages are planned as if the tables were empty
    return count


def _serve(manager: User, at: datetime.datetime) -> dict[str, ZipCode]:
    """Every ZIP code's facts, and the flag that a manager set on those that the company serves."""
    load_zip_codes()
    codes = [row["code"] for row in rows_of("zip_codes_served")]
    served = ZipCode.objects.filter(code__in=codes)
    with acting(manager, source=Source.CONSOLE, reason="The ZIP codes that we begin with"):
        served.update(is_served=True)
    date_all(ZipCode.history.model, at)
    return {zip_code.code: zip_code for zip_code in served}


def _year(duty: Duty, zip_codes: dict[str, ZipCode], today: datetime.date) -> Iterator[Event]:
    homes, permission = Homes(duty, zip_codes), operate_zip_code()
    for row in duty.rows:
        zip_code = zip_codes[row["zip_code"]]
        yield from AssignmentStory(row, duty, zip_code, permission, today).events()
    yield from homes.events(today)
    yield from codes.events(list(homes.by_ref.values()), duty, today)
    stories = {
        row["plan"]: PlanStory(row, homes.by_ref[row["property"]], duty, today)
        for row in rows_of("away_plans")
    }
    for story in stories.values():
        yield from story.events()
    for row in rows_of("bookings"):
        yield from StayStory(row, stories[row["plan"]], duty).events()
