"""Notes: what colleagues write to each other on a home, a plan, a booking or a task."""

from __future__ import annotations

import builtins  # a field named `property` hides the decorator inside the class
import datetime
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from bookings.models.bookings import Booking
from bookings.models.plans import AwayPlan
from bookings.models.properties import Property
from bookings.models.tasks import Task
from bookings.querysets import RecordNoteQuerySet
from opsconsole.access.acting import ACTOR
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import ByZipCode
from opsconsole.history.guard import IS_RECORDED, Guard
from opsconsole.history.unignored import Unignored

LONGEST = 2_000
MINUTES = 15
MAY_CHANGE = "ARRAY['zip_code_id', 'withdrawn_by_id', 'withdrawn_at']"


class StaysAsWritten(Unignored):
    """A note is written in the name of who writes it, and only who wrote it withdraws it, once.

    What it says stays, but for the erasure of a person, which is recorded. With its home it moves.
    """

    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update
    func = f"""
        IF coalesce(nullif(current_setting('{ACTOR}', true), ''), NEW.written_by_id::text)
            <> NEW.written_by_id::text AND (TG_OP = 'INSERT' OR OLD.withdrawn_at IS DISTINCT FROM
            NEW.withdrawn_at)
        THEN RAISE EXCEPTION 'a note is its writer''s own'
            USING ERRCODE = 'insufficient_privilege'; END IF;
        IF TG_OP = 'UPDATE' AND (NEW.withdrawn_at, NEW.withdrawn_by_id) IS DISTINCT FROM
            (OLD.withdrawn_at, OLD.withdrawn_by_id)
            AND (OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_by_id <> OLD.written_by_id
                OR statement_timestamp() > OLD.written_at + interval '{MINUTES} minutes')
        THEN RAISE EXCEPTION 'a note stays as it was written'
            USING ERRCODE = 'insufficient_privilege'; END IF;
        IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - {MAY_CHANGE} <> to_jsonb(OLD) - {MAY_CHANGE} THEN
            IF NOT {IS_RECORDED} THEN RAISE EXCEPTION 'a note stays as it was written'
                USING ERRCODE = 'insufficient_privilege'; END IF;
        END IF;
        RETURN NEW;
    """


@scoped(ByZipCode())
class RecordNote(models.Model):
    """What somebody wrote on a record for colleagues who see it; on a home where it names no other.

    Nobody changes or deletes it. Who wrote it may withdraw it for a while: then its text is shown
    to those who review the record alone.
    """

    property = models.ForeignKey(Property, on_delete=models.PROTECT, related_name="+")
    zip_code = models.ForeignKey(
        "staffing.ZipCode",
        verbose_name="ZIP code",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        help_text="The property's own; the database keeps it so.",
    )
    away_plan = models.ForeignKey(AwayPlan, null=True, on_delete=models.PROTECT, related_name="+")
    booking = models.ForeignKey(Booking, null=True, on_delete=models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=LONGEST)
    mentioned = ArrayField(models.BigIntegerField(), default=list, help_text="Ids of colleagues.")
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)

    objects = RecordNoteQuerySet.as_manager()

    class Meta:
        verbose_name = "note"
        ordering = ["pk"]
        default_permissions = ("add", "change", "view")
        triggers = [
            StaysAsWritten(name="stays_as_written"),
            Guard("delete", pgtrigger.Delete, unless_recorded=True),
            Guard("truncate", pgtrigger.Truncate, unless_recorded=False),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(away_plan=None, booking=None)
                | Q(away_plan=None, task=None)
                | Q(booking=None, task=None),
                name="notes_are_on_one_record",
                violation_error_message="A note is on one record.",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="withdrawn_notes_say_by_whom",
                violation_error_message="Somebody withdraws a note.",
            ),
            models.CheckConstraint(
                condition=~Q(text="") & Q(LessThanOrEqual(Length("text"), LONGEST)),
                name="notes_say_something",
                violation_error_message=f"A note has 1 to {LONGEST:,} characters.",
            ),
        ]

    def __str__(self) -> str:
        return f"Note of {self.written_at:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A note lies in its property's ZIP code, from the beginning."""
        if self._state.adding:
            self.zip_code_id = self.property.zip_code_id
        super().save(*args, **kwargs)

    @builtins.property
    def may_still_be_withdrawn(self) -> bool:
        """Whether whoever wrote it has time left to take it back."""
        is_fresh = timezone.now() <= self.written_at + datetime.timedelta(minutes=MINUTES)
        return self.withdrawn_at is None and is_fresh
