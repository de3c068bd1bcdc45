"""Where changes came from, in words; of what restored a version, which one."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.dateformat import format as date_format

from opsconsole.access import registry
from opsconsole.access.acting import RESTORE
from opsconsole.history.versions import as_number, history_of, is_kept

SOURCES = {
    "console": "in the console",
    "import": "by an import",
    "command": "by a command",
    "task": "in the background",
    "reference": "from the reference of ZIP codes",
}
PAST_THE_CONSOLE = "directly in the database"

type Restored = tuple[type[models.Model], int]  # the model and number of a version


def restored_by(source: str) -> Restored | None:
    """The version that a change restored, by its source; None where it restored none."""
    label, _, number = source.removeprefix(RESTORE).rpartition(":")
    if not source.startswith(RESTORE) or label.count(".") != 1:
        return None
    try:
        model = apps.get_model(label)
    except LookupError:
        return None
    found = as_number(number)
    return (model, found) if found is not None and is_kept(model) else None


class Sources:
    """Where some changes came from, in a query for each model of which versions were restored."""

    def __init__(self, versions: Iterable[Any], person: Any) -> None:
        wanted: dict[type[models.Model], set[int]] = defaultdict(set)
        for version in versions:
            if restored := restored_by(version.source):
                wanted[restored[0]].add(restored[1])
        self.moments: dict[Restored, datetime.datetime] = {}
        for model, numbers in wanted.items():
            rows = history_of(model).filter(history_id__in=numbers).order_by()
            readable = registry.visible_versions(rows, person)
            for number, at in readable.values_list("history_id", "history_date"):
                self.moments[model, number] = at

    def of(self, version: Any, clock: datetime.tzinfo) -> str:
        """Where a change came from."""
        if not version.source.startswith(RESTORE):
            return SOURCES.get(version.source, PAST_THE_CONSOLE)
        restored = restored_by(version.source)
        if restored is None or restored not in self.moments:
            return "by restoring an earlier version"
        return f"by restoring {_as_of(restored, self.moments[restored].astimezone(clock))}"


def _as_of(restored: Restored, when: datetime.datetime) -> str:
    return f"the {restored[0]._meta.verbose_name} as of {say_moment(when)}"


def say_moment(when: datetime.datetime) -> str:
    """A moment as the story of a record tells it: November 3, 2026, 2:15:22 p.m."""
    return date_format(when, "F j, Y, g:i:s a")
