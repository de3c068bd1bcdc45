"""The peers: the away plan's columns without history, and with django-simple-history's own."""

from __future__ import annotations

from django.db import models
from simple_history.models import HistoricalRecords


class Columns(models.Model):
    """As many columns as an away plan has."""

    property_id = models.BigIntegerField()
    zip_code_id = models.BigIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    hosting_allowed = models.BooleanField(default=False)
    status = models.CharField(max_length=10, default="draft")
    filed_by_id = models.BigIntegerField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    notes = models.TextField(blank=True)

    class Meta:
        abstract = True


class Untracked(Columns):
    """A plan whose changes nobody keeps."""

    def __str__(self) -> str:
        return f"untracked {self.pk}"


class Stock(Columns):
    """A plan whose changes django-simple-history's signals keep."""

    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"stock {self.pk}"
