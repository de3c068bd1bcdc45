"""A plan with its home and its bookings as of any moment of the past, read from the history."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.models import AwayPlan, Booking
from opsconsole.access.people import sees_everything
from opsconsole.admin import ConsoleAdmin, Link, show
from opsconsole.admin.history import Happened, Way, with_query
from opsconsole.admin.moments import AskMoment
from opsconsole.dates import say_dates
from opsconsole.history.as_of import State, parts_then, then
from opsconsole.history.names import Names, named_in
from opsconsole.history.story import clock_of
from opsconsole.history.strands import neighbours
from opsconsole.history.words import NOTHING, label_of, say, told_fields

JUST_BEFORE = datetime.timedelta(microseconds=1)
SAID_ONCE = {"property", "away_plan", "zip_code", "import_batch"}  # by the page around them
BOOKING_COLUMNS = ("guest_name", "status", "arrives_on", "departs_on", "party_size", "price")


@dataclass(frozen=True)
class Facts:
    """A record as it was: what it is called, and its fields in words."""

    title: str
    fields: list[tuple[str, str]]


class AsOfPages(ConsoleAdmin):
    """What the page of plans offers for it."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.as_of))
        route = path("<path:object_id>/as-of/", view, name="bookings_awayplan_as_of")
        return [route, *super().get_urls()]

    def as_of(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The plan as of `?at=`; what left one's scope answers as on every page."""
        plan = self.record(request, object_id)
        if plan is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, plan):
            raise PermissionDenied("Your role may not see this plan.")
        form = AskMoment(clock_of(plan), request.GET)
        at = (form.is_valid() and form.cleaned_data["at"]) or None
        context = {
            "title": f"{plan}, as it was",
            "original": plan,
            "object": plan,
            "form": form,
            "asked": _asked(form, at, plan),
            "clock": clock_of(plan),
            **(_as_of(plan, at, request.user) if at else {}),
        }
        return show(self, request, "bookings/as_of.html", **context)

    def record_links(self, request: HttpRequest, obj: Any) -> list[Link]:
        """The past of a plan is looked at from here."""
        return [
            *super().record_links(request, obj),
            Link("As it was", as_of_page(obj.pk), "update"),
        ]

    def ways_from(self, request: HttpRequest, change: Happened) -> list[Way]:
        """The plan as it was around that."""
        return [*around(change, change.pk), *super().ways_from(request, change)]


def as_of_page(plan_id: Any, at: datetime.datetime | None = None) -> str:
    """The address of a plan as of a moment; without one it asks for it."""
    page = reverse("admin:bookings_awayplan_as_of", args=[plan_id])
    return with_query(page, at=at.isoformat()) if at else page


def around(change: Happened, plan_id: Any) -> list[Way]:
    """The plan just before a change, and right after."""
    about = f"of {change.when:%B} {change.when.day}, {change.when:%H:%M:%S}"
    return [
        Way("The plan before this change", as_of_page(plan_id, change.when - JUST_BEFORE), about),
        Way("The plan after this change", as_of_page(plan_id, change.when), about),
    ]


def _asked(form: AskMoment, at: datetime.datetime | None, plan: AwayPlan) -> str:
    """What stands in the box: the moment that is shown, what was typed, or now."""
    if at is None and form.errors:
        return str(form["at"].value())[:40]
    moment = at or timezone.now().astimezone(clock_of(plan))
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _as_of(plan: AwayPlan, at: datetime.datetime, person: Any) -> dict[str, Any]:
    before, after = neighbours(plan, person, at, parts=[Booking], beside=[plan.property])
    found = then(plan, at, person)
    return {
        "at": at,
        "state": found.state.name,
        "everything": sees_everything(person),
        "before": before and as_of_page(plan.pk, _by(before, at) - JUST_BEFORE),
        "after": after and as_of_page(plan.pk, _by(after, at)),
        **(_facts(plan, found.version, at, person) if found.state == State.THERE else {}),
    }


def _by(moment: datetime.datetime, at: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(at.tzinfo)


def _facts(plan: AwayPlan, version: Any, at: datetime.datetime, person: Any) -> dict[str, Any]:
    home = then(plan.property, at, person).version
    stays = parts_then(Booking, "away_plan", plan, at, person)
    stays.sort(key=lambda stay: (stay.arrives_on, stay.id))
    wanted = named_in(AwayPlan, [version])
    if home is not None:
        for model, pks in named_in(type(plan.property), [home]).items():
            wanted[model] |= pks
    names = Names(person, wanted, clock_of(plan))
    title = f"Away plan, {say_dates(version.starts_on, version.ends_on)}"
    return {
        "plan": _told(version, title, names),
        "home": home and _told(home, home.name, names),
        "columns": [label_of(field) for field in _columns()],
        "stays": [list(_cells(stay, names)) for stay in stays],
    }


def _columns() -> list[Any]:
    return [Booking._meta.get_field(name) for name in BOOKING_COLUMNS]


def _cells(stay: Any, names: Names) -> Iterator[tuple[str, str]]:
    """What a row of the table says, each with the name of its column."""
    for field in _columns():
        yield say(field, getattr(stay, field.attname), names), label_of(field)


def _told(version: Any, title: str, names: Names) -> Facts:
    told = [
        (label_of(field), say(field, getattr(version, field.attname), names))
        for field in told_fields(version.instance_type)
        if field.name not in SAID_ONCE
    ]
    return Facts(title, [(label, words) for label, words in told if words != NOTHING])
