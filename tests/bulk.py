"""What is sent to take a step on many records at once."""

from __future__ import annotations

from typing import Any

from opsconsole.history.versions import newest_version


def chosen(step: str, *records: Any, **more: Any) -> dict[str, Any]:
    """Chosen in a list, to be looked at."""
    pks = [record.pk for record in records]
    return {
        "action": f"{step}_selected",
        "_selected_action": pks,
        "select_across": 0,
        "index": 0,
        **more,
    }


def confirmed(step: str, *records: Any, **more: Any) -> dict[str, Any]:
    """Looked at as they are now, to be taken on each."""
    versions = ((each.pk, newest_version(type(each), each.pk)) for each in records)
    seen = " ".join(f"{pk}:{version}" for pk, version in versions)
    sent = {"seen": seen, "reason": "", "confirm": "1", **more}
    return {
        name: value for name, value in chosen(step, *records, **sent).items() if name != "index"
    }
