"""What a timeline is asked for."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from bookings.timeline.windows import Window
from staffing.models import User


@dataclass(frozen=True)
class Asked:
    """The days, and which homes: all of it stands in the address of the page."""

    window: Window
    zip_code: str = ""
    person: User | None = None
    status: str = ""
    text: str = ""
    all_homes: bool = False
    conflicts: bool = False
    today: datetime.date | None = None  # what is overdue is still to be done then

    @property
    def is_filtered(self) -> bool:
        """Whether it leaves out homes for another reason than that nothing is on."""
        return bool(self.zip_code or self.person or self.status or self.text or self.conflicts)

    def address(self, **more: Any) -> str:
        """Its page, without anything that could not be read in the address it came from."""
        asked = {
            "from": self.window.start,
            "span": self.window.unit,
            "zip": self.zip_code,
            "person": self.person and self.person.pk,
            "status": self.status,
            "q": self.text,
            "all": self.all_homes and "on",
            "conflicts": self.conflicts and "on",
            **more,
        }
        return f"{page()}?{urlencode({name: value for name, value in asked.items() if value})}"


def page() -> str:
    """The address of the timeline."""
    return reverse("admin:bookings_awayplan_timeline")
