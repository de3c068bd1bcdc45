"""Views of lists that people saved, and the one that opens first for each of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from opsconsole.access.querysets import ScopedQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import OwnRows

LONGEST = 60  # characters of a name: a tab is no longer


@scoped(OwnRows("person"), by_any_role=True, private=True, shared="is_shared")
class SavedView(models.Model):
    """What a list is asked for, under a name. It holds no rows: who opens it sees their own."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    page = models.CharField(max_length=100, help_text="The list: app and model.")
    name = models.CharField(max_length=LONGEST)
    asks = models.JSONField(help_text="Pairs of what stands in the address.")
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["is_shared", "name", "pk"]
        permissions = [("share_savedview", "Can share views of lists")]
        indexes = [
            models.Index(fields=["page"], condition=models.Q(is_shared=True), name="views_shared")
        ]
        constraints = [
            models.UniqueConstraint(
                "person",
                "page",
                Lower("name"),
                name="views_have_names_of_their_own",
                violation_error_message="A view of this list has this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """What tells it from the other views of its list."""
        return f"saved-{self.pk}"


@scoped(OwnRows("person"), by_any_role=True, private=True)
class FirstView(models.Model):
    """Which view opens when somebody opens a list without asking for anything."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    page = models.CharField(max_length=100)
    view = models.CharField(max_length=80, help_text="Its key. What is gone opens nothing.")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "page"],
                name="one_view_of_a_list_opens_first",
                violation_error_message="One view of a list opens first.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.page}: {self.view}"
