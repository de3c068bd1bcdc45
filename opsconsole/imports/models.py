"""What is kept of each import: the file, how it was read, and every row as it was classified."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from opsconsole.access.querysets import ScopedQuerySet
from opsconsole.access.registry import scoped
from opsconsole.access.scopes import OwnRows, PartOf


@scoped(OwnRows("uploaded_by"), by_any_role=True)
class ImportBatch(models.Model):
    """One uploaded file on its way into the console; it belongs to the person who uploaded it.

    Its row is also the job: whoever does a step holds the row locked until the step is written,
    so that a step whose process died is free to be taken up again.
    """

    class Status(models.TextChoices):
        UPLOADED = "uploaded", "Uploaded"
        PREVIEWED = "previewed", "Previewed"
        COMMITTED = "committed", "Imported"
        UNDONE = "undone", "Undone"
        EXPIRED = "expired", "Expired"

    class Step(models.TextChoices):
        PREVIEW = "preview", "Making the preview"
        COMMIT = "commit", "Importing"
        UNDO = "undo", "Undoing"

    HAS_PROBLEMS = Q(reject__gt=0) | ~Q(failure="")

    resource = models.CharField(max_length=40, help_text="What is imported: properties.")
    file_name = models.CharField(max_length=255)
    size = models.PositiveIntegerField(default=0, help_text="Bytes of the file.")
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.UPLOADED)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    header_row = models.PositiveIntegerField(
        null=True, blank=True, help_text="The line of the file that names the columns."
    )
    header = ArrayField(models.TextField(), default=list, blank=True)
    mapping = models.JSONField(default=dict, blank=True, help_text="Column of the file: field.")
    constants = models.JSONField(default=dict, blank=True, help_text="Field: value of every row.")
    rows = models.PositiveIntegerField(default=0)
    blank = models.PositiveIntegerField("blank rows", default=0)
    create = models.PositiveIntegerField("new", default=0)
    update = models.PositiveIntegerField("changed", default=0)
    unchanged = models.PositiveIntegerField(default=0)
    reject = models.PositiveIntegerField("rejected", default=0)
    warnings = models.PositiveIntegerField("with warnings", default=0)
    reasons = models.JSONField(default=dict, blank=True, help_text="Rows by kind of problem.")
    missing = models.JSONField(
        default=dict,
        blank=True,
        help_text="Records that the file does not have: count, and the names of the first.",
    )
    also_makes = models.JSONField(
        default=dict,
        blank=True,
        help_text="What is made along: what, count, and the first of them.",
    )
    committed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    committed_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_reason = models.TextField(blank=True, help_text="Why it is undone, in the history too.")
    undone = models.JSONField(default=dict, blank=True, help_text="What was undone and what kept.")
    in_progress = models.CharField(
        max_length=10, choices=Step, blank=True, help_text="The step that a worker has to do."
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Workers that died over it.")
    failure = models.TextField(blank=True, help_text="Why the last step in the background ended.")
    forgotten_at = models.DateTimeField(
        null=True, blank=True, help_text="When the file and its rows were deleted."
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def records(self) -> int:
        """The records that the rows name, once they were looked at: most kinds have one in each."""
        return self.create + self.update + self.unchanged + self.reject

    @property
    def is_forgotten(self) -> bool:
        """Whether the file and its rows were deleted, as happens to all after a while."""
        return self.forgotten_at is not None


@scoped(PartOf("batch"), by_any_role=True)
class UploadedPart(models.Model):
    """A part of an uploaded file, as its bytes came."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField(help_text="From 0, in the order of the file.")
    content = models.BinaryField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "part of an uploaded file"
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_part_for_each_number")
        ]

    def __str__(self) -> str:
        return f"Part {self.number}"


@scoped(PartOf("batch"), by_any_role=True)
class Progress(models.Model):
    """How far the step in the background is.

    A row apart from the batch, which the step holds locked: the worker writes it, and whoever
    looks at the page reads it and may ask to stop.
    """

    batch = models.OneToOneField(
        ImportBatch, on_delete=models.CASCADE, primary_key=True, related_name="progress"
    )
    doing = models.CharField(max_length=60, blank=True)
    done = models.PositiveIntegerField(default=0, help_text="Rows, where they can be counted.")
    asked_to_stop = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "progress"

    def __str__(self) -> str:
        return self.doing


@scoped(PartOf("batch"), by_any_role=True)
class StagedRow(models.Model):
    """A row of the file as the preview shows it: cleaned, classified, with all its problems.

    A line of the file may name several records: then each is a row.
    """

    class Action(models.TextChoices):
        CREATE = "create", "New"
        UPDATE = "update", "Changed"
        UNCHANGED = "unchanged", "Unchanged"
        REJECT = "reject", "Rejected"

    # Without a constraint: it would check one and the same import a hundred thousand times.
    # Without an index of its own: `staged_by_action` begins with it.
    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.CASCADE,
        related_name="staged",
        db_constraint=False,
        db_index=False,
    )
    row = models.PositiveIntegerField(
        help_text="From 1, in the order of the file, one for each record that it names."
    )
    line = models.PositiveIntegerField(help_text="The line of the file that the row starts on.")
    key = models.TextField(blank=True, help_text="What the row is recognised by.")
    action = models.CharField(max_length=10, choices=Action)
    sketch = models.TextField(blank=True, help_text="A new record in a few words.")
    object_id = models.BigIntegerField(null=True, help_text="The record it updates.")
    changes = models.JSONField(default=dict, help_text="Field: [old, new].")
    problems = models.JSONField(
        default=list, help_text="Each a level, code, field, column, value and sentence."
    )
    digest = models.BigIntegerField(
        null=True, help_text="Of the whole record as it will be written."
    )

    class Meta:
        verbose_name = "staged row"
        ordering = ["batch", "row"]
        indexes = [models.Index(fields=["batch", "action", "row"], name="staged_by_action")]

    def __str__(self) -> str:
        return f"Line {self.line}: {self.action}"
