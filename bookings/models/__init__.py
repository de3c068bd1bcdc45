"""What the company looks after: properties, away plans, bookings, and the tasks they bring."""

from bookings.models.bookings import Booking
from bookings.models.plans import AwayPlan
from bookings.models.properties import Property
from bookings.models.tasks import ChecklistItem, Task

__all__ = ["AwayPlan", "Booking", "ChecklistItem", "Property", "Task"]
