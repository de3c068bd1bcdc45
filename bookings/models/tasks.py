"""Tasks: the work that plans and bookings bring, and what staff find to do besides."""

from __future__ import annotations

import builtins  # a field named `property` hides the decorator inside the class
from typing import Any

from django.db import models
from django.db.models import F, Q

from bookings.models.bookings import Booking
from bookings.models.plans import AwayPlan
from bookings.models.properties import Property
from bookings.querysets import TaskQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import ByZipCode
from opsconsole.dates import say_date, say_dates
from opsconsole.history.reasons import SaysWhy
from opsconsole.history.records import TriggerHistory
from opsconsole.history.stories import Telling
from opsconsole.history.triggers import history_triggers


@scoped(ByZipCode())
class Task(models.Model):
    """One piece of work in a home, for one person, with the days in which it is to be done.

    Days and not hours: what plans and bookings say is days too, and the hours of a home (when
    guests may come, by when they leave) are the home's own, so that no task moves with them.
    """

    class Kind(models.TextChoices):
        PREPARE = "prepare", "Prepare"
        TURNOVER = "turnover", "Turnover"
        CHECK_IN = "check_in", "Check-in"
        CHECK_OUT = "check_out", "Check-out"
        RESTORE = "restore", "Restore"
        INSPECT = "inspect", "Inspect"
        ISSUE = "issue", "Issue"

    class Status(models.TextChoices):
        UNASSIGNED = "unassigned", "Unassigned"
        ASSIGNED = "assigned", "Assigned"
        IN_PROGRESS = "in_progress", "In progress"
        BLOCKED = "blocked", "Blocked"
        DONE = "done", "Done"
        VERIFIED = "verified", "Verified"
        CANCELLED = "cancelled", "Cancelled"

    class Priority(models.IntegerChoices):
        LOW = 1, "Low"
        NORMAL = 2, "Normal"
        HIGH = 3, "High"

    BY_HAND = (Kind.INSPECT, Kind.ISSUE)  # the others follow from plans and bookings alone
    FOR_ARRIVALS = (Kind.PREPARE, Kind.TURNOVER, Kind.RESTORE)  # before guests or residents come
    UNTOUCHED = (Status.UNASSIGNED, Status.ASSIGNED)
    OPEN = (*UNTOUCHED, Status.IN_PROGRESS, Status.BLOCKED)
    CLOSED = (Status.VERIFIED, Status.CANCELLED)

    property = models.ForeignKey(Property, on_delete=models.PROTECT, related_name="tasks")
    zip_code = models.ForeignKey(
        "staffing.ZipCode",
        verbose_name="ZIP code",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,  # the index with the day serves it too
        help_text="The property's own; the database keeps it so.",
    )
    away_plan = models.ForeignKey(
        AwayPlan, null=True, editable=False, on_delete=models.PROTECT, related_name="tasks"
    )
    booking = models.ForeignKey(
        Booking, null=True, editable=False, on_delete=models.PROTECT, related_name="tasks"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    starts_on = models.DateField("from", help_text="The first day on which it can be done.")
    due_on = models.DateField("due on", help_text="The last day, by the clock of the home.")
    assignee = models.ForeignKey(
        "staffing.User",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tasks",
        db_index=False,  # the index with the day serves it too
        help_text="Somebody who looks after the ZIP code on the day it is due.",
    )
    status = models.CharField(
        max_length=11, choices=Status, default=Status.UNASSIGNED, editable=False
    )
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    notes = models.TextField(blank=True, help_text="What is to be done, and what is to be known.")
    reason = models.TextField(
        blank=True, editable=False, help_text="Why it is blocked, or was cancelled."
    )
    flag = models.TextField(
        blank=True,
        editable=False,
        help_text="What its plan or booking changed after it was begun: it stayed as it was.",
    )
    generated_key = models.CharField(
        max_length=40,
        blank=True,
        editable=False,
        help_text="What of a plan or booking it does; empty for what follows from neither.",
    )
    done_by = models.ForeignKey(
        "staffing.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, editable=False)
    verified_by = models.ForeignKey(
        "staffing.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    verified_at = models.DateTimeField(null=True, editable=False)

    objects = TaskQuerySet.as_manager()
    history = TriggerHistory()
    story = Telling(
        part_of=("away_plan", "booking", "property"),
        named_with=("property",),
        deeds={
            "done_at": {None: "sent back"},
            "status": {
                "assigned": "assigned",
                "unassigned": "gave back",
                "in_progress": "began",
                "blocked": "blocked",
                "done": "finished",
                "verified": "verified",
                "cancelled": "cancelled",
            },
        },
    )

    class Meta:
        ordering = ["-due_on", "pk"]
        triggers = [
            *history_triggers(),
            SaysWhy(
                "unexplained_stop",
                "Say why the task is blocked or cancelled.",
                changes="NEW.status IN ('blocked', 'cancelled') "
                "AND OLD.status IS DISTINCT FROM NEW.status",
            ),
        ]
        indexes = [
            models.Index(fields=["-due_on", "id"], include=["zip_code"], name="tasks_by_day"),
            models.Index(fields=["zip_code", "-due_on", "id"], name="tasks_by_zip_and_day"),
            models.Index(fields=["assignee", "-due_on"], name="tasks_by_assignee_and_day"),
            models.Index(  # homes that are not ready are found from the few tasks that wait
                fields=["due_on"],
                include=["property", "zip_code"],
                condition=Q(
                    status__in=["unassigned", "assigned", "in_progress", "blocked"],
                    kind__in=["prepare", "turnover", "restore"],
                ),
                name="tasks_before_arrivals_by_day",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "zip_code"], name="checklists_follow_the_task"),
            models.UniqueConstraint(
                fields=["generated_key"],
                condition=~Q(generated_key=""),
                name="one_task_for_each_want",
                violation_error_message="There is a task for this already.",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("starts_on")),
                name="tasks_are_due_after_they_can_begin",
                violation_error_message="A task can’t be due before the first day it can be done.",
            ),
            models.CheckConstraint(
                condition=(Q(status="unassigned") & Q(assignee__isnull=True))
                | (Q(status__in=["assigned", "in_progress"]) & Q(assignee__isnull=False))
                | Q(status__in=["blocked", "done", "verified", "cancelled"]),
                name="assigned_tasks_have_somebody",
                violation_error_message="A task is assigned while somebody has it, and only then.",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["blocked", "cancelled"]) | ~Q(reason=""),
                name="blocked_and_cancelled_tasks_say_why",
                violation_error_message="Say why the task is blocked or cancelled.",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["done", "verified"]) | Q(done_by__isnull=False),
                name="done_tasks_say_who_did_them",
                violation_error_message="A task is done by somebody.",
            ),
            models.CheckConstraint(
                condition=~Q(status="verified")
                | (Q(verified_by__isnull=False) & ~Q(verified_by=F("done_by"))),
                name="somebody_else_verifies_a_task",
                violation_error_message="Who did a task does not verify it.",
            ),
            models.CheckConstraint(
                condition=Q(booking__isnull=True) | Q(away_plan__isnull=False),
                name="tasks_of_a_booking_are_of_its_plan",
                violation_error_message="A task of a booking is one of its away plan, too.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.property}, {say_date(self.due_on)}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A task lies in its property's ZIP code, from its first day on."""
        if self._state.adding:
            self.zip_code_id = self.property.zip_code_id
        super().save(*args, **kwargs)

    @builtins.property
    def dates(self) -> str:
        """The days in which it is to be done, as staff say them."""
        if self.starts_on == self.due_on:
            return say_date(self.due_on)
        return say_dates(self.starts_on, self.due_on)

    @builtins.property
    def is_generated(self) -> bool:
        """Whether it follows from a plan or booking, which then say its days."""
        return self.generated_key != ""


@scoped(ByZipCode())
class ChecklistItem(models.Model):
    """One line of a task's checklist."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="checklist")
    zip_code = models.ForeignKey(
        "staffing.ZipCode",
        verbose_name="ZIP code",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        help_text="The task's own; the database keeps it so.",
    )
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    required = models.BooleanField(default=True, help_text="The task is not done without it.")
    done = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    done_by = models.ForeignKey(
        "staffing.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, editable=False)

    history = TriggerHistory()
    story = Telling(part_of=("task",), deeds={"done": {True: "ticked", False: "unticked"}})

    class Meta:
        verbose_name = "checklist item"
        ordering = ["task", "position"]
        triggers = history_triggers()
        constraints = [
            models.UniqueConstraint(
                fields=["task", "position"],
                name="checklists_are_in_order",
                violation_error_message="Another line stands at this place of the checklist.",
            ),
            models.CheckConstraint(
                condition=Q(done=False, done_by__isnull=True) | Q(done=True, done_by__isnull=False),
                name="ticked_lines_say_who_ticked_them",
                violation_error_message="A line of a checklist is ticked by somebody.",
            ),
        ]

    def __str__(self) -> str:
        return self.text
