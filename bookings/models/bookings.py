"""Bookings: guests who stay in a home while its residents are away."""

from __future__ import annotations

import builtins  # a field named `property` hides the decorator inside the class
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from bookings.models.plans import AwayPlan, Dates
from bookings.models.properties import Property
from bookings.querysets import BookingQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import ByZipCode
from opsconsole.database.constraints import NeverOverlap
from opsconsole.dates import say_dates
from opsconsole.history.reasons import RestoreSaysWhy, SaysWhy
from opsconsole.history.records import TriggerHistory
from opsconsole.history.stories import Telling
from opsconsole.history.triggers import history_triggers
from staffing.models.people import E164


@scoped(ByZipCode())
class Booking(models.Model):
    """A party of guests in one property, inside one away plan that allows hosting."""

    class Status(models.TextChoices):
        HELD = "held", "Held"
        CONFIRMED = "confirmed", "Confirmed"
        CHECKED_IN = "checked_in", "Checked in"
        CHECKED_OUT = "checked_out", "Checked out"
        CANCELLED = "cancelled", "Cancelled"
        NO_SHOW = "no_show", "No show"

    class Channel(models.TextChoices):
        DIRECT = "direct", "Direct"
        PARTNER = "partner", "Partner site"
        PHONE = "phone", "Phone"

    LIVE = (Status.HELD, Status.CONFIRMED, Status.CHECKED_IN)

    away_plan = models.ForeignKey(AwayPlan, on_delete=models.PROTECT, related_name="bookings")
    property = models.ForeignKey(
        Property, on_delete=models.PROTECT, related_name="bookings", editable=False
    )
    zip_code = models.ForeignKey(
        "staffing.ZipCode",
        verbose_name="ZIP code",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    guest_name = models.CharField(max_length=150)
    guest_phone = models.CharField(
        max_length=16, blank=True, validators=[E164], help_text="With country code: +12035550123."
    )
    guest_email = models.EmailField(blank=True)
    party_size = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    arrives_on = models.DateField()
    departs_on = models.DateField()
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.DIRECT)
    source_ref = models.CharField(
        "channel's reference",
        max_length=64,
        blank=True,
        help_text="What the channel calls this booking; unique within it.",
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.HELD, editable=False)
    held_until = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_reason = models.TextField(blank=True, editable=False)
    checked_in_at = models.DateTimeField(null=True, editable=False)
    checked_out_at = models.DateTimeField(null=True, editable=False)
    price = models.DecimalField(
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="US dollars for the whole stay.",
    )

    objects = BookingQuerySet.as_manager()
    history = TriggerHistory()
    story = Telling(
        part_of=("away_plan", "property"),
        deeds={
            "status": {
                "confirmed": "confirmed",
                "checked_in": "checked in",
                "checked_out": "checked out",
                "cancelled": "cancelled",
                "no_show": "marked as a no-show",
            }
        },
    )

    class Meta:
        ordering = ["-arrives_on", "pk"]
        permissions = [("restore_booking", "Can restore bookings to earlier versions")]
        triggers = [
            *history_triggers(),
            RestoreSaysWhy(),
            SaysWhy(
                "unexplained_cancellation",
                "Say why the booking is cancelled.",
                changes="NEW.status = 'cancelled' AND OLD.status IS DISTINCT FROM NEW.status",
            ),
            SaysWhy(
                "unexplained_check_in",
                "Say why the guests come in before the away plan is on and the home prepared.",
                changes="NEW.status = 'checked_in' AND OLD.status IS DISTINCT FROM NEW.status",
                unless="EXISTS (SELECT FROM bookings_awayplan p "
                "WHERE p.id = NEW.away_plan_id AND p.status = 'active') "
                "AND NOT EXISTS (SELECT FROM bookings_task t WHERE t.away_plan_id = "
                "NEW.away_plan_id AND t.kind = 'prepare' "
                "AND t.status IN ('unassigned', 'assigned', 'in_progress', 'blocked'))",
            ),
            pgtrigger.Trigger(
                name="stay_inside_plan",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NEW.status NOT IN ('held', 'confirmed', 'checked_in') THEN
                        RETURN NULL;
                    END IF;
                    PERFORM FROM bookings_awayplan p WHERE p.id = NEW.away_plan_id
                        AND p.hosting_allowed
                        AND p.status IN ('approved', 'preparing', 'active')
                        AND p.starts_on <= NEW.arrives_on AND NEW.departs_on <= p.ends_on
                        FOR SHARE;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE =
                            'A booking must lie inside an approved plan that allows hosting. '
                            'Check the dates, and whether the plan is approved.';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]
        indexes = [
            models.Index(fields=["zip_code", "arrives_on"], name="bookings_by_zip_and_arrival"),
            models.Index(
                fields=["arrives_on"],
                include=["property", "zip_code"],
                condition=Q(status__in=["held", "confirmed"]),
                name="bookings_to_come_by_arrival",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "away_plan"], name="tasks_follow_the_booking"),
            models.CheckConstraint(
                condition=Q(departs_on__gt=F("arrives_on")),
                name="bookings_end_after_they_start",
                violation_error_message="Guests leave after the day they arrive.",
            ),
            models.CheckConstraint(
                condition=Q(party_size__gte=1),
                name="bookings_are_for_someone",
                violation_error_message="A party has at least one guest.",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | ~Q(cancel_reason=""),
                name="cancelled_bookings_say_why",
                violation_error_message="Say why the booking is cancelled.",
            ),
            models.UniqueConstraint(
                fields=["channel", "source_ref"],
                condition=~Q(source_ref=""),
                name="channel_references_are_unique",
                violation_error_message=(
                    "This reference can't be used: check it, or leave it empty."
                ),
            ),
            NeverOverlap(
                name="bookings_of_a_property_never_overlap",
                expressions=[
                    ("property", RangeOperators.EQUAL),
                    (Dates(F("arrives_on"), F("departs_on")), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=["held", "confirmed", "checked_in"]),
                violation_error_message=(
                    "Another booking of this property covers some of these nights."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guest_name}, {self.dates}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A booking is of its plan's property, in that property's ZIP code."""
        self.property_id = self.away_plan.property_id
        self.zip_code_id = self.away_plan.zip_code_id
        super().save(*args, **kwargs)

    @builtins.property
    def dates(self) -> str:
        """The dates as staff say them."""
        return say_dates(self.arrives_on, self.departs_on)

    @builtins.property
    def nights(self) -> int:
        """Nights that the guests stay."""
        return (self.departs_on - self.arrives_on).days
