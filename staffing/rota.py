"""The rota: who looks after a ZIP code on which day, to hand out work by.

Whoever hands out work needs it, while staff may read their own assignments alone: so it is looked
up past the policies, and nothing but ids of people leaves it.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from opsconsole.access.lock import unlocked
from staffing.models import ZipAssignment


class Rota:
    """The assignments of active people to some ZIP codes, whatever their dates."""

    def __init__(self, zip_codes: Iterable[int]) -> None:
        self._duties: dict[int, list[ZipAssignment]] = defaultdict(list)
        rows: Any = ZipAssignment.objects.of_active_people().order_by("user_id")
        with unlocked():
            for duty in rows.filter(content_object__any=set(zip_codes)):
                self._duties[duty.content_object_id].append(duty)

    def on(self, day: datetime.date, zip_code: int) -> list[int]:
        """The people who look after a ZIP code on a day."""
        return [duty.user_id for duty in self._duties[zip_code] if duty.holds_on(day)]

    def looks_after(self, person: int, day: datetime.date, zip_code: int) -> bool:
        """Whether this is one of them."""
        return person in self.on(day, zip_code)

    def primary_on(self, day: datetime.date, zip_code: int) -> int | None:
        """The one who is primary there on that day; None where nobody is, or several are."""
        primary = [
            duty.user_id
            for duty in self._duties[zip_code]
            if duty.duty == ZipAssignment.Duty.PRIMARY and duty.holds_on(day)
        ]
        return primary[0] if len(primary) == 1 else None
