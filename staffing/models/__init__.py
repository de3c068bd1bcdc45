"""People, ZIP codes, and who looks after which."""

from staffing.models.assignments import ZipAssignment
from staffing.models.people import User
from staffing.models.zip_codes import ZipCode

__all__ = ["User", "ZipAssignment", "ZipCode"]
