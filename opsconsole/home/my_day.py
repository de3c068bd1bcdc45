"""The home page of staff, "My day": what is on in the homes of their ZIP codes, in its order."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Count, Min
from django.http import HttpRequest
from django.utils import timezone

from bookings.admin.at_hand import DAYS as SLUGS
from bookings.models import Property
from bookings.waiting import LONG_AGO, waiting
from opsconsole.home.cards import Card, Section
from opsconsole.home.countdown import say_left
from opsconsole.home.days import Days
from opsconsole.home.numbers import list_of
from opsconsole.home.telling import Telling
from opsconsole.home.whats_on import MOST, WhatsOn
from staffing.models import User, ZipCode
from staffing.requests import person

WINDOWS = dict(
    zip(SLUGS, (Days("Today", 0, 0), Days("Tomorrow", 1, 1), Days("7 days", 0, 6)), strict=True)
)


def my_day(request: HttpRequest) -> dict[str, Any]:
    """What the page shows: the days that are asked for, by the clock of each home."""
    asked = request.GET.get("day")
    slug = asked if asked in WINDOWS else SLUGS[0]
    viewer, days, at = person(request), WINDOWS[slug], timezone.now()
    parts = sections(viewer, days, at, may_act=not hasattr(request, "viewing"))
    zip_codes = list(ZipCode.objects.filter(pk__in=viewer.zip_code_ids()).order_by("code"))
    return {
        "home_page": "console/index/my_day.html",
        "day": slug,
        "days": [(name, window.title) for name, window in WINDOWS.items()],
        "dates": _say_dates(zip_codes, days, at),
        "zip_codes": zip_codes,
        "sections": parts,
        "has_homes": bool(parts) or has_homes(viewer),
        "waiting": _waiting(viewer, at),
        "messages": _answer(request, parts),
    }


def has_homes(viewer: User) -> bool:
    """Whether there is any home to look after: a quiet day among none is no good news."""
    return Property.objects.visible_to(viewer).not_archived().exists()


def sections(
    viewer: User, days: Days, at: datetime.datetime, *, may_act: bool = True
) -> list[Section]:
    """In the order of a day; what has nothing is left out."""
    on = WhatsOn(viewer, days, at)
    arriving, departing, plans = on.arriving(), on.departing(), on.plans()
    own, turnovers, nobodys = on.own_tasks(), on.turnovers(), on.nobodys()
    every = [*arriving, *departing, *plans, *own, *turnovers, *nobodys]
    tell = Telling(every, viewer, at, may_act=may_act)
    late = [task for task in own if tell.is_overdue(task)]
    tasks, stays = "bookings_task_changelist", "bookings_booking_changelist"
    mine = list_of(tasks, when="open", assignee__id__exact=viewer.pk)
    shown = [
        _by_zip("overdue", "Overdue", map(tell.task, late), mine),
        _part("residents", "Residents leave", map(tell.plan, filter(tell.is_leaving, plans))),
        _part("departures", "Guests leave", map(tell.departure, departing), list_of(stays)),
        _part(
            "turnovers",
            "Turnovers",
            map(tell.task, turnovers),
            list_of(tasks, when="open", kind__exact="turnover"),
        ),
        _part("arrivals", "Guests arrive", map(tell.arrival, arriving), list_of(stays)),
        _part("hand-backs", "Residents return", map(tell.plan, filter(tell.is_returning, plans))),
        _by_zip("mine", "Your tasks", map(tell.task, filter(tell.is_in_time, own)), mine),
        _by_zip(
            "nobodys",
            "Nobody has these yet",
            map(tell.task, nobodys),
            list_of(tasks, when="nobodys"),
        ),
    ]
    return [section for section in shown if section.cards]


def _part(slug: str, title: str, cards: Any, everything: str = "") -> Section:
    told: list[Card] = list(cards)
    is_cut = len(told) > MOST
    return Section(slug, title, told[:MOST], everything if is_cut else "")


def _by_zip(slug: str, title: str, cards: Any, everything: str) -> Section:
    part = _part(slug, title, cards, everything)
    return Section(part.slug, part.title, part.cards, part.everything, is_by_zip=True)


def _say_dates(zip_codes: Sequence[ZipCode], days: Days, at: datetime.datetime) -> str:
    """The dates that are meant; more than one where the clocks of the homes differ."""
    zones = {zip_code.timezone for zip_code in zip_codes}
    return " or ".join(dict.fromkeys(sorted(days.say_there(zone, at) for zone in zones)))


def _waiting(viewer: User, at: datetime.datetime) -> dict[str, Any]:
    """How many plans wait for a decision, and since when the oldest does."""
    found = waiting(viewer).order_by().aggregate(count=Count("pk"), oldest=Min("since"))
    since = found["oldest"] if found["oldest"] != LONG_AGO else None
    return {"count": found["count"], "since": say_left(since, at) if since else ""}


def _answer(request: HttpRequest, parts: list[Section]) -> list[Any]:
    """Put messages about a card on it; the rest are for the top of the page."""
    cards = {card.anchor: card for section in parts for card in section.cards}
    rest: list[Any] = []
    for message in messages.get_messages(request):
        card = cards.get(message.extra_tags)
        (card.said if card else rest).append(message)
    return rest
