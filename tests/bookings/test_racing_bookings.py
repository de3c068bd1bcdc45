"""Many connections book the same homes at once: nobody gets a night that is somebody else's."""

from __future__ import annotations

import logging
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from bookings import services
from bookings.models import AwayPlan, Booking, Task
from opsconsole.database.refusals import TRY_AGAIN, Refused
from staffing.models import User
from tests.bookings.invariants import Diary, Rows, hold_all
from tests.factories import days, make_manager, make_plan, make_property, make_staff, today
from tests.scale import draws, size

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = size(240, 50_000)
RIVALS = 8
HOMES = min(200, STEPS // 20)
NIGHTS = 60


class Rival:
    """Somebody on a connection of their own, always at the home where the others are too."""

    def __init__(self, number: int, person: User, plans: list[int]) -> None:
        self.draw = draws(number)
        self.person, self.plans = person, plans
        self.told: Counter[str] = Counter()
        self.held: list[int] = []

    def race(self, start: Barrier) -> None:
        """From one signal on, as many steps as are each rival's."""
        try:
            connection.ensure_connection()
            start.wait()
            for number in range(STEPS // RIVALS):
                self.step_in(self.plans[number % len(self.plans)])
        finally:
            connection.close()

    def step_in(self, plan: int) -> None:
        """Hold, confirm, move or cancel a booking in this plan; keep what was answered."""
        pks = list(Booking.objects.filter(away_plan=plan).live().values_list("pk", flat=True))
        step = self.draw.choice(["hold", "hold", "confirm", "move", "cancel"] if pks else ["hold"])
        try:
            if step == "hold":
                self.hold(AwayPlan.objects.get(pk=plan))
            else:
                getattr(self, step)(Booking.objects.get(pk=self.draw.choice(pks)))
            self.told[step] += 1
        except Refused as refusal:
            tried_again = str(refusal) in TRY_AGAIN.values()
            self.told["deadlock or such" if tried_again else "refused"] += 1

    def hold(self, plan: AwayPlan) -> None:
        booking = Booking(away_plan=plan, guest_name="Gil Guest")
        self.put(booking, plan)
        self.held.append(services.hold(booking, by=self.person, at=timezone.now()).pk)

    def confirm(self, booking: Booking) -> None:
        services.confirm(booking, by=self.person)

    def move(self, booking: Booking) -> None:
        self.put(booking, booking.away_plan)
        services.change_booking(booking, by=self.person)

    def cancel(self, booking: Booking) -> None:
        services.cancel_booking(booking, by=self.person, reason="They booked elsewhere")

    def put(self, booking: Booking, plan: AwayPlan) -> None:
        """In some nights of the plan, the last of them now and then too late."""
        booking.arrives_on = plan.starts_on + days(self.draw.randrange(NIGHTS))
        booking.departs_on = booking.arrives_on + days(self.draw.randrange(1, 6))


def test_racing_bookings_never_overlap_and_what_was_acknowledged_is_there() -> None:
    make_staff(zips=("06511",))
    homes = [make_property().pk for _ in range(HOMES)]
    dates = {"starts_on": today() + days(5), "ends_on": today() + days(5 + NIGHTS)}
    plans = [
        services.approve(
            make_plan(property_id=pk, hosting_allowed=True, **dates), by=make_manager()
        ).pk
        for pk in homes
    ]
    rivals = [Rival(number, make_manager(), plans) for number in range(RIVALS)]
    start, begun = Barrier(RIVALS), time.monotonic()

    with ThreadPoolExecutor(RIVALS) as pool:
        for racing in [pool.submit(rival.race, start) for rival in rivals]:
            racing.result()

    took, told = time.monotonic() - begun, sum((rival.told for rival in rivals), Counter())
    logging.getLogger(__name__).info("%s homes, %.0f s, %s", HOMES, took, dict(told))
    rows = Rows(homes)
    hold_all(rows)
    Diary(homes)
    assert set(rows.bookings) == {pk for rival in rivals for pk in rival.held}
    statuses = Counter(booking.status for booking in rows.bookings.values())
    assert statuses["cancelled"] == told["cancel"]
    versions = Booking.history.filter(history_type="~")
    assert (
        versions.filter(changed_fields__contains=["status"], status="confirmed").count()
        == (told["confirm"])
    )
    assert told["hold"]
    assert told["refused"]
    assert Task.objects.open().count() >= 2 * HOMES
