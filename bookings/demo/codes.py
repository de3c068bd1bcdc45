"""The door codes of the demo company's homes, one of which was looked at this morning."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from bookings.codes import cipher, services
from bookings.demo.duty import Duty
from bookings.demo.events import Event
from bookings.demo.moments import OFFICE, moment, spread
from bookings.models import AccessSecret, Property
from staffing.models import User

Kind = AccessSecret.Kind
WRITTEN_DOWN = -200  # days from today
SAID = "Codes taken over from the paper in the key cabinet"
LOOKED_AT, LOOKED_AT_SINCE = "NH-0034", "The cleaning company stands in front of the door"
PLACES = {
    Kind.LOCKBOX: ("front porch", "garden gate", "left of the garage", "back stairs"),
    Kind.DOOR: ("street door", "side door", "lobby"),
    Kind.ALARM: ("panel in the hall",),
    Kind.WIFI: ("guests",),
}
WORDS = ("maple", "harbor", "lantern", "orchard", "willow", "pebble")


def events(homes: list[Property], duty: Duty, today: datetime.date) -> Iterator[Event]:
    """Written down in one go, and one of them shown since."""
    kept = [home for home in homes if home.lifecycle != "draft"]
    at = moment(today, WRITTEN_DOWN, OFFICE, "codes")

    def write_down(by: User, at: datetime.datetime) -> None:
        first_day = today + datetime.timedelta(days=WRITTEN_DOWN)
        AccessSecret.objects.bulk_create(
            code for home in kept for code in _codes_of(home, first_day)
        )

    def look(by: User, at: datetime.datetime) -> None:
        code = AccessSecret.objects.get(
            property__external_ref=LOOKED_AT, kind=Kind.LOCKBOX, valid_to__isnull=True
        )
        services.reveal(code, by=by, reason=LOOKED_AT_SINCE)

    yield Event(at, duty.a_manager("codes"), write_down, SAID)
    yield Event(moment(today, 0, OFFICE, "a look"), duty.a_manager("a look"), look)


def _codes_of(home: Property, first_day: datetime.date) -> Iterator[AccessSecret]:
    """A lockbox at every home, and the Wi-Fi; at some an alarm, or a code that ended."""
    yield _code(home, Kind.LOCKBOX, first_day)
    yield _code(home, Kind.WIFI, first_day)
    if spread(f"{home.external_ref} alarm", 0, 4) == 0:
        yield _code(home, Kind.ALARM, first_day)
    if spread(f"{home.external_ref} door", 0, 3) == 0:
        yield _code(home, Kind.DOOR, first_day, first_day + datetime.timedelta(days=30))


def _code(
    home: Property, kind: str, first_day: datetime.date, last_day: datetime.date | None = None
) -> AccessSecret:
    key = f"{home.external_ref} {kind}"
    places = PLACES[Kind(kind)]
    digits = str(spread(key, 1000, 10_000))
    word = WORDS[spread(f"{key} word", 0, len(WORDS))]
    return AccessSecret(
        property=home,
        zip_code_id=home.zip_code_id,
        kind=kind,
        label=places[spread(f"{key} place", 0, len(places))],
        sealed=cipher.seal(f"{word}-{digits}" if kind == Kind.WIFI else digits, home.pk),
        valid_from=first_day,
        valid_to=last_day,
    )
