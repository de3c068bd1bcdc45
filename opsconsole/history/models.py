"""The seal of the history: a chain of hashes over every version that was ever written."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Seal(models.Model):
    """A link of the chain: what was sealed, or recorded as done to what was sealed before.

    Its hash covers its own content and the hash of the link before, so that nothing before the
    newest link can change unseen; the newest is published, see `publish` in `sealing`.
    """

    class Kind(models.TextChoices):
        SEAL = "seal", "Seal"
        RETENTION = "retention", "End of retention"
        ERASURE = "erasure", "Erasure of a person"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SEAL)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    previous = models.CharField(
        max_length=64, unique=True, help_text="The hash of the link before."
    )
    hash = models.CharField(max_length=64, unique=True, help_text="SHA-256, in hexadecimal.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="seal") | (Q(made_by__isnull=False) & ~Q(reason="")),
                name="what_is_done_to_versions_says_who_and_why",
                violation_error_message="Say who changes the history, and why.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class SealedPart(models.Model):
    """Some versions of one table that a link of the chain speaks of, in the order of their ids.

    `digests` has 32 bytes for each: SHA-256 of the version. Of versions that the end of their
    retention removed it has none.
    """

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="parts", db_index=False)
    table = models.CharField(max_length=63)
    columns = ArrayField(models.CharField(max_length=63), help_text="Of the table at that time.")
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    ids = ArrayField(models.BigIntegerField())
    digests = models.BinaryField()

    class Meta:
        verbose_name = "sealed part"
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["seal", "id"], name="parts_of_a_seal"),
            models.Index(fields=["table", "last_id"], name="parts_by_their_last_version"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.first_id} to {self.last_id}"
