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


class Kind(models.TextChoices):
    """What a notice is about, as people mute it."""

    MENTION = "mention", "Mentions of you"
    NOTE = "note", "Notes where you took part"
    TASK = "task", "Your tasks"
    IMPORT = "import", "Your imports"


MUTABLE = [kind for kind in Kind if kind != Kind.MENTION]  # who is asked by name is told


@scoped(OwnRows("person"), by_any_role=True, private=True)
class Notice(models.Model):
    """A sentence for one person, perhaps with a page that it is about. Nobody else reads it."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    sentence = models.CharField(max_length=300)
    link = models.CharField(max_length=200, blank=True, help_text="A path inside the console.")
    kind = models.CharField(max_length=10, choices=Kind, blank=True)
    about = models.CharField(max_length=60, blank=True, help_text="Of a record: its kind and id.")
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

    @property
    def can_be_muted(self) -> bool:
        """Whether its person may ask not to be told the like of it."""
        return self.kind in MUTABLE


@scoped(OwnRows("person"), by_any_role=True, private=True)
class Mute(models.Model):
    """What a person does not want to be told of: a kind of notices, or a record. Theirs alone."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind, blank=True)
    about = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "about"],
                name="muted_once",
                violation_error_message="This is muted already.",
            ),
            models.CheckConstraint(
                condition=Q(about="", kind__in=[str(kind.value) for kind in MUTABLE])
                | (Q(kind="") & ~Q(about="")),
                name="mentions_are_not_muted",
                violation_error_message="Choose a kind of notices or a record; mentions are told.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display() or self.about
