"""What the records are called that versions speak of, also those that are gone.

A query for each kind of record, whatever the number of versions. Nothing outside of a person's
scope is named; what is gone is named after its last version, to those who see everything.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils import timezone

from bookings.models import AwayPlan, Property
from opsconsole.access import registry
from opsconsole.access.people import Person, sees_everything
from opsconsole.dates import say_dates
from opsconsole.history.changes import NEWEST_FIRST, readable_versions
from opsconsole.history.words import HIDDEN
from opsconsole.workbench.kinds import Kind
from staffing.models import User, ZipCode

GONE = " (deleted)"


@dataclass(frozen=True)
class Home:
    """A home by its name, and its clock."""

    name: str
    clock: datetime.tzinfo


class Names:
    """The names of all records that some versions speak of, to this person."""

    def __init__(
        self, versions: Iterable[tuple[Kind, Any]], person: Person, plans: Iterable[int] = ()
    ) -> None:
        self.person, self.names = person, dict[tuple[type[Model], Any], str]()
        self.homes: dict[Any, Home] = {}
        self.clocks: dict[Any, datetime.tzinfo] = {}
        wanted = _wanted(versions)
        wanted[AwayPlan].update(plans)
        for pks in wanted.values():
            pks.discard(None)
        self._name_plans(wanted.pop(AwayPlan))
        self._name_homes(wanted.pop(Property) | self._homes_of_plans)
        self._name_places(wanted.pop(ZipCode))
        self._name_people(wanted.pop(User))
        for model, pks in wanted.items():
            self._name(model, pks)
        for pk, (home, dates) in self._plans.items():
            self.names[AwayPlan, pk] = f"{self.home(home)}, {dates}"

    @classmethod
    def of_plans(cls, plans: Iterable[int], person: Person) -> Names:
        """The names of some plans."""
        return cls([], person, plans)

    def colleagues(self, pks: Iterable[int]) -> dict[int, str]:
        """The names of some colleagues."""
        return User.names_of(pks)

    def clock_of_plan(self, plan: int) -> datetime.tzinfo:
        """The time zone of the home of a plan."""
        home = self.homes.get(self._plans[plan][0]) if plan in self._plans else None
        return home.clock if home else timezone.get_default_timezone()

    def of(self, model: Any, pk: Any) -> str:
        """The name of a record, or words that say it can't be named."""
        return self.names.get((model, pk), HIDDEN)

    def home(self, pk: Any) -> str:
        """The name of a home."""
        return self.homes[pk].name if pk in self.homes else HIDDEN

    def clock_of(self, kind: Kind, version: Any) -> datetime.tzinfo:
        """The time zone of the home, or the ZIP code, that a version is about."""
        if own := getattr(version, "timezone", ""):
            return zoneinfo.ZoneInfo(own)
        home = self.homes.get(getattr(version, kind.home)) if kind.home else None
        place = getattr(version, "content_object_id", None)
        default = timezone.get_default_timezone()
        return home.clock if home else self.clocks.get(place, default)

    def _visible(self, model: type[Model], pks: set[Any]) -> Any:
        return registry.visible(model._base_manager.filter(pk__in=pks), self.person)

    def _last(self, model: Any, pks: set[Any]) -> Any:
        """The last versions of records of which nothing else is left."""
        versions = model.history.all()
        if not pks or not sees_everything(self.person):
            return versions.none()
        return versions.filter(id__in=pks).order_by("id", *NEWEST_FIRST).distinct("id")

    def _name(self, model: type[Model], pks: set[Any]) -> None:
        self.names |= {(model, row.pk): str(row) for row in self._visible(model, pks)}

    def _name_plans(self, pks: set[Any]) -> None:
        found = self._visible(AwayPlan, pks)
        plans = {plan.pk: (plan.property_id, plan.dates) for plan in found}
        for last in self._last(AwayPlan, pks - plans.keys()):
            plans[last.id] = (last.property_id, say_dates(last.starts_on, last.ends_on) + GONE)
        self._plans = plans
        self._homes_of_plans = {home for home, _ in plans.values()}

    def _name_homes(self, pks: set[Any]) -> None:
        for home in self._visible(Property, pks):
            self._keep_home(home.pk, home.name, home.timezone)
        for last in self._last(Property, pks - self.homes.keys()):
            self._keep_home(last.id, last.name + GONE, last.timezone)

    def _keep_home(self, pk: Any, name: str, clock: str) -> None:
        self.homes[pk] = Home(name, zoneinfo.ZoneInfo(clock))
        self.names[Property, pk] = name

    def _name_places(self, pks: set[Any]) -> None:
        found = {place.pk: place for place in self._visible(ZipCode, pks)}
        self.names |= {(ZipCode, pk): str(place) for pk, place in found.items()}
        self.clocks = {pk: zoneinfo.ZoneInfo(place.timezone) for pk, place in found.items()}
        gone = pks - found.keys()
        if gone and sees_everything(self.person):  # their code went with them; the town is known
            homes = readable_versions(Property, self.person).filter(zip_code__in=gone)
            for last in homes.order_by("zip_code_id", *NEWEST_FIRST).distinct("zip_code_id"):
                words = f"a ZIP code of {last.city}, {last.state}{GONE}"
                self.names[ZipCode, last.zip_code_id] = words

    def _name_people(self, pks: set[Any]) -> None:
        """Colleagues are named to everybody: the history would be mute without its actors.

        Engineers are among them; so who has no name then is nobody whom the role may not see.
        """
        self._name(User, pks)
        self.names |= {(User, pk): name for pk, name in User.names_of(pks).items()}
        known = {pk for model, pk in self.names if model is User}
        for last in self._last(User, pks - known):
            self.names[User, last.id] = (last.full_name or last.email) + GONE


def _wanted(versions: Iterable[tuple[Kind, Any]]) -> dict[type[Model], set[Any]]:
    wanted: dict[type[Model], set[Any]] = defaultdict(set)
    for model in (AwayPlan, Property, ZipCode, User):
        wanted[model] = set()
    for kind, version in versions:
        wanted[User].add(version.history_user_id)
        if kind.home:
            wanted[Property].add(getattr(version, kind.home))
        if kind.model is ZipCode:  # its code stands in no version
            wanted[ZipCode].add(version.id)
        for field in kind.told_fields:
            if field.is_relation:
                wanted[field.related_model].add(getattr(version, field.attname))  # type: ignore[index]
    return wanted
