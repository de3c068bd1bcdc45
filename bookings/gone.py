"""What ZIP codes are called that are gone: they keep no history, but the homes in them do."""

from __future__ import annotations

from typing import Any

from bookings.models import Property
from opsconsole.access import registry
from opsconsole.history.changes import NEWEST_FIRST
from opsconsole.history.versions import history_of


def zip_codes_at_last(pks: set[Any], person: Any) -> dict[Any, str]:
    """Where they were, after the last home that lay there."""
    versions = registry.visible_versions(history_of(Property).filter(zip_code__in=pks), person)
    homes = versions.order_by("zip_code_id", *NEWEST_FIRST).distinct("zip_code_id")
    return {home.zip_code_id: f"a ZIP code of {home.city}, {home.state}" for home in homes}
