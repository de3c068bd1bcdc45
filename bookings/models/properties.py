"""The homes in the company's care."""

from __future__ import annotations

import datetime
import zoneinfo
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Mod
from django.db.models.lookups import Exact
from django.utils import timezone

from bookings.querysets import HOME_WORDS, PropertyQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import ByZipCode
from opsconsole.database.words import index_of_words
from opsconsole.history.reasons import RestoreSaysWhy, UndoSaysWhy
from opsconsole.history.records import TriggerHistory
from opsconsole.history.stories import Telling
from opsconsole.history.triggers import history_triggers


class AddressKey(Func):
    """Street and unit reduced to what tells two homes apart (a function of the database).

    "12 Main St., Apt 4b" and "12 MAIN STREET" with unit "4B" have one key.
    """

    function = "address_key"
    output_field = models.TextField()


def whole_or_half(value: Decimal) -> None:
    """Bathrooms are counted in halves."""
    if value * 2 % 1:
        raise ValidationError("Count bathrooms in halves: 1, 1.5, 2.")


@scoped(ByZipCode(), undone_by="import_batch_id")
class Property(models.Model):
    """A home that a ReRenter owns, in one ZIP code."""

    class Type(models.TextChoices):
        APARTMENT = "apartment", "Apartment"
        HOUSE = "house", "House"
        CONDO = "condo", "Condominium"
        TOWNHOUSE = "townhouse", "Townhouse"
        LOFT = "loft", "Loft"
        GUEST_SUITE = "guest_suite", "Guest suite"
        GUESTHOUSE = "guesthouse", "Guesthouse"
        COTTAGE = "cottage", "Cottage"
        SERVICED = "serviced_apartment", "Serviced apartment"
        OTHER = "other", "Other"

    class Lifecycle(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        ARCHIVED = "archived", "Archived"

    external_ref = models.CharField(
        "reference",
        max_length=64,
        unique=True,
        help_text="What other systems call this home. Imports recognise it by this.",
    )
    name = models.CharField(max_length=150)
    owner = models.ForeignKey(
        "staffing.User",
        on_delete=models.PROTECT,
        related_name="properties",
        limit_choices_to={"user_type": "rerenter"},
    )
    is_default = models.BooleanField(
        "owner's default", default=False, help_text="The home its owner's new plans are for."
    )
    street = models.CharField(
        max_length=150, blank=True, help_text="House number and street. A draft may lack it."
    )
    unit = models.CharField(max_length=30, blank=True, help_text="Apartment, floor or unit.")
    city = models.CharField(max_length=60)
    state = models.CharField(max_length=2)
    zip_code = models.ForeignKey(
        "staffing.ZipCode",
        verbose_name="ZIP code",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # the planner would take it for a page instead of the index with the name
    )
    timezone = models.CharField("time zone", max_length=40, editable=False)
    latitude = models.DecimalField(
        max_digits=8,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        max_digits=8,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    property_type = models.CharField("type", max_length=20, choices=Type)
    bedrooms = models.PositiveSmallIntegerField(
        default=1, validators=[MaxValueValidator(50)], help_text="0 for a studio, at most 50."
    )
    bathrooms = models.DecimalField(
        max_digits=3,
        decimal_places=1,
        default=Decimal(1),
        validators=[MinValueValidator(0), whole_or_half],
        help_text="Counted in halves: 1.5.",
    )
    max_guests = models.PositiveSmallIntegerField(
        "guests at most", default=2, validators=[MinValueValidator(1)]
    )
    nightly_rate = models.DecimalField(
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="US dollars for a night.",
    )
    check_in_from = models.TimeField("check-in from", default=datetime.time(15))
    check_out_until = models.TimeField("check-out until", default=datetime.time(11))
    amenities = models.TextField(blank=True, help_text="One on a line, or separated by commas.")
    lifecycle = models.CharField(max_length=10, choices=Lifecycle, default=Lifecycle.DRAFT)
    import_batch = models.ForeignKey(
        "imports.ImportBatch",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The import that created it.",
    )

    objects = PropertyQuerySet.as_manager()
    history = TriggerHistory()
    story = Telling(
        deeds={"lifecycle": {"active": "activated", "paused": "paused", "archived": "archived"}}
    )

    class Meta:
        verbose_name_plural = "properties"
        ordering = ["name", "pk"]
        permissions = [
            ("import_property", "Can import properties from a file"),
            ("export_property", "Can export properties to a file"),
            ("undo_property", "Can undo imports of properties"),
            ("restore_property", "Can restore properties to earlier versions"),
        ]
        triggers = [*history_triggers(), UndoSaysWhy(), RestoreSaysWhy()]
        indexes = [
            models.Index(
                fields=["name", "id"], include=["zip_code"], name="properties_by_name_with_zip"
            ),
            models.Index(  # the owner: whose homes lie in a ZIP code is asked by lock 2
                fields=["zip_code", "name", "id"],
                include=["owner"],
                name="properties_by_zip_and_name",
            ),
            index_of_words("properties_by_words", *HOME_WORDS),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "zip_code"], name="plans_follow_the_zip_code"),
            models.UniqueConstraint(
                fields=["owner"],
                condition=Q(is_default=True),
                name="one_default_property_for_each_owner",
                violation_error_message="This owner has another default property.",
            ),
            models.UniqueConstraint(
                AddressKey(F("street"), F("unit")),
                F("zip_code"),
                condition=~Q(lifecycle="archived") & ~Q(street=""),
                name="one_property_for_each_address",
                violation_error_message=(
                    "Another property has this address (street, unit and ZIP code)."
                ),
            ),
            models.CheckConstraint(
                condition=Q(lifecycle__in=["draft", "archived"]) | ~Q(street=""),
                name="active_properties_have_a_street",
                violation_error_message="A home needs its street before it leaves draft.",
            ),
            models.CheckConstraint(
                condition=Q(bedrooms__lte=50),
                name="at_most_50_bedrooms",
                violation_error_message="A home has at most 50 bedrooms.",
            ),
            models.CheckConstraint(
                condition=Q(
                    ("bathrooms__gte", 0), Exact(Mod(F("bathrooms") * 2, Value(1)), Value(0))
                ),
                name="bathrooms_are_counted_in_halves",
                violation_error_message="Count bathrooms in halves: 1, 1.5, 2.",
            ),
            models.CheckConstraint(
                condition=Q(max_guests__gte=1),
                name="at_least_one_guest",
                violation_error_message="A home has room for at least one guest.",
            ),
            models.CheckConstraint(
                condition=Q(nightly_rate__isnull=True) | Q(nightly_rate__gte=0),
                name="nightly_rates_are_not_negative",
                violation_error_message="The nightly rate can't be negative.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The clock of a home is the clock of its ZIP code."""
        self.timezone = self.zip_code.timezone
        fields = kwargs.get("update_fields")
        if fields is not None and "zip_code" in fields:
            kwargs["update_fields"] = {*fields, "timezone"}
        super().save(*args, **kwargs)

    def date_at(self, moment: datetime.datetime) -> datetime.date:
        """The date of a moment by the home's own clock."""
        return moment.astimezone(zoneinfo.ZoneInfo(self.timezone)).date()

    @property
    def today(self) -> datetime.date:
        """Today's date by the home's own clock."""
        return self.date_at(timezone.now())

    @property
    def address(self) -> str:
        """The address on one line; "no street yet" where a draft lacks one."""
        street = ", ".join(part for part in (self.street, self.unit) if part)
        return f"{street or 'no street yet'}, {self.city}, {self.state}"
