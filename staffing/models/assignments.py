"""Who looks after which ZIP code, from when to when."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import Permission
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from guardian.models import UserObjectPermissionBase

from opsconsole.access.registry import scoped
from opsconsole.access.scopes import OwnRows
from opsconsole.database.constraints import NeverOverlap
from opsconsole.dates import say_term
from opsconsole.history.reasons import UndoSaysWhy
from opsconsole.history.records import TriggerHistory
from opsconsole.history.stories import Telling
from opsconsole.history.triggers import history_triggers
from staffing.models.people import User
from staffing.models.zip_codes import ZipCode
from staffing.querysets import ZipAssignmentManager


def today_there(row: str) -> str:
    """SQL: today by the clock of the ZIP code of the assignment `row`."""
    return (
        "(statement_timestamp() AT TIME ZONE (SELECT z.timezone FROM staffing_zipcode z "  # noqa: S608
        f"WHERE z.id = {row}.zip_code_id))::date"
    )


def has_not_begun(row: str) -> str:
    """SQL: whether nobody was responsible yet by the assignment `row`, so that it may disappear."""
    return f"{row}.starts_on >= {today_there(row)}"


@scoped(OwnRows("user"), undone_by="import_batch_id", called_off_while=has_not_begun)
class ZipAssignment(UserObjectPermissionBase):
    """A member of staff looks after a ZIP code.

    This is django-guardian's own permission row on ZipCode, its field names guardian's
    (`content_object` is the ZIP code), so that there is one source of truth. Outside its dates
    it grants nothing: `User.zip_code_ids()` answers for everybody.
    """

    class Duty(models.TextChoices):
        PRIMARY = "primary", "Primary"
        BACKUP = "backup", "Backup"
        COVER = "cover", "Temporary cover"

    content_object = models.ForeignKey(
        ZipCode,
        verbose_name="ZIP code",
        on_delete=models.PROTECT,
        related_name="assignments",
        db_column="zip_code_id",
    )
    user = models.ForeignKey(
        User,
        verbose_name="staff member",
        on_delete=models.PROTECT,
        related_name="zip_assignments",
        limit_choices_to={"user_type": "staff"},
    )
    permission = models.ForeignKey(Permission, on_delete=models.PROTECT, editable=False)
    duty = models.CharField(max_length=10, choices=Duty, default=Duty.PRIMARY)
    covers_for = models.ForeignKey(
        User,
        null=True,
        blank=True,
        verbose_name="covers for",
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"user_type": "staff"},
        help_text="For a temporary cover: whom it stands in for, if for somebody.",
    )
    starts_on = models.DateField("from")
    ends_on = models.DateField(
        "until", null=True, blank=True, help_text="The first day it no longer holds. Empty: open."
    )
    granted_by = models.ForeignKey(
        User, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True)
    import_batch = models.ForeignKey(
        "imports.ImportBatch",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The import that created it.",
    )

    objects: ClassVar[ZipAssignmentManager] = ZipAssignmentManager()
    history = TriggerHistory()
    story = Telling(part_of=("user", "content_object"), named_with=("user", "content_object"))

    class Meta:
        verbose_name = "ZIP assignment"
        ordering = ["content_object__code", "user__full_name", "starts_on"]
        permissions = [
            ("import_zipassignment", "Can import ZIP assignments from a file"),
            ("undo_zipassignment", "Can undo imports of ZIP assignments"),
        ]
        triggers = [*history_triggers(), UndoSaysWhy()]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="assignments_end_after_they_start",
                violation_error_message="The assignment must end after the day it starts.",
            ),
            models.CheckConstraint(
                condition=~Q(duty="cover") | Q(ends_on__isnull=False),
                name="temporary_covers_end",
                violation_error_message="A temporary cover needs an end: say until when.",
            ),
            models.CheckConstraint(
                condition=Q(covers_for__isnull=True) | (Q(duty="cover") & ~Q(covers_for=F("user"))),
                name="only_covers_stand_in_for_a_colleague",
                violation_error_message=(
                    "Only a temporary cover stands in for somebody, and for somebody else: "
                    "choose that duty and another person, or leave “covers for” empty."
                ),
            ),
            NeverOverlap(
                name="one_assignment_of_a_zip_code_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("content_object", RangeOperators.EQUAL),
                    ("permission", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_on"),
                            F("ends_on"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=(
                    "This person has an assignment to this ZIP code in these dates already: "
                    "change its dates instead."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.content_object}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Every assignment grants the same permission: to operate in the ZIP code."""
        if self.permission_id is None:
            self.permission = operate_zip_code()
        super().save(*args, **kwargs)

    @property
    def zip_code(self) -> ZipCode:
        """The ZIP code, by the name the rest of the console uses."""
        return self.content_object

    @property
    def last_day(self) -> datetime.date | None:
        """The last day that it holds, None where it is open."""
        return self.ends_on and self.ends_on - datetime.timedelta(days=1)

    def holds_on(self, day: datetime.date) -> bool:
        """Whether it holds on a day."""
        return self.starts_on <= day and (self.ends_on is None or self.ends_on > day)

    @property
    def dates(self) -> str:
        """The dates as staff say them: from Nov 3, 2026 until Dec 1, 2026."""
        return say_term(self.starts_on, self.ends_on)


def operate_zip_code() -> Permission:
    """The permission that an assignment grants."""
    return Permission.objects.get(content_type__app_label="staffing", codename="operate_zipcode")
