"""People, ZIP codes, and who looks after which."""

from staffing.models.assignments import ZipAssignment
from staffing.models.on_duty import OnDuty
from staffing.models.people import Colleague, User
from staffing.models.viewing import Viewing
from staffing.models.zip_codes import ZipCode

__all__ = ["Colleague", "OnDuty", "User", "Viewing", "ZipAssignment", "ZipCode"]
