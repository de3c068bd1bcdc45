"""What the console has to tell one person, and whether they read it."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from opsconsole.access.querysets import ScopedQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import OwnRows

# A path, and never the beginning of another host: browsers read //, /\ and a tab in between alike.
INSIDE = r"^(/([A-Za-z0-9?#][^\s\\]*)?)?$"


class NoticeQuerySet(ScopedQuerySet["Notice"]):
    """Notices."""

    def unread(self) -> Self:
        """Those that nobody has marked as read."""
        return self.filter(read_at=None)


@scoped(OwnRows("person"), by_any_role=True, private=True)
class Notice(models.Model):
    """A sentence for one person, perhaps with a page that it is about. Nobody else reads it."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    sentence = models.CharField(max_length=300)
    link = models.CharField(max_length=200, blank=True, help_text="A path inside the console.")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["person", "-created_at", "-id"], name="notices_of_a_person"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="notices_unread"),
            models.Index(fields=["created_at"], name="notices_by_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(link__regex=INSIDE),
                name="notices_lead_into_the_console",
                violation_error_message="A notice leads to a path inside the console.",
            )
        ]

    def __str__(self) -> str:
        return self.sentence
