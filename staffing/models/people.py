"""Everybody the console knows: those who work in it, and the ReRenters they work for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from opsconsole.access.registry import scoped
from opsconsole.access.scopes import AnyOf, Everybody, OwnRows, ThroughMany
from opsconsole.database.words import index_of_words
from opsconsole.history.records import TriggerHistory
from opsconsole.history.stories import Telling
from opsconsole.history.triggers import history_triggers
from staffing.querysets import PERSON_WORDS, UserManager

if TYPE_CHECKING:
    from bookings.models import Property

E164 = RegexValidator(
    r"^\+[1-9]\d{6,14}$",
    "Write the phone number with its country code, digits only: +12035550123.",
)


@scoped(
    AnyOf(OwnRows("pk"), ThroughMany("properties")),
    engineers="is_superuser",
    undone_by="import_batch_id",
    own_columns=("last_login", "password", "password_set_at"),
)
class User(AbstractBaseUser, PermissionsMixin):
    """A person. ReRenters never sign in; what the others may do follows from `user_type`."""

    class Type(models.TextChoices):
        RERENTER = "rerenter", "ReRenter"
        STAFF = "staff", "Staff"
        MANAGER = "manager", "Manager"
        AUDITOR = "auditor", "Auditor"

    email = models.EmailField(unique=True, help_text="Also the name to sign in with.")
    full_name = models.CharField(max_length=150)
    phone = models.CharField(
        max_length=16, blank=True, validators=[E164], help_text="With country code: +12035550123."
    )
    user_type = models.CharField("role", max_length=10, choices=Type, default=Type.RERENTER)
    is_staff = models.BooleanField("may sign in", default=False, editable=False)
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="People who leave are deactivated, never deleted: the history keeps their name.",
    )
    password_set_at = models.DateTimeField(
        "password set",
        null=True,
        editable=False,
        help_text="The history keeps when a password was set and by whom, never the password.",
    )
    link_made_at = models.DateTimeField(
        "sign-in link made",
        null=True,
        editable=False,
        help_text="The newest one-time link counts; an older one no longer opens anything.",
    )
    date_joined = models.DateTimeField("added", default=timezone.now, editable=False)
    import_batch = models.ForeignKey(
        "imports.ImportBatch",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The import that created it.",
    )

    OFFICE = (Type.MANAGER, Type.AUDITOR)  # those whom no ZIP code limits

    objects = UserManager()
    history = TriggerHistory(
        left_out={
            "password": "No copy of a password, however hashed: `password_set_at` tells of one.",
            "last_login": "Signing in changes nobody.",
            "groups": "Nobody is put into a group: the role is `user_type`.",
            "user_permissions": "Nobody is given a permission: the role is `user_type`.",
        }
    )
    story = Telling(deeds={"is_active": {True: "reactivated", False: "deactivated"}})

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        ordering = ["full_name", "email"]
        permissions = [
            ("import_user", "Can import people from a file"),
            ("undo_user", "Can undo imports of people"),
        ]
        triggers = history_triggers()
        indexes = [index_of_words("people_by_words", *PERSON_WORDS)]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="people_have_emails_of_their_own",
                violation_error_message="Another person has this email address.",
            ),
            models.CheckConstraint(
                condition=Q(user_type="rerenter", is_staff=False)
                | (~Q(user_type="rerenter") & Q(is_staff=True)),
                name="rerenters_are_not_staff",
                violation_error_message="ReRenters don't sign in; everybody else does.",
            ),
            models.CheckConstraint(
                condition=Q(is_superuser=False) | Q(user_type="manager"),
                name="engineers_are_managers",
                violation_error_message="An engineer is a manager whom no permission stops.",
            ),
            models.CheckConstraint(
                condition=~Q(user_type="rerenter")
                | (Q(is_superuser=False) & Q(password__startswith="!")),  # noqa: S106  (no password)
                name="rerenters_have_no_password",
                violation_error_message="A ReRenter has no password and no rights.",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()
        if self.pk:
            self._stay_on_ones_side()

    def _stay_on_ones_side(self) -> None:
        """An owner of homes does not become a colleague, nor one with ZIP codes a ReRenter."""
        is_rerenter = self.user_type == self.Type.RERENTER
        if not is_rerenter and self.properties.exists():
            raise ValidationError(
                {"user_type": "Their homes need a ReRenter: hand those over first."}
            )
        if is_rerenter and self.zip_assignments.exists():
            raise ValidationError(
                {"user_type": "ZIP codes were assigned to them: they stay staff."}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Derive from the role whether the person may sign in."""
        self.is_staff = self.user_type != self.Type.RERENTER
        if not self.is_staff and self.has_usable_password():
            self.set_unusable_password()
        if not (self.is_staff and self.is_active):
            self.link_made_at = None  # what was made before opens nothing once they are back
        super().save(*args, **kwargs)

    def set_password(self, raw_password: str | None) -> None:
        """Set the password, and note when."""
        super().set_password(raw_password)
        if raw_password is not None:
            self.password_set_at = timezone.now()

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self).split(" ")[0]

    @property
    def sees_every_zip_code(self) -> bool:
        """Managers, auditors and engineers are not held to ZIP codes."""
        return self.is_superuser or self.user_type in self.OFFICE

    @property
    def is_manager(self) -> bool:
        """Whether this person may override, with a reason."""
        return self.is_superuser or self.user_type == self.Type.MANAGER

    @cached_property
    def _zip_code_ids(self) -> list[int]:
        return sorted(
            self.zip_assignments.current()
            .values_list("content_object_id", flat=True)
            .order_by()
            .distinct()
        )

    def zip_code_ids(self) -> list[int]:
        """Ids of the ZIP codes assigned to this person today, each by its own clock.

        The only place that answers this. Resolved once for each request: a request loads its
        person anew, so an ended assignment bites on the next one.
        """
        return self._zip_code_ids

    @property
    def default_property(self) -> Property | None:
        """The property that a ReRenter's new plans are for unless they say otherwise."""
        return self.properties.filter(is_default=True).first()

    @classmethod
    def names_of(cls, ids: Iterable[int | None]) -> dict[int, str]:
        """The names of these colleagues, whoever asks, in one query."""
        found = Colleague._base_manager.filter(pk__in=[pk for pk in ids if pk is not None])
        return dict(found.values_list("pk", "name"))

    @property
    def role_name(self) -> str:
        """The role as staff say it."""
        return "Engineer" if self.is_superuser else self.get_user_type_display()


@scoped(Everybody())
class Colleague(models.Model):
    """What everybody who works here may know of a colleague: the name, and who sees every record.

    A view of the database. The history and the pages say who did something; contact data stays
    with those who may see the person.
    """

    name = models.CharField(max_length=254)
    in_office = models.BooleanField(help_text="An active manager or auditor, no engineer.")

    class Meta:
        managed = False
        db_table = "staffing_colleague"

    def __str__(self) -> str:
        return self.name
