"""Queries on people, ZIP codes and assignments that read as staff say them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.auth.base_user import BaseUserManager
from django.db.models import DateField, F, Func, OuterRef, Q, Subquery
from django.utils import timezone
from guardian.managers import UserObjectPermissionManager

from opsconsole.access.querysets import ScopedQuerySet
from opsconsole.database.words import text_of

if TYPE_CHECKING:
    from staffing.models import User, Viewing, ZipAssignment, ZipCode  # noqa: F401


class TodayIn(Func):
    """Today's date by the clock of a time zone column: `TodayIn(F("timezone"))`."""

    template = "(statement_timestamp() AT TIME ZONE %(expressions)s)::date"
    output_field = DateField()


PERSON_WORDS = ("full_name", "email")
TODAY_IN_THE_ZIP_CODE = TodayIn(F("content_object__timezone"))
HOLDS_TODAY = (Q(ends_on__isnull=True) | Q(ends_on__gt=TODAY_IN_THE_ZIP_CODE)) & Q(
    starts_on__lte=TODAY_IN_THE_ZIP_CODE
)


class UserQuerySet(ScopedQuerySet["User"]):
    """People: colleagues and ReRenters."""

    def colleagues(self) -> Self:
        """Those who sign in."""
        return self.exclude(user_type="rerenter")

    def rerenters(self) -> Self:
        """Those whose homes are looked after."""
        return self.filter(user_type="rerenter")

    def with_word(self, word: str) -> Self:
        """Those with this in their name or email, in any case."""
        return self.alias(text=text_of(*PERSON_WORDS)).filter(text__icontains=word)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """People by email, whatever its upper and lower case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a person; without a password they can't sign in until one is set."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an engineer: a manager whom no permission stops."""
        return self.create_user(
            email, password, **{"user_type": "manager", **fields, "is_superuser": True}
        )


class ZipCodeQuerySet(ScopedQuerySet["ZipCode"]):
    """ZIP codes."""

    def served(self) -> Self:
        """The ZIP codes the company works in."""
        return self.filter(is_served=True)

    def matching(self, query: str) -> Self:
        """ZIP codes whose code begins so, or whose city is called so; all if nothing is asked."""
        return self.filter(Q(code__startswith=query) | Q(city__icontains=query)) if query else self


class ZipAssignmentQuerySet(ScopedQuerySet["ZipAssignment"]):
    """Assignments of people to ZIP codes."""

    def granting(self) -> Self:
        """Assignments that open their ZIP code, whatever their dates."""
        return self.filter(permission__codename="operate_zipcode")

    def current(self) -> Self:
        """Assignments that hold today, by the clock of their ZIP code."""
        return self.granting().filter(HOLDS_TODAY)

    def told(self) -> Self:
        """With what a sentence needs: the names, today's date there, and whether it holds today."""
        return self.select_related("user", "content_object").annotate(
            today_there=TODAY_IN_THE_ZIP_CODE, holds_today=HOLDS_TODAY
        )

    def on(self, day: datetime.date) -> Self:
        """Assignments that hold on a day."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day), starts_on__lte=day)

    def within(self, start: datetime.date, end: datetime.date | None) -> Self:
        """Assignments that hold on some day from `start` up to, without, `end` (None: for ever)."""
        begun = self if end is None else self.filter(starts_on__lt=end)
        return begun.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=start))

    def of_active_people(self) -> Self:
        """Assignments of people who may sign in: nobody else looks after anything."""
        return self.granting().filter(user__is_active=True)


class ZipAssignmentManager(
    UserObjectPermissionManager.from_queryset(ZipAssignmentQuerySet)  # type: ignore[misc]
):
    """guardian's manager (it looks for one) with the queries above."""


class ViewingQuerySet(ScopedQuerySet["Viewing"]):
    """Views of the console as a colleague."""

    def going_on(self) -> Self:
        """Those that were not ended, by hand or by time."""
        return self.filter(ended_at=None, started_at__gt=timezone.now() - self.model.LASTS)

    def named(self) -> Self:
        """With the names of both, whoever asks."""
        return self.annotate(viewer_name=name_of("viewer"), person_name=name_of("person"))


def name_of(field: str) -> Subquery:
    """The name of the colleague that a field means, whoever asks."""
    colleague = apps.get_model("staffing", "Colleague")
    return Subquery(colleague._base_manager.filter(pk=OuterRef(field)).values("name")[:1])
