"""The page "Timeline": the plans and stays of weeks or months, a row for each home."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.models import Property
from bookings.timeline.asking import Asked, page
from bookings.timeline.bars import PLAN_STATES, STAY_STATES, TASK_STATES, Row
from bookings.timeline.finding import SHOWN_PLANS, SHOWN_STAYS, SHOWN_TASKS, homes, sees_tasks
from bookings.timeline.forms import TimelineForm
from bookings.timeline.layout import rows_of
from bookings.timeline.looking import with_a_conflict
from bookings.timeline.windows import Unit
from opsconsole.access.roles import role_required
from opsconsole.admin import ConsoleAdmin, Link, show
from staffing.models import User
from staffing.requests import person


class TimelinePage(ConsoleAdmin):
    """What the page of plans offers for it."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.timeline))
        route = path("timeline/", view, name="bookings_awayplan_timeline")
        return [route, *super().get_urls()]

    def list_links(self, request: HttpRequest) -> list[Link]:
        """The same plans as bars."""
        return [*super().list_links(request), Link("Timeline", page(), "view_timeline")]

    @role_required("bookings.view_awayplan", to="see the timeline")
    def timeline(self, request: HttpRequest) -> HttpResponse:
        """What the address asks for; what can't be read of it is told, and left out."""
        form = TimelineForm(person(request), request.GET)
        asked = form.asked(timezone.localdate())
        page, rows, looked_through = _found(person(request), asked, form)
        way = {name: form.cleaned_data.get(name) for name in ("rows", "as", "p")}
        return show(
            self,
            request,
            "bookings/timeline/page.html",
            title="Timeline",
            form=form,
            asked=asked,
            window=asked.window,
            page=page,
            rows=rows,
            looked_through=looked_through,
            is_table=form.cleaned_data.get("as") == "table",
            today=timezone.localdate(),
            way_back="?" + urlencode({"next": asked.address(**way)}),
            units=UNITS.items(),
            legend=_legend(person(request), asked),
            has_homes=bool(rows) or _has_homes(request),
            is_fullwidth="1",
        )


UNITS = {Unit.WEEKS: "Weeks", Unit.MONTHS: "Months"}


def _found(
    viewer: User, asked: Asked, form: TimelineForm
) -> tuple[Page[Any], list[Row], int | None]:
    """A page of homes, its rows, and how many homes were looked through if not all."""
    number, size = form.cleaned_data.get("p"), form.homes_on_a_page
    if asked.conflicts:
        found, looked_through = with_a_conflict(viewer, asked, timezone.now())
        rows = Paginator(found, size).get_page(number)
        return rows, list(rows), looked_through
    page = Paginator(homes(viewer, asked), size).get_page(number)
    return page, rows_of(list(page), viewer, asked, timezone.now()), None


def _legend(viewer: User, asked: Asked) -> list[tuple[str, list[tuple[str, str]]]]:
    """The looks that there can be, a list for each lane: the class of each and its word."""
    plans = [asked.status] if asked.status else SHOWN_PLANS
    lanes = [
        ("Away plans", [(str(status), PLAN_STATES[status]) for status in plans]),
        ("Bookings", [(str(status), STAY_STATES[status]) for status in SHOWN_STAYS]),
    ]
    if sees_tasks(viewer):
        tasks = [(str(status), TASK_STATES[status]) for status in SHOWN_TASKS]
        lanes.append(("Tasks", tasks))
    return lanes


def _has_homes(request: HttpRequest) -> bool:
    """Whether there would be homes if nothing was asked: what an empty page should say."""
    return Property.objects.visible_to(request.user).not_archived().exists()
