"""Reviews of away plans: who looked at what was changed, and what they found."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from opsconsole.access.querysets import ScopedQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import OfficeOnly
from opsconsole.history.guard import guards


@scoped(OfficeOnly())
class PlanReview(models.Model):
    """A sign-off of the changes of one away plan and its bookings, up to certain versions.

    Sign-offs are history too: a later one is added, and none is changed or deleted. The newest of
    a plan holds until the plan, or a booking of it, changes again. Plans are named by their id
    alone, for a plan that was deleted is reviewed like another.
    """

    class Outcome(models.TextChoices):
        OK = "ok", "OK"
        QUERY = "query", "Query"
        ESCALATED = "escalated", "Escalated"

    plan_id = models.BigIntegerField("away plan")
    plan_version = models.BigIntegerField(help_text="The newest version that was looked at.")
    booking_version = models.BigIntegerField(
        default=0, help_text="The newest version of a booking of it that was looked at."
    )
    outcome = models.CharField(max_length=10, choices=Outcome)
    note = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "review"
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [
            ("review_planreview", "Can review changes of away plans"),
            ("export_planreview", "Can export changes as evidence"),
        ]
        triggers = guards()
        indexes = [models.Index(fields=["plan_id", "-id"], name="reviews_of_a_plan")]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="ok") | ~Q(note=""),
                name="queries_and_escalations_say_why",
                violation_error_message="Say in the note what you ask, or why it is escalated.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, {self.reviewed_at:%Y-%m-%d}"
