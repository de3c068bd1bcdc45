"""The facts about ZIP codes: what the package `zipcodes` knows, put into the console's table.

Which ZIP codes the company serves is the company's own decision and is never touched here.
"""

from __future__ import annotations

import zoneinfo
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import zipcodes
from django.db import connection

from opsconsole.access.acting import Source, acting
from staffing.models import ZipCode

type Entry = dict[str, Any]  # what the package has about a ZIP code
type Row = tuple[Any, ...]  # the code, and then its FACTS

FACTS = ("city", "state", "county", "timezone", "latitude", "longitude", "kind")
KINDS = {
    "STANDARD": ZipCode.Kind.STANDARD,
    "PO BOX": ZipCode.Kind.PO_BOX,
    "UNIQUE": ZipCode.Kind.UNIQUE,
    "MILITARY": ZipCode.Kind.MILITARY,
}
# All of them at once: the ORM takes four times as long over 40,000 rows.
WRITE = """
    INSERT INTO staffing_zipcode
        (code, city, state, county, timezone, latitude, longitude, kind, is_served)
    SELECT *, false FROM unnest(
        %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::numeric[], %s::numeric[], %s::text[]
    )
    ON CONFLICT (code) DO UPDATE SET
        (city, state, county, timezone, latitude, longitude, kind) =
        (EXCLUDED.city, EXCLUDED.state, EXCLUDED.county, EXCLUDED.timezone,
         EXCLUDED.latitude, EXCLUDED.longitude, EXCLUDED.kind)
"""
TO_FIVE_DIGITS = Decimal("0.00001")  # degrees, about a metre


def load_zip_codes() -> int:
    """Put every ZIP code of the package into the table; return how many were new or corrected.

    It leaves no versions in the history: these are facts, and nobody's decision.
    """
    known = set(ZipCode.objects.values_list("code", *FACTS))
    wrong = [row for row in _every_zip_code() if row not in known]
    if wrong:
        with acting(source=Source.REFERENCE):
            _write(wrong)
    return len(wrong)


def _write(rows: list[Row]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [list(column) for column in zip(*rows, strict=True)])


def _every_zip_code() -> list[Row]:
    entries: list[Entry] = zipcodes.list_all()
    clocks, usual = zoneinfo.available_timezones(), _usual_clocks(entries)
    return [
        _row(entry, clock if (clock := _clock(entry)) in clocks else usual[entry["state"]])
        for entry in entries
    ]


def _row(entry: Entry, clock: str) -> Row:
    return (
        entry["zip_code"],
        entry["city"],
        entry["state"],
        entry["county"] or "",
        clock,
        _degrees(entry["lat"]),
        _degrees(entry["long"]),
        KINDS[entry["zip_code_type"]].value,
    )


def _clock(entry: Entry) -> str:
    """The time zone as the package has it; military codes have none, as they move about."""
    return entry["timezone"] or "UTC"


def _usual_clocks(entries: list[Entry]) -> dict[str, str]:
    """The most usual time zone of each state: one code in Alaska names its town instead."""
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        tally[entry["state"]][_clock(entry)] += 1
    return {state: counter.most_common(1)[0][0] for state, counter in tally.items()}


def _degrees(text: str | None) -> Decimal | None:
    return Decimal(text).quantize(TO_FIVE_DIGITS) if text else None
