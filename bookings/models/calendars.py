"""The addresses under which people read their calendar from outside of the console."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from opsconsole.access.querysets import ScopedQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import OwnRows

TOKEN_BYTES = 32


@scoped(OwnRows("person"), by_any_role=True, private=True)
class CalendarFeed(models.Model):
    """A secret address of one person's calendar, until they end it. Nobody else sees any of it.

    Of the token in the address the database keeps a digest alone: whoever reads the database, or
    a backup, can't read anybody's calendar with it.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(ended_at=None),
                name="one_calendar_address_a_person",
                violation_error_message="Your calendar has an address already.",
            )
        ]

    def __str__(self) -> str:
        return f"Calendar address of {self.created_at:%Y-%m-%d}"


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest_of(token: str) -> str:
    """What the database keeps of a token, and finds it by: how long that takes tells nothing."""
    return hashlib.sha256(token.encode()).hexdigest()
