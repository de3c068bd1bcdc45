"""The day sheet: what is on in somebody's homes on one day, home by home, to be printed."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget

from bookings.models import ChecklistItem, Property, Task
from opsconsole.access import registry
from opsconsole.admin.days import day_field
from opsconsole.home.cards import Card
from opsconsole.home.days import Days
from opsconsole.home.my_day import has_homes, sections
from staffing.models import User
from staffing.requests import person

MOST_DAYS = 30
TOO_FAR = f"Choose a day from today on, at most {MOST_DAYS} days ahead."


@dataclass
class Sheet:
    """What is on in one home: the part of the day, the card, and the lines of its checklist."""

    home: Property
    lines: list[tuple[str, Card, list[Any]]] = field(default_factory=list)


class Asked(forms.Form):
    """Which day, and for those who see every home whose."""

    day = day_field("Day")
    person = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label="Whose day",
        empty_label="Choose somebody",
        widget=UnfoldAdminSelectWidget,
        error_messages={"invalid_choice": "Choose a member of staff who works here."},
    )

    def __init__(self, viewer: User, data: Any) -> None:
        today = timezone.localdate()
        super().__init__({"day": data.get("day") or today, "person": data.get("person")})
        staff = User.objects.visible_to(viewer).filter(user_type=User.Type.STAFF, is_active=True)
        self.fields["person"].queryset = staff  # type: ignore[attr-defined]
        self.fields["person"].required = False
        if not viewer.sees_every_zip_code:
            del self.fields["person"]

    def clean_day(self) -> datetime.date:
        """A day that can be told ahead."""
        day: datetime.date = self.cleaned_data["day"]
        if not 0 <= (day - timezone.localdate()).days <= MOST_DAYS:
            raise ValidationError(TOO_FAR)
        return day


def day_sheet_urls(site: AdminSite) -> list[URLPattern]:
    """The address of the day sheet, for `AdminSite.get_urls`."""

    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        return _page(request, site)

    return [path("day-sheet/", site.admin_view(view), name="day_sheet")]


def _page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    viewer = person(request)
    form = Asked(viewer, request.GET)
    is_asked = form.is_valid()
    whose = form.cleaned_data.get("person") if viewer.sees_every_zip_code else viewer
    day = form.cleaned_data.get("day")
    told = sheets(whose, day) if is_asked and whose and day else None
    context = {
        **site.each_context(request),
        "title": "Day sheet",
        "form": form,
        "whose": whose,
        "day": day,
        "sheets": told,
        "has_homes": bool(told) or (whose is not None and has_homes(whose)),
    }
    return TemplateResponse(request, "console/day_sheet.html", context)


def sheets(whose: User, day: datetime.date) -> list[Sheet]:
    """One for each home where something is on that day, in the order of ZIP codes and streets."""
    ahead = (day - timezone.localdate()).days
    parts = sections(whose, Days("", ahead, ahead), timezone.now(), may_act=False)
    cards = [(part.title, card) for part in parts for card in part.cards]
    lines = _checklists((card.record for _, card in cards), whose)
    found: dict[int, Sheet] = {}
    for title, card in cards:
        sheet = found.setdefault(card.home.pk, Sheet(card.home))
        is_task = isinstance(card.record, Task)
        sheet.lines.append((title, card, lines[card.record.pk] if is_task else []))
    return sorted(found.values(), key=lambda sheet: _place_of(sheet.home))


def _place_of(home: Property) -> tuple[str, str, str, int]:
    return home.zip_code.code, home.street, home.name, home.pk


def _checklists(records: Iterable[Any], viewer: User) -> dict[int, list[Any]]:
    tasks = [record.pk for record in records if isinstance(record, Task)]
    rows = registry.visible(ChecklistItem._base_manager.filter(task__in=tasks), viewer)
    found: dict[int, list[Any]] = defaultdict(list)
    for line in rows.order_by("task", "position"):
        found[line.task_id].append(line)
    return found
