"""The pages about homes and stays: one file for each."""

from bookings.admin.bookings import BookingAdmin
from bookings.admin.exports import ExportAdmin
from bookings.admin.imports import ImportBatchAdmin
from bookings.admin.plans import AwayPlanAdmin
from bookings.admin.properties import PropertyAdmin
from bookings.admin.tasks import TaskAdmin

__all__ = [
    "AwayPlanAdmin",
    "BookingAdmin",
    "ExportAdmin",
    "ImportBatchAdmin",
    "PropertyAdmin",
    "TaskAdmin",
]
