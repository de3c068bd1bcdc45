"""Away plans: when a home's residents are away, and whether it may host meanwhile."""

from __future__ import annotations

import builtins  # a field named `property` hides the decorator inside the class
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from bookings.models.properties import Property
from bookings.querysets import AwayPlanQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import ByZipCode
from opsconsole.database.constraints import NeverOverlap
from opsconsole.dates import say_dates
from opsconsole.history.reasons import RestoreSaysWhy, SaysWhy, UndoSaysWhy
from opsconsole.history.records import TriggerHistory
from opsconsole.history.stories import Telling
from opsconsole.history.triggers import history_triggers

OVERLAPS = (
    "Another plan of this property covers some of these dates. "
    "Change the dates, or withdraw the other plan first."
)


class Dates(Func):
    """The half-open range of two date columns: the last day is not part of it."""

    function = "daterange"
    output_field = DateRangeField()


@scoped(ByZipCode(), undone_by="import_batch_id")
class AwayPlan(models.Model):
    """The dates a ReRenter is away from one property, `ends_on` being the day of return."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        APPROVED = "approved", "Approved"
        PREPARING = "preparing", "Preparing"
        ACTIVE = "active", "Active"
        COMPLETED = "completed", "Completed"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"
        CANCELLED = "cancelled", "Cancelled"

    BLOCKING = (Status.SUBMITTED, Status.APPROVED, Status.PREPARING, Status.ACTIVE)
    HOSTING = (Status.APPROVED, Status.PREPARING, Status.ACTIVE)

    property = models.ForeignKey(Property, on_delete=models.PROTECT, related_name="away_plans")
    zip_code = models.ForeignKey(
        "staffing.ZipCode",
        verbose_name="ZIP code",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,  # the planner would take it for a page instead of the index with the start
        help_text="The property's own; the database keeps it so.",
    )
    starts_on = models.DateField("away from")
    ends_on = models.DateField("back on", help_text="The day of return, not part of the absence.")
    hosting_allowed = models.BooleanField(
        default=False, help_text="Whether guests may stay while the residents are away."
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    filed_by = models.ForeignKey(
        "staffing.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        "staffing.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, editable=False)
    decision_reason = models.TextField("reason", blank=True, editable=False)
    notes = models.TextField(blank=True, help_text="What the residents told us.")
    import_batch = models.ForeignKey(
        "imports.ImportBatch",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The import that created it.",
    )

    objects = AwayPlanQuerySet.as_manager()
    history = TriggerHistory()
    story = Telling(
        part_of=("property",),
        named_with=("property",),
        deeds={
            "status": {
                "submitted": "submitted",
                "approved": "approved",
                "declined": "declined",
                "withdrawn": "withdrew",
                "preparing": "started to prepare",
                "active": "started",
                "completed": "completed",
                "cancelled": "cancelled",
            }
        },
    )

    class Meta:
        ordering = ["-starts_on", "pk"]
        permissions = [
            ("decide_awayplan", "Can approve, decline and cancel away plans"),
            ("import_awayplan", "Can import away plans from a file"),
            ("undo_awayplan", "Can undo imports of away plans"),
            ("restore_awayplan", "Can restore away plans to earlier versions"),
        ]
        triggers = [
            *history_triggers(),
            UndoSaysWhy(),
            RestoreSaysWhy(),
            SaysWhy(
                "unexplained_refusal",
                "Say why the plan is declined or cancelled.",
                changes="NEW.status IN ('declined', 'cancelled') "
                "AND OLD.status IS DISTINCT FROM NEW.status",
            ),
            SaysWhy(
                "unexplained_change",
                "Say why the plan is changed: it was approved as it was.",
                changes="OLD.status IN ('approved', 'preparing', 'active') "
                "AND (OLD.starts_on, OLD.ends_on, OLD.hosting_allowed) "
                "IS DISTINCT FROM (NEW.starts_on, NEW.ends_on, NEW.hosting_allowed)",
            ),
            SaysWhy(
                "unexplained_approval",
                "Say why the plan is approved by who filed it.",
                changes="NEW.status = 'approved' AND OLD.status IS DISTINCT FROM NEW.status "
                "AND NEW.decided_by_id = NEW.filed_by_id",
            ),
            pgtrigger.Trigger(
                name="keep_bookings_inside",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                func="""
                    IF EXISTS (
                        SELECT FROM bookings_booking b WHERE b.away_plan_id = NEW.id
                        AND b.status IN ('held', 'confirmed', 'checked_in')
                        AND NOT (NEW.hosting_allowed
                            AND NEW.status IN ('approved', 'preparing', 'active')
                            AND NEW.starts_on <= b.arrives_on AND b.departs_on <= NEW.ends_on)
                    ) THEN
                        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE =
                            'This plan has bookings that would fall outside of it. '
                            'Move or cancel them first.';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]
        indexes = [
            models.Index(fields=["-starts_on", "id"], include=["zip_code"], name="plans_by_start"),
            models.Index(fields=["zip_code", "-starts_on", "id"], name="plans_by_zip_and_start"),
            models.Index(fields=["status", "starts_on"], name="plans_by_status_and_start"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "property"], name="bookings_follow_the_plan"),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="plans_end_after_they_start",
                violation_error_message="The day of return must come after the first day away.",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["declined", "cancelled"]) | ~Q(decision_reason=""),
                name="declined_and_cancelled_plans_say_why",
                violation_error_message="Say why the plan is declined or cancelled.",
            ),
            NeverOverlap(
                name="plans_of_a_property_never_overlap",
                expressions=[
                    ("property", RangeOperators.EQUAL),
                    (Dates(F("starts_on"), F("ends_on")), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=["submitted", "approved", "preparing", "active"]),
                violation_error_message=OVERLAPS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.property}, {self.dates}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A plan lies in its property's ZIP code."""
        self.zip_code_id = self.property.zip_code_id
        super().save(*args, **kwargs)

    @builtins.property
    def dates(self) -> str:
        """The dates as staff say them: 3 Jun - 17 Jun 2026."""
        return say_dates(self.starts_on, self.ends_on)

    @builtins.property
    def nights(self) -> int:
        """Nights that the residents are away."""
        return (self.ends_on - self.starts_on).days
