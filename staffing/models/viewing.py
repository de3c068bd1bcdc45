"""Who looked at the console as somebody else: when, why, and for how long."""

from __future__ import annotations

import datetime

from django.db import models
from django.utils import timezone

from opsconsole.access.registry import scoped
from opsconsole.access.scopes import OfficeOnly
from staffing.models.people import User
from staffing.querysets import ViewingQuerySet


@scoped(OfficeOnly())
class Viewing(models.Model):
    """A manager sees what a colleague sees, and can change nothing meanwhile. Kept as a log."""

    LASTS = datetime.timedelta(hours=1)

    viewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(
        User, verbose_name="seen as", on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, help_text="Why. Kept for those who review it.")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ViewingQuerySet.as_manager()

    class Meta:
        verbose_name = "view as a colleague"
        verbose_name_plural = "views as colleagues"
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        names = User.names_of([self.viewer_id, self.person_id])
        return " as ".join(names.get(pk, "somebody") for pk in (self.viewer_id, self.person_id))
