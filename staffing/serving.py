"""Serving ZIP codes, or withdrawing service: what it comes to, and the doing of what was shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from opsconsole.access.acting import because
from opsconsole.database.refusals import ReasonMissing, Refused
from staffing import care
from staffing.care import Counted
from staffing.models import User, ZipAssignment, ZipCode
from staffing.zip_reference import Place

# What of each changed ZIP code was shown: properties, open plans, upcoming bookings there.
type Shown = dict[str, list[int]]

MOST_TOLD = 50  # ZIP codes that changed since the preview, each with what did


class Drifted(Refused):
    """What was previewed is no longer what would be done. `lines` say what changed."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("Something changed since the preview. Nothing was written.")
        self.lines = lines


@dataclass(frozen=True)
class There:
    """What lies in a ZIP code, and who looks after it today."""

    place: Place
    counts: list[Counted]
    people: list[str]

    @property
    def said(self) -> str:
        """The numbers that are not zero: 1 property and 2 open plans."""
        return in_words(self.counts)


@dataclass(frozen=True)
class Serving:
    """What it comes to, to serve ZIP codes or to withdraw service from them."""

    is_served: bool
    changed: list[Place]
    same: list[Place]
    there: dict[int, There]

    @property
    def touched(self) -> list[There]:
        """The changed ones in which something lies, or that somebody looks after."""
        found = (self.there[place.id] for place in self.changed)
        return [there for there in found if there.said or there.people]

    @property
    def unassigned(self) -> int:
        """The changed ones that nobody looks after today."""
        return sum(not self.there[place.id].people for place in self.changed)

    @property
    def needs_reason(self) -> bool:
        """Whether service is withdrawn where homes or open plans are."""
        return not self.is_served and any(
            counted.number
            for there in self.there.values()
            for counted in there.counts
            if counted.kind in (care.care().homes, care.care().plans)
        )

    @property
    def shown(self) -> Shown:
        """What a press is bound to. What is served touches nothing that lies there."""
        return {
            str(place.id): []
            if self.is_served
            else [counted.number for counted in self.there[place.id].counts]
            for place in self.changed
        }


def in_words(counts: Iterable[Counted]) -> str:
    """The numbers that are not zero: 1 property, 2 open plans and 1 upcoming booking."""
    said = [str(counted) for counted in counts if counted.number]
    return " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]]))


def preview(places: Iterable[Place], *, is_served: bool, viewer: User) -> Serving:
    """What would change, and what lies there, in a few queries however many they are."""
    places = list(places)
    changed = [place for place in places if place.is_served != is_served]
    same = [place for place in places if place.is_served == is_served]
    ids = [place.id for place in changed]
    counts, people = care.counts_in(ids, viewer), _assigned_in(ids, viewer)
    there = {place.id: There(place, counts[place.id], people[place.id]) for place in changed}
    return Serving(is_served, changed, same, there)


def serve(
    places: Iterable[Place], *, is_served: bool, by: User, reason: str, shown: Shown
) -> Serving:
    """Do what was shown, all of it or nothing.

    Raises Drifted where it would be something else by now, and ReasonMissing.
    """
    with because(reason, by=by):
        serving = preview(_held(places), is_served=is_served, viewer=by)
        if lines := list(islice(_drift(serving, shown), MOST_TOLD)):
            raise Drifted(lines)
        refuse_unexplained(serving, reason)
        rows = ZipCode.objects.visible_to(by).filter(pk__any=list(serving.there))
        if rows.update(is_served=is_served) != len(serving.changed):
            raise Refused("Somebody changed these ZIP codes at this moment: try again.")
    return serving


def refuse_unexplained(serving: Serving, reason: str) -> None:
    """Service is not withdrawn from under homes and open plans without a word."""
    if serving.needs_reason and not reason.strip():
        [first, *others] = [there for there in serving.touched if there.said]
        more = f", and {len(others):,} more ZIP codes have some" if others else ""
        raise ReasonMissing(
            f"{first.place} still has {first.said}{more}: say why service is withdrawn."
        )


def place_of(zip_code: ZipCode, *, is_served: bool) -> Place:
    """A ZIP code at hand, as if it were served, or not."""
    named = {name: getattr(zip_code, name) for name in Place._fields}
    return Place(**{**named, "is_served": is_served})


def _held(places: Iterable[Place]) -> list[Place]:
    """The ZIP codes as they are now, locked in their order, so that rivals can't deadlock."""
    ids = [place.id for place in places]
    held = ZipCode.objects.filter(pk__any=ids).order_by("pk").select_for_update(no_key=True)
    now = [Place(*row) for row in held.values_list(*Place._fields)]
    return sorted(now, key=lambda place: place.code)


def _assigned_in(ids: list[int], viewer: User) -> dict[int, list[str]]:
    """Who looks after each of these ZIP codes today."""
    current: Any = ZipAssignment.objects.visible_to(viewer).current()
    rows = current.filter(content_object__any=ids).order_by("user__full_name", "pk")
    people: dict[int, list[str]] = defaultdict(list)
    for pk, name in rows.values_list("content_object", "user__full_name"):
        people[pk].append(name)
    return people


def _drift(serving: Serving, shown: Shown) -> Iterator[str]:
    """What differs from what was shown, a sentence for each ZIP code."""
    now, state = serving.shown, "served" if serving.is_served else "not served"
    places = {str(place.id): place for place in (*serving.changed, *serving.same)}
    for pk in dict.fromkeys([*shown, *now]):
        if now.get(pk) == shown.get(pk):
            continue
        if pk not in now:
            yield f"{places[pk]} is {state} already." if pk in places else "A ZIP code is gone."
        elif pk not in shown:
            yield f"{places[pk]} was changed since, and would change as well."
        else:
            there = serving.there[places[pk].id]
            yield f"{places[pk]} now has {there.said or 'nothing any more'}."
