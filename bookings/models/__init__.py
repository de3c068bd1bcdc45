"""What the company looks after: properties, away plans, bookings."""

from bookings.models.bookings import Booking
from bookings.models.plans import AwayPlan
from bookings.models.properties import Property

__all__ = ["AwayPlan", "Booking", "Property"]
