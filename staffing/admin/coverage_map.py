"""The map of "Who covers what": panels of marks that lead to their rows in the table beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from staffing.maps import panels_of
from staffing.places import CODE, HOMES, WORST, Cover, Places

ORDER_WORDS = {WORST: "Worst first", CODE: "By ZIP code", HOMES: "Most homes first"}


def map_of(found: Places, on_a_page: int, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the template draws; each mark with the page of the table on which its row stands."""
    panels = panels_of(found.told)
    pages = {place.pk: number // on_a_page + 1 for number, place in enumerate(found.told)}
    drawn = sum(len(panel.marks) for panel in panels)
    nowhere = sum(place.latitude is None for place in found.told)
    numbers = dict.fromkeys(Cover, 0)
    for place in found.told:
        numbers[place.cover] += 1
    return {
        "panels": [
            (panel, [(mark, pages[mark.place.pk]) for mark in reversed(panel.marks)])
            for panel in panels  # what is drawn last lies on top: the worst
        ],
        "nowhere": nowhere,
        "elsewhere": len(found) - nowhere - drawn,
        "left_out": found.left_out,
        "shapes": [(cover.value, cover.label, numbers[cover]) for cover in Cover],
        "orders": ORDER_WORDS.items(),
        "way": urlencode({name: value for name, value in asked.items() if value}),
    }
