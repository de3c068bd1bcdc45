"""The sidebar by role, its counts, and the label that tells one environment from another."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Count, Value
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from bookings.models import AwayPlan, Booking, Task
from staffing.models import User
from staffing.requests import person

COUNTS = "counts_of_the_sidebar"  # of the request


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links, each shown to those whose role opens its page."""
    groups = [
        ("Homes", _homes(request)),
        ("People", _people(request)),
        ("Files", _files(request)),
        ("Review", _review(request)),
    ]
    home = _link("Home", "home", "index")
    notices = _link("Notices", "notifications", "notices", "opsconsole.notices.pages.unread_of")
    sheet = _link("Day sheet", "print", "day_sheet")
    calendar = _link("My calendar", "event", "calendar")
    return [
        {"title": "", "items": [home, notices, sheet, calendar]},
        *({"title": title, "separator": True, "items": items} for title, items in groups if items),
    ]


def _homes(request: HttpRequest) -> list[dict[str, Any]]:
    links = _allowed(
        request,
        ("bookings.view_property", "Properties", "house", "bookings_property", None),
        (
            "bookings.view_awayplan",
            "Away plans",
            "flight_takeoff",
            "bookings_awayplan",
            "opsconsole.sidebar.plans_waiting",
        ),
        (
            "bookings.view_booking",
            "Bookings",
            "luggage",
            "bookings_booking",
            "opsconsole.sidebar.arrivals_today",
        ),
        (
            "bookings.view_task",
            "Tasks",
            "task_alt",
            "bookings_task",
            "opsconsole.sidebar.tasks_due_today",
        ),
    )
    if request.user.has_perm("bookings.decide_awayplan"):
        links.append(_link("To decide", "rule", "bookings_awayplan_waiting"))
    if request.user.has_perm("bookings.view_awayplan"):
        links.append(_link("Timeline", "view_timeline", "bookings_awayplan_timeline"))
    return links


def _people(request: HttpRequest) -> list[dict[str, Any]]:
    links = _allowed(
        request,
        ("staffing.view_user", "People", "group", "staffing_user", None),
        ("staffing.view_zipassignment", "Assignments", "badge", "staffing_zipassignment", None),
        ("staffing.view_zipcode", "ZIP codes", "pin_drop", "staffing_zipcode", None),
        ("staffing.view_viewing", "Views as colleagues", "visibility", "staffing_viewing", None),
    )
    if person(request).sees_every_zip_code:
        page = "staffing_zipassignment_coverage"
        links.append(_link("Who covers what", "calendar_month", page))
    return links


def _files(request: HttpRequest) -> list[dict[str, Any]]:
    return _allowed(
        request,
        ("imports.view_importbatch", "Imports", "upload_file", "imports_importbatch", None),
        ("exports.view_export", "Exports", "download", "exports_export", None),
    )


def _review(request: HttpRequest) -> list[dict[str, Any]]:
    if not request.user.has_perm("bookings.view_awayplan"):
        return []
    links = [_link("Changes", "history", "changes")]
    if request.user.has_perm("workbench.view_planreview"):
        links.append(_link("Review queue", "fact_check", "reviews"))
    return links


def _allowed(request: HttpRequest, *pages: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [
        _link(title, icon, f"{page}_changelist", badge)
        for permission, title, icon, page, badge in pages
        if request.user.has_perm(permission)
    ]


def _link(title: str, icon: str, page: str, badge: str | None = None) -> dict[str, Any]:
    """A link as unfold takes it; its icon is a picture, not a word of its name."""
    link = {
        "title": title,
        "icon": icon,
        "icon_template": "console/icon.html",
        "link": reverse(f"admin:{page}"),
    }
    return {**link, "badge": badge} if badge else link


def plans_waiting(request: HttpRequest) -> str:
    """How many plans this person could decide wait; nothing where none does."""
    return _count_of(request, "plans")


def arrivals_today(request: HttpRequest) -> str:
    """How many parties arrive today at homes this person may see."""
    return _count_of(request, "arrivals")


def tasks_due_today(request: HttpRequest) -> str:
    """How many open tasks are due today at homes this person may see."""
    return _count_of(request, "tasks")


def _count_of(request: HttpRequest, what: str) -> str:
    """One of the numbers beside the links, which are asked for all at once, once a request."""
    counts: dict[str, int] | None = request.__dict__.get(COUNTS)
    if counts is None:
        counts = request.__dict__[COUNTS] = _counts(person(request))
    return str(counts.get(what) or "")


def _counts(viewer: User) -> dict[str, int]:
    rows: dict[str, Any] = {
        "plans": AwayPlan.objects.visible_to(viewer).waiting(),
        "arrivals": Booking.objects.visible_to(viewer).arriving_today(),
        "tasks": Task.objects.visible_to(viewer).due_today(),
    }
    lists = [
        each.order_by().annotate(what=Value(what)).values_list("what").annotate(Count("pk"))
        for what, each in rows.items()
    ]
    return dict(lists[0].union(*lists[1:], all=True))


def environment_label(request: HttpRequest) -> list[str]:
    """Name and colour of the environment, so that nobody takes production for a playground."""
    name = settings.ENVIRONMENT_NAME
    return [name, "danger" if name == "Production" else "info"]


def stylesheet(request: HttpRequest) -> str:
    """The console's few rules beside unfold's."""
    return static("console/console.css")


def script(request: HttpRequest) -> str:
    """What unfold's expandable rows lack for the keyboard."""
    return static("console/console.js")


def favicon(request: HttpRequest) -> str:
    """The console's sign in a browser tab."""
    return static("console/favicon.svg")
