"""The pages about people, ZIP codes and who looks after which: one file for each."""

from staffing.admin.assignments import ZipAssignmentAdmin
from staffing.admin.people import PersonAdmin
from staffing.admin.viewing import ViewingAdmin
from staffing.admin.zip_codes import ZipCodeAdmin

__all__ = ["PersonAdmin", "ViewingAdmin", "ZipAssignmentAdmin", "ZipCodeAdmin"]
