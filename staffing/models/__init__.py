"""People, ZIP codes, and who looks after which."""

from staffing.models.assignments import ZipAssignment
from staffing.models.people import Colleague, User
from staffing.models.viewing import Viewing
from staffing.models.zip_codes import ZipCode

__all__ = ["Colleague", "User", "Viewing", "ZipAssignment", "ZipCode"]
