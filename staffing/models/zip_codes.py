"""The ZIP codes of the United States, and which of them the company serves."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from opsconsole.access.registry import scoped
from opsconsole.access.scopes import ThroughMany
from opsconsole.history.reasons import UndoSaysWhy
from opsconsole.history.records import TriggerHistory
from opsconsole.history.triggers import history_triggers
from staffing.querysets import ZipCodeQuerySet

# What a ZIP code is and where it lies: nobody in the company decides that.
PLACE = ("code", "city", "state", "county", "latitude", "longitude", "kind")


@scoped(ThroughMany("assignments"))
class ZipCode(models.Model):
    """A five-digit ZIP code. Its facts come from the package `zipcodes`."""

    class Kind(models.TextChoices):
        STANDARD = "standard", "Standard"
        PO_BOX = "po_box", "PO box"
        UNIQUE = "unique", "Unique (one organisation)"
        MILITARY = "military", "Military"

    code = models.CharField(
        "ZIP code",
        max_length=5,
        unique=True,
        validators=[RegexValidator(r"^\d{5}$", "A ZIP code has five digits, such as 06511.")],
    )
    city = models.CharField(max_length=60)
    state = models.CharField(max_length=2)
    county = models.CharField(max_length=60, blank=True)
    timezone = models.CharField("time zone", max_length=40, help_text="Such as America/New_York.")
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STANDARD)
    is_served = models.BooleanField(
        "served", default=False, help_text="Whether the company looks after homes here."
    )

    objects = ZipCodeQuerySet.as_manager()
    history = TriggerHistory(left_out=dict.fromkeys(PLACE, "A fact of the reference."))

    class Meta:
        verbose_name = "ZIP code"
        triggers = [*history_triggers(decided="is_served"), UndoSaysWhy()]
        ordering = ["code"]
        permissions = [("operate_zipcode", "Looks after the homes in this ZIP code")]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^\d{5}$"),
                name="zip_codes_have_five_digits",
                violation_error_message="A ZIP code has five digits, such as 06511.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.city}"
