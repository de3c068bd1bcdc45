"""The rota: who looks after a ZIP code on which day, to hand out work by.

Whoever hands out work needs it wherever that work lies, while staff are told who is on duty in
their own ZIP codes alone: so it is looked up past the policies, and nothing but ids of people
leaves it.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from opsconsole.access.lock import unlocked
from staffing.explain.spans import span_of
from staffing.models import OnDuty, ZipAssignment


class Rota:
    """Who is on duty in some ZIP codes, whatever the dates."""

    def __init__(self, zip_codes: Iterable[int]) -> None:
        self._duties: dict[int, list[OnDuty]] = defaultdict(list)
        rows: Any = OnDuty.objects.order_by("person_id")
        with unlocked():
            for duty in rows.filter(zip_code__any=set(zip_codes)):
                self._duties[duty.zip_code_id].append(duty)

    def on(self, day: datetime.date, zip_code: int) -> list[int]:
        """The people who look after a ZIP code on a day."""
        return [duty.person_id for duty in self._held(day, zip_code)]

    def looks_after(self, person: int, day: datetime.date, zip_code: int) -> bool:
        """Whether this is one of them."""
        return person in self.on(day, zip_code)

    def primary_on(self, day: datetime.date, zip_code: int) -> int | None:
        """The one who is primary there on that day; None where nobody is, or several are."""
        primary = [
            duty.person_id
            for duty in self._held(day, zip_code)
            if duty.duty == ZipAssignment.Duty.PRIMARY
        ]
        return primary[0] if len(primary) == 1 else None

    def _held(self, day: datetime.date, zip_code: int) -> Iterator[OnDuty]:
        for duty in self._duties[zip_code]:
            first, after = span_of(duty)
            if first <= day < after:
                yield duty
