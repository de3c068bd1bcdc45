"""Who is on duty in a ZIP code, as everybody who works there may know it."""

from __future__ import annotations

from django.db import models

from opsconsole.access.querysets import ScopedQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import ByZipCode
from staffing.models.assignments import ZipAssignment
from staffing.models.zip_codes import ZipCode


class OnDutyQuerySet(ScopedQuerySet["OnDuty"]):
    """Colleagues on duty."""


@scoped(ByZipCode())
class OnDuty(models.Model):
    """A colleague who looks after a ZIP code from a day on: the name, the duty and the dates.

    A view of the database over the assignments of active people. Staff see who shares their ZIP
    codes with them; who assigned whom and the notes stay with those who may see assignments.
    """

    zip_code = models.ForeignKey(
        ZipCode, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=254)
    duty = models.CharField(max_length=10, choices=ZipAssignment.Duty)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    objects = OnDutyQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "staffing_onduty"

    def __str__(self) -> str:
        return self.name
