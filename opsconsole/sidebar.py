"""The sidebar by role, its counts, and the label that tells one environment from another."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Count, Value
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from bookings.models import AwayPlan, Booking, Task
from opsconsole.notices.pages import unread_of
from staffing.models import User
from staffing.requests import person

COUNTS = "counts_of_the_sidebar"  # of the request


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links, each shown to those whose role opens its page, some with a number."""
    first = [
        _link("Home", "home", "index"),
        _link("Notices", "notifications", "notices", unread_of(request)),
        _link("Day sheet", "print", "day_sheet"),
        _link("My calendar", "event", "calendar"),
    ]
    groups = {
        "": first,
        "Homes": _homes(request),
        "People": _people(request),
        "Files": _files(request),
        "Review": _review(request),
    }
    links = [link for items in groups.values() for link in items]
    here = max((link["link"] for link in links if _leads_to(link, request.path)), key=len)
    for link in links:
        link["active"] = link["link"] == here
    return [{"title": title, "items": items} for title, items in groups.items() if items]


def _leads_to(link: dict[str, Any], path: str) -> bool:
    """Whether a page is that of a link or stands below it; all of them stand below the first."""
    return path.startswith(str(link["link"]))


def _homes(request: HttpRequest) -> list[dict[str, Any]]:
    counts = _counts_of(request)
    links = _allowed(
        request,
        ("bookings.view_property", "Properties", "house", "bookings_property", ""),
        (
            "bookings.view_awayplan",
            "Away plans",
            "flight_takeoff",
            "bookings_awayplan",
            counts.get("plans"),
        ),
        ("bookings.view_booking", "Bookings", "luggage", "bookings_booking", counts.get("stays")),
        ("bookings.view_task", "Tasks", "task_alt", "bookings_task", counts.get("tasks")),
    )
    if request.user.has_perm("bookings.decide_awayplan"):
        links.append(_link("To decide", "rule", "bookings_awayplan_waiting"))
    if request.user.has_perm("bookings.view_awayplan"):
        links.append(_link("Timeline", "view_timeline", "bookings_awayplan_timeline"))
    return links


def _people(request: HttpRequest) -> list[dict[str, Any]]:
    links = _allowed(
        request,
        ("staffing.view_user", "People", "group", "staffing_user", ""),
        ("staffing.view_zipassignment", "Assignments", "badge", "staffing_zipassignment", ""),
        ("staffing.view_zipcode", "ZIP codes", "pin_drop", "staffing_zipcode", ""),
        ("staffing.view_viewing", "Views as colleagues", "visibility", "staffing_viewing", ""),
    )
    if person(request).sees_every_zip_code:
        page = "staffing_zipassignment_coverage"
        links.append(_link("Who covers what", "calendar_month", page))
    return links


def _files(request: HttpRequest) -> list[dict[str, Any]]:
    return _allowed(
        request,
        ("imports.view_importbatch", "Imports", "upload_file", "imports_importbatch", ""),
        ("exports.view_export", "Exports", "download", "exports_export", ""),
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
        _link(title, icon, f"{page}_changelist", count)
        for permission, title, icon, page, count in pages
        if request.user.has_perm(permission)
    ]


def _link(title: str, icon: str, page: str, count: Any = "") -> dict[str, Any]:
    """A link, with a number beside it unless there is nothing to count."""
    return {"title": title, "icon": icon, "link": reverse(f"admin:{page}"), "count": count}


def _counts_of(request: HttpRequest) -> dict[str, int]:
    """The numbers beside the links, asked for once a request."""
    counts: dict[str, int] | None = request.__dict__.get(COUNTS)
    if counts is None:
        counts = request.__dict__[COUNTS] = _counts(person(request))
    return counts


def _counts(viewer: User) -> dict[str, int]:
    """Plans that wait, parties that arrive today, tasks due today, at homes the viewer may see."""
    rows: dict[str, Any] = {
        "plans": AwayPlan.objects.visible_to(viewer).waiting(),
        "stays": Booking.objects.visible_to(viewer).arriving_today(),
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
    """What unfold's pages lack for the keyboard."""
    return static("console/console.js")


def favicon(request: HttpRequest) -> str:
    """The console's sign in a browser tab."""
    return static("console/favicon.svg")
