"""The peers: plans and homes, without history and with django-simple-history's own."""

from __future__ import annotations

import datetime

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


class StockHome(models.Model):
    """A home with the columns and the main indexes of one, and django-simple-history's signals."""

    external_ref = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=150)
    owner = models.ForeignKey("staffing.User", on_delete=models.PROTECT, related_name="+")
    is_default = models.BooleanField(default=False)
    street = models.CharField(max_length=150, blank=True)
    unit = models.CharField(max_length=30, blank=True)
    city = models.CharField(max_length=60)
    state = models.CharField(max_length=2)
    zip_code = models.ForeignKey("staffing.ZipCode", on_delete=models.PROTECT, related_name="+")
    timezone = models.CharField(max_length=40)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    property_type = models.CharField(max_length=20)
    bedrooms = models.PositiveSmallIntegerField(default=1)
    bathrooms = models.DecimalField(max_digits=3, decimal_places=1, default=1)
    max_guests = models.PositiveSmallIntegerField(default=2)
    nightly_rate = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    check_in_from = models.TimeField(default=datetime.time(15))
    check_out_until = models.TimeField(default=datetime.time(11))
    amenities = models.TextField(blank=True)
    lifecycle = models.CharField(max_length=10, default="draft")

    history = HistoricalRecords()

    class Meta:
        indexes = [models.Index(fields=["name", "id"], include=["zip_code"], name="stock_by_name")]

    def __str__(self) -> str:
        return self.name
