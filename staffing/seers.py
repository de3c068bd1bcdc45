"""Who sees what lies in a ZIP code today, by name: those whom a note can mention."""

from __future__ import annotations

from django.db.models import F, Q

from opsconsole.access.people import Person
from staffing.models import Colleague, OnDuty
from staffing.querysets import TodayIn

TODAY_THERE = TodayIn(F("zip_code__timezone"))


def colleagues_who_see(zip_code: int, asker: Person) -> dict[int, str]:
    """The names of those on duty there today, and of the office; for who sees it themselves."""
    on_duty = (
        OnDuty.objects.visible_to(asker)
        .filter(zip_code=zip_code, starts_on__lte=TODAY_THERE)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=TODAY_THERE))
    )
    seers = Colleague._base_manager.filter(
        Q(in_office=True) | Q(pk__in=on_duty.order_by().values("person_id"))
    )
    return dict(seers.order_by("name", "pk").values_list("pk", "name"))
