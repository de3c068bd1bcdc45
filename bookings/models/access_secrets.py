"""What opens a home: door codes, lockboxes, alarms and Wi-Fi, and who was shown which of them."""

from __future__ import annotations

import builtins  # a field named `property` hides the decorator inside the class
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from bookings.models.properties import Property
from bookings.models.tasks import Task
from bookings.querysets import AccessSecretQuerySet
from opsconsole.access.querysets import ScopedQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import ByZipCode, OfficeOnly
from opsconsole.dates import say_date
from opsconsole.history.guard import guards
from opsconsole.history.records import TriggerHistory
from opsconsole.history.stories import Telling
from opsconsole.history.triggers import history_triggers
from opsconsole.history.unignored import Unignored


class SaysWhenTheCodeWasSet(Unignored):
    """Whoever writes another code, on whatever path, leaves the moment of it in the history.

    The moment is the database's own word: nobody writes it by hand.
    """

    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update
    func = """
        IF TG_OP = 'INSERT' OR NEW.sealed IS DISTINCT FROM OLD.sealed
        THEN NEW.code_set_at := clock_timestamp();
        ELSE NEW.code_set_at := OLD.code_set_at; END IF;
        RETURN NEW;
    """


class AccessSecretManager(models.Manager.from_queryset(AccessSecretQuerySet)):  # type: ignore[misc]
    """Loads codes without the column that no request may read."""

    def get_queryset(self) -> AccessSecretQuerySet:
        """All but what is sealed."""
        found: AccessSecretQuerySet = super().get_queryset().defer("sealed")
        return found


@scoped(ByZipCode(), unread=("sealed",))
class AccessSecret(models.Model):
    """A code that opens something of a home, in days by the home's clock.

    The code itself is encrypted (`bookings/codes/cipher.py`). It is in a column that no request
    may read: it leaves the database by `reveal_access_secret()` alone, which writes down who
    asked. Bytes and not text, since the erasure of a person rewrites every text of the database.
    """

    class Kind(models.TextChoices):
        DOOR = "door", "Door"
        LOCKBOX = "lockbox", "Lockbox"
        ALARM = "alarm", "Alarm"
        WIFI = "wifi", "Wi-Fi"

    property = models.ForeignKey(Property, on_delete=models.PROTECT, related_name="access_secrets")
    zip_code = models.ForeignKey(
        "staffing.ZipCode",
        verbose_name="ZIP code",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        help_text="The property's own; the database keeps it so.",
    )
    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(
        "what it opens",
        max_length=80,
        blank=True,
        help_text="Such as “front porch, left of the door”. All who see the home read it.",
    )
    sealed = models.BinaryField(editable=False)
    code_set_at = models.DateTimeField("code", default=timezone.now, editable=False)
    valid_from = models.DateField("first day", help_text="By the clock of the home.")
    valid_to = models.DateField(
        "last day", null=True, blank=True, help_text="Empty while it is in use."
    )

    objects = AccessSecretManager()
    history = TriggerHistory(
        left_out={"sealed": "A code, encrypted: when it was set is kept, and by whom."}
    )
    story = Telling(part_of=("property",))

    class Meta:
        verbose_name = "door code"
        ordering = ["kind", "label", "pk"]
        base_manager_name = "objects"
        default_permissions = ("add", "change", "view")
        permissions = [("reveal_accesssecret", "Can be shown door codes")]
        triggers = [*history_triggers(), SaysWhenTheCodeWasSet(name="code_set")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="codes_end_after_they_begin",
                violation_error_message="The last day of a code can’t lie before its first.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.label}" if self.label else self.get_kind_display()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A code lies in its property's ZIP code, from its first day on."""
        if self._state.adding:
            self.zip_code_id = self.property.zip_code_id
        super().save(*args, **kwargs)

    @builtins.property
    def days(self) -> str:
        """The days in which it opens, as staff say them."""
        if self.valid_to is None:
            return f"From {say_date(self.valid_from)} on"
        return f"{say_date(self.valid_from)} to {say_date(self.valid_to)}"

    @builtins.property
    def has_ended(self) -> bool:
        """Whether its last day is over, by the clock of the home."""
        return self.valid_to is not None and self.valid_to < self.property.today


@scoped(OfficeOnly())
class SecretReveal(models.Model):
    """Somebody was shown a code, or asked for too many. Only the database writes such a row."""

    secret = models.ForeignKey(AccessSecret, on_delete=models.PROTECT, related_name="reveals")
    task = models.ForeignKey(
        Task, null=True, on_delete=models.PROTECT, related_name="+", help_text="What it was for."
    )
    reason = models.TextField(blank=True, help_text="Why, where it was for no task.")
    revealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    revealed_at = models.DateTimeField()
    was_shown = models.BooleanField(help_text="Not, where there were too many within the hour.")
    address = models.TextField(blank=True, help_text="Where the request came from.")
    request_id = models.UUIDField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "reveal of a door code"
        verbose_name_plural = "reveals of door codes"
        ordering = ["-pk"]
        default_permissions = ("view",)
        triggers = guards()
        indexes = [models.Index(fields=["revealed_by", "-revealed_at"], name="reveals_by_person")]

    def __str__(self) -> str:
        return f"{self.revealed_at:%Y-%m-%d %H:%M}"
