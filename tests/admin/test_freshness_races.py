"""Many people save the form of one record at once, and no edit is lost."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Condition, Event

import pytest
from django.contrib import admin
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection, transaction
from django.test import RequestFactory

from bookings.models import Booking, Property
from opsconsole.access.middleware import OneTransactionPerRequest
from tests.admin.test_freshness import CHANGED, opened, path_of, rows, sent_back
from tests.factories import make_booking, make_manager, make_property, make_staff
from tests.scale import size

pytestmark = pytest.mark.django_db(transaction=True)

EDITS = size(56, 10_000)
RIVALS = 8
PATIENCE = 60  # seconds
MARKER = "Only the fastest typed here"


class Rival:
    """A person at the page of a record, under both locks; what comes back is not rendered."""

    def __init__(self, person, record) -> None:
        self.person, self.record = person, record
        self.page = admin.site._registry[type(record)]

    def ask(self, data=None):
        factory, path = RequestFactory(), path_of(self.record)
        request = factory.get(path) if data is None else factory.post(path, data)
        request.user, request.session = self.person, {}
        request._dont_enforce_csrf_checks = True
        request._messages = CookieStorage(request)
        locked = OneTransactionPerRequest(lambda r: self.page.change_view(r, str(self.record.pk)))
        return locked(request)

    def count_up(self, field: str) -> bool:
        """Open the page, type a number that is one higher, save; whether it was saved."""
        form = sent_back(self.ask().context_data)
        typed = {field: int(float(form[field])) + 1, "change_reason": "Counted"}
        return self.ask({**form, **typed}).status_code == 302


class Turns:
    """Whoever saved rests until the other side saved: or the faster one would win every time."""

    def __init__(self, sides: list[str]) -> None:
        self.changed, self.last, self.racing = Condition(), "", Counter(sides)

    def rest(self, side: str) -> None:
        """Until another side has saved, or none is left that could."""
        with self.changed:
            self.last = side
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: self._is_free(side), PATIENCE)

    def _is_free(self, side: str) -> bool:
        return self.last != side or self.racing.total() == self.racing[side]

    def leave(self, side: str) -> None:
        with self.changed:
            self.racing[side] -= 1
            self.changed.notify_all()


def race(record, counters: list[str], edits: int) -> dict[str, int]:
    """Rivals count each a field up, from what their page shows; how often each was told "saved"."""
    start, saved = Barrier(RIVALS), dict.fromkeys(counters, 0)
    rivals = [Rival(make_manager(f"Mona {number}"), record) for number in range(RIVALS)]
    fields = [counters[number % len(counters)] for number in range(RIVALS)]
    sides = fields if len(counters) > 1 else [str(number) for number in range(RIVALS)]
    turns = Turns(sides)

    def run(number: int) -> int:
        done = 0
        try:
            start.wait()
            for _ in range(edits // RIVALS):
                if rivals[number].count_up(fields[number]):
                    done += 1
                    turns.rest(sides[number])
            return done
        finally:
            turns.leave(sides[number])
            connection.close()

    with ThreadPoolExecutor(RIVALS) as pool:
        for number, done in enumerate(pool.map(run, range(RIVALS))):
            saved[fields[number]] += done
    return saved


@pytest.mark.parametrize(
    ("make", "counters"),
    [
        (lambda: make_property(nightly_rate=0, max_guests=1), ["nightly_rate", "max_guests"]),
        (lambda: make_booking(price=0, party_size=1), ["price"]),
    ],
    ids=["home", "booking"],
)
def test_no_edit_of_many_at_once_is_lost(make, counters):
    record = make()
    before = {name: getattr(record, name) for name in counters}

    saved = race(record, counters, EDITS)

    record.refresh_from_db()
    counted = {name: int(getattr(record, name) - before[name]) for name in counters}
    assert counted == saved
    assert record.history.count() == 1 + sum(saved.values())
    assert all(saved.values())


@pytest.mark.parametrize("model", [Property, Booking])
def test_a_form_waits_for_a_change_that_is_being_written_and_then_yields_to_it(sign_in, model):
    booking = make_booking()
    record = booking if model is Booking else booking.property
    field = "guest_name" if model is Booking else "name"
    client = sign_in(make_staff(zips=("06511",)))
    form = opened(client, record)
    written, waited = Event(), Event()

    def write():
        try:
            with transaction.atomic():
                model.objects.filter(pk=record.pk).update(**{field: MARKER})
                written.set()
                waited.wait(5)
        finally:
            connection.close()

    def post():
        try:
            written.wait(5)
            return client.post(path_of(record), {**form, field: "Mine"})
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        writing, posting = pool.submit(write), pool.submit(post)
        wait_for_a_lock()
        waited.set()
        writing.result()
        response = posting.result()

    record.refresh_from_db()
    assert getattr(record, field) == MARKER
    assert CHANGED in response.content.decode()
    assert (form[field], MARKER, "Mine") in rows(response).values()


def wait_for_a_lock() -> None:
    """Until some other connection waits for a row."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.02)")
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
