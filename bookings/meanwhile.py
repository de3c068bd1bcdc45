"""What became of a record since somebody looked at it, and by whom."""

from __future__ import annotations

from typing import Any

from opsconsole.history.versions import versions_of
from opsconsole.history.words import label_of, told_fields
from staffing.models import User

LOOKED_AT = 50  # versions since somebody looked


def since(record: Any, number: int, viewer: User) -> list[Any]:
    """The versions after this one that the viewer may read, newest first."""
    return list(versions_of(record, viewer).filter(history_id__gt=number)[:LOOKED_AT])


def by_whom(versions: list[Any]) -> str:
    """Who wrote them, to go on a sentence with: ", by Ana and Ben"."""
    ids = dict.fromkeys(version.history_user_id for version in versions)
    names = User.names_of(ids)
    return f", by {' and '.join(sorted(names.values()))}" if names else ""


def what_changed(record: Any, versions: list[Any]) -> str:
    """The fields that they changed, to go on a sentence with: " (status, notes)"."""
    changed = {name for version in versions for name in version.changed_fields}
    labels = [label_of(field) for field in told_fields(type(record)) if field.name in changed]
    return f" ({', '.join(labels).lower()})" if labels else ""
