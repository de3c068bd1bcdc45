"""Queries on properties, plans, bookings and tasks that read as staff say them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.auth import get_user_model
from django.db.models import F, Q

from opsconsole.access.lock import unlocked
from opsconsole.access.querysets import ScopedQuerySet
from opsconsole.database.words import text_of, words_of
from staffing.querysets import TodayIn, name_of

if TYPE_CHECKING:
    from bookings.models import (  # noqa: F401
        AccessSecret,
        AwayPlan,
        Booking,
        Property,
        RecordNote,
        Task,
    )

HOME_WORDS = ("name", "street", "external_ref")
MANY_OWNERS = 1000  # more than these are asked for by the database itself
TODAY_THERE = TodayIn(F("property__timezone"))


class PropertyQuerySet(ScopedQuerySet["Property"]):
    """Homes."""

    def not_archived(self) -> Self:
        """Homes that still matter."""
        return self.exclude(lifecycle="archived")

    def matching(self, term: str) -> Self:
        """Homes with each word of the term in name, street, reference or owner, in any case."""
        found = self.alias(text=text_of(*HOME_WORDS))
        for word in words_of(term):
            found = found.filter(Q(text__icontains=word) | _owned_by_one_called(word))
        return found


def _owned_by_one_called(word: str) -> Q:
    """The owners are looked up first: joined, or asked for inside, they would cost the index.

    So would the policy on people. Their ids alone leave this, to narrow down homes in scope.
    """
    people = get_user_model().objects.rerenters().with_word(word).order_by()
    with unlocked():
        owners = list(people.values_list("pk", flat=True)[: MANY_OWNERS + 1])
    if len(owners) > MANY_OWNERS:
        return Q(owner__in=people.values("pk"))
    return Q(owner__any=owners)


class AwayPlanQuerySet(ScopedQuerySet["AwayPlan"]):
    """Away plans."""

    def waiting(self) -> Self:
        """Filed and waiting for a decision."""
        return self.filter(status="submitted")

    def open(self) -> Self:
        """Not in a state that ends it."""
        return self.filter(status__in=["draft", "submitted", "approved", "preparing", "active"])


class BookingQuerySet(ScopedQuerySet["Booking"]):
    """Bookings."""

    def live(self) -> Self:
        """Held, confirmed or in the house: they take up their dates."""
        return self.filter(status__in=["held", "confirmed", "checked_in"])

    def upcoming(self) -> Self:
        """Live and not over, by the clock of the home: guests to come, or in the house."""
        return self.live().filter(departs_on__gte=TODAY_THERE)

    def arriving_today(self) -> Self:
        """Guests who arrive today, by the clock of the home."""
        return self.live().filter(arrives_on=TODAY_THERE)


class TaskQuerySet(ScopedQuerySet["Task"]):
    """Tasks."""

    def open(self) -> Self:
        """Still to be done, by somebody or nobody."""
        return self.filter(status__in=["unassigned", "assigned", "in_progress", "blocked"])

    def generated(self) -> Self:
        """Those that follow from a plan or booking."""
        return self.exclude(generated_key="")

    def due_today(self) -> Self:
        """Open, and due today by the clock of the home."""
        return self.open().filter(due_on=TODAY_THERE)

    def overdue(self) -> Self:
        """Open, though the day they were due is over by the clock of the home."""
        return self.open().filter(due_on__lt=TODAY_THERE)

    def nobodys(self) -> Self:
        """Open, and nobody has them."""
        return self.open().filter(assignee=None)

    def flagged(self) -> Self:
        """Those whose plan or booking changed after they were begun."""
        return self.exclude(flag="").exclude(status__in=["verified", "cancelled"])


class AccessSecretQuerySet(ScopedQuerySet["AccessSecret"]):
    """Codes of homes."""

    def not_ended(self) -> Self:
        """In use today or later, by the clock of the home."""
        return self.exclude(valid_to__lt=TODAY_THERE)


class RecordNoteQuerySet(ScopedQuerySet["RecordNote"]):
    """Notes on homes, plans, bookings and tasks."""

    def named(self) -> Self:
        """With the name of who wrote each, whoever asks."""
        return self.annotate(writer=name_of("written_by"))
