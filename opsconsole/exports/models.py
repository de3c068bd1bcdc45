"""The log of exports: who took which records out, and how many of them."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from opsconsole.access.querysets import ScopedQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import OwnRows


@scoped(OwnRows("exported_by"), by_any_role=True, is_log=True)
class Export(models.Model):
    """One download of records as a file. It is written down before the first row leaves."""

    class Status(models.TextChoices):
        UNDER_WAY = "under_way", "Under way"
        FINISHED = "finished", "Finished"
        BROKEN_OFF = "broken_off", "Broken off"

    LASTS = datetime.timedelta(hours=1)  # what is under way for longer died with its process

    kind = models.CharField(max_length=40, help_text="What was exported: properties.")
    exported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    exported_at = models.DateTimeField(auto_now_add=True)
    which = models.TextField("which rows", help_text="The filter in words.")
    query = models.TextField(
        "query string", blank=True, help_text="The filter as the address of the list had it."
    )
    columns = ArrayField(models.TextField())
    rows = models.PositiveIntegerField("rows written", default=0)
    status = models.CharField(max_length=10, choices=Status, default=Status.UNDER_WAY)
    ended_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(
        "SHA-256",
        max_length=64,
        blank=True,
        help_text="Of the file, where it is evidence: `sha256sum` of the file must give the same.",
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-exported_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind.capitalize()}: {self.which}"

    @property
    def outcome(self) -> str:
        """How it ended, also where the process did not live to say so."""
        is_late = timezone.now() - self.exported_at > self.LASTS
        if self.status == self.Status.UNDER_WAY and is_late:
            return str(self.Status.BROKEN_OFF.label)
        return self.get_status_display()
