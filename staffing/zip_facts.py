"""The facts about ZIP codes: what the package `zipcodes` knows, put into the console's table.

Which ZIP codes the company serves is the company's own decision and is never touched here.
"""

from __future__ import annotations

import zoneinfo
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import zipcodes

from opsconsole.access.acting import Source, acting
from staffing.models import ZipCode

type Entry = dict[str, Any]  # what the package has about a ZIP code

FACTS = ("city", "state", "county", "timezone", "latitude", "longitude", "kind")
KINDS = {
    "STANDARD": ZipCode.Kind.STANDARD,
    "PO BOX": ZipCode.Kind.PO_BOX,
    "UNIQUE": ZipCode.Kind.UNIQUE,
    "MILITARY": ZipCode.Kind.MILITARY,
}
FEW_ENOUGH = 5000  # rows for one statement
TO_FIVE_DIGITS = Decimal("0.00001")  # degrees, about a metre


def load_zip_codes() -> int:
    """Put every ZIP code of the package into the table; return how many were new or corrected.

    It leaves no versions in the history: these are facts, and nobody's decision.
    """
    known = {code: facts for code, *facts in ZipCode.objects.values_list("code", *FACTS)}
    wrong = [row for row in _every_zip_code() if known.get(row.code) != _facts_of(row)]
    if wrong:
        with acting(source=Source.REFERENCE):
            _write(wrong)
    return len(wrong)


def _write(rows: list[ZipCode]) -> None:
    ZipCode.objects.bulk_create(
        rows,
        batch_size=FEW_ENOUGH,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=FACTS,
    )


def _every_zip_code() -> list[ZipCode]:
    entries: list[Entry] = zipcodes.list_all()
    clocks, usual = zoneinfo.available_timezones(), _usual_clocks(entries)
    return [
        _zip_code(entry, clock if (clock := _clock(entry)) in clocks else usual[entry["state"]])
        for entry in entries
    ]


def _zip_code(entry: Entry, clock: str) -> ZipCode:
    return ZipCode(
        code=entry["zip_code"],
        city=entry["city"],
        state=entry["state"],
        county=entry["county"] or "",
        timezone=clock,
        latitude=_degrees(entry["lat"]),
        longitude=_degrees(entry["long"]),
        kind=KINDS[entry["zip_code_type"]],
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


def _facts_of(row: ZipCode) -> list[Any]:
    return [getattr(row, name) for name in FACTS]
