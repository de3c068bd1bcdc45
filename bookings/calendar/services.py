"""Making and ending the address of one's calendar, and finding whose an address is."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils import timezone

from bookings.models import CalendarFeed
from bookings.models.calendars import digest_of, new_token
from opsconsole.access.lock import as_of_now, unlocked
from opsconsole.access.people import works_here
from staffing.models import User

LOOKED_AT = datetime.timedelta(minutes=5)  # programs ask often: written down no more often


def make_address(person: User) -> str:
    """The token of a new address, known to nobody afterwards; one that was there ends."""
    token = new_token()
    with transaction.atomic():
        end_address(person)
        CalendarFeed.objects.create(person=person, digest=digest_of(token))
    return token


def end_address(person: User) -> int:
    """End the address of somebody's calendar, at once; how many there were."""
    feeds = CalendarFeed.objects.visible_to(person).filter(ended_at=None)
    return feeds.update(ended_at=timezone.now())


def person_behind(token: str) -> User | None:
    """Whose calendar the address is, as they are now; nobody where it ended or they left."""
    now = timezone.now()
    with unlocked():
        feed = CalendarFeed.objects.filter(digest=digest_of(token), ended_at=None).first()
        person: User | None = as_of_now(feed.person_id) if feed else None
        if feed is None or person is None or not works_here(person):
            return None
        if feed.last_used_at is None or now - feed.last_used_at > LOOKED_AT:
            CalendarFeed.objects.filter(pk=feed.pk).update(last_used_at=now)
    return person
