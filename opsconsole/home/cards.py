"""What stands on a home page: sections of cards, each about one thing to do in one home."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from bookings.models import Property

MAP = "https://www.google.com/maps/search/?"  # phones open their own app for it


@dataclass(frozen=True)
class Press:
    """A button that takes a step on a record as it is shown."""

    record: Any
    step: str
    word: str

    @property
    def address(self) -> str:
        """Where it is sent."""
        return reverse(f"{_page_of(self.record)}_step", args=[self.record.pk])


@dataclass(frozen=True)
class Phone:
    """Somebody to call."""

    who: str
    number: str


@dataclass(frozen=True)
class Card:
    """One thing to do, with what somebody at the door has to know."""

    record: Any
    title: str
    when: str
    moment: datetime.datetime | None = None
    left: str = ""
    facts: Sequence[str] = ()
    warnings: Sequence[tuple[str, str]] = ()  # each a sentence, and where to look
    phones: Sequence[Phone] = ()
    presses: Sequence[Press] = ()
    is_late: bool = False
    said: list[Any] = field(default_factory=list)

    @property
    def home(self) -> Property:
        """The home it is about."""
        return self.record.property

    @property
    def anchor(self) -> str:
        """What the card is called on the page."""
        return f"{self.record._meta.model_name}-{self.record.pk}"

    @property
    def link(self) -> str:
        """The page of what it is about."""
        return link_to(self.record)

    @property
    def map(self) -> str:
        """The home on a map."""
        return map_of(self.home)


@dataclass(frozen=True)
class Section:
    """Cards under one heading; where there are more, the list that shows them all."""

    slug: str
    title: str
    cards: Sequence[Card]
    everything: str = ""
    is_by_zip: bool = False

    @property
    def count(self) -> str:
        """How many there are."""
        return f"{len(self.cards)}{'+' if self.everything else ''}"


def link_to(record: Any) -> str:
    """The page of a record."""
    return reverse(f"{_page_of(record)}_change", args=[record.pk])


def map_of(home: Property) -> str:
    """A search for the address of a home; without a street, of its town."""
    street = f"{home.street}, " if home.street else ""
    place = f"{street}{home.city}, {home.state} {home.zip_code.code}"
    return MAP + urlencode({"api": 1, "query": place})


def _page_of(record: Any) -> str:
    return f"admin:{record._meta.app_label}_{record._meta.model_name}"
