"""Saving views, with what is refused and why."""

from __future__ import annotations

import json
from typing import Any

from opsconsole.database.refusals import Refused
from opsconsole.saved_views.models import LONGEST, FirstView, SavedView

MOST = 30  # views of a person for one list
LONGEST_ADDRESS = 2000  # characters of what a view asks for

type Asks = list[tuple[str, str]]  # pairs of an address


def save_view(
    person: Any, page: str, name: str, asks: Asks, *, is_shared: bool = False
) -> SavedView:
    """Keep what is asked of a list under a name."""
    if not asks:
        raise Refused("This shows the whole list: search, filter or sort it first.")
    if len(json.dumps(asks)) > LONGEST_ADDRESS:
        raise Refused("This asks for more than a view can keep: use fewer filters.")
    if SavedView.objects.filter(person=person, page=page).count() >= MOST:
        raise Refused(f"You have {MOST} views of this list: delete one first.")
    return SavedView.objects.create(
        person=person, page=page, name=_allowed(name), asks=asks, is_shared=is_shared
    )


def rename_view(view: SavedView, name: str) -> None:
    """Call a view something else."""
    view.name = _allowed(name)
    view.save(update_fields=["name"])


def open_first(person: Any, page: str, key: str) -> None:
    """Open this view when the person opens the list without asking for anything."""
    FirstView.objects.update_or_create(person=person, page=page, defaults={"view": key})


def _allowed(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused("Give the view a name.")
    if len(name) > LONGEST:
        raise Refused(f"A name has at most {LONGEST} characters; this one has {len(name)}.")
    return name
