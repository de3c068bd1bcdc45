"""What the company looks after: properties, away plans, bookings, and the tasks they bring."""

from bookings.models.access_secrets import AccessSecret, SecretReveal
from bookings.models.bookings import Booking
from bookings.models.calendars import CalendarFeed
from bookings.models.notes import RecordNote
from bookings.models.plans import AwayPlan
from bookings.models.properties import Property
from bookings.models.tasks import ChecklistItem, Task

__all__ = [
    "AccessSecret",
    "AwayPlan",
    "Booking",
    "CalendarFeed",
    "ChecklistItem",
    "Property",
    "RecordNote",
    "SecretReveal",
    "Task",
]
