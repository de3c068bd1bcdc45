"""The page of one's own notices. A POST alone marks one as read; a link changes nothing."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from opsconsole.notices.models import Notice, NoticeQuerySet

PER_PAGE = 25
COUNTED = 99  # unread ones; beyond that nobody wants to know how many


def notice_urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of the notices, for `AdminSite.get_urls`."""

    @require_safe
    def listed(request: HttpRequest) -> HttpResponse:
        return _list(request, site)

    return [
        path("notices/", site.admin_view(listed), name="notices"),
        path("notices/read/", site.admin_view(mark_all), name="notices_read"),
        path("notices/<int:pk>/read/", site.admin_view(mark), name="notice_read"),
    ]


def notices_of(request: HttpRequest) -> NoticeQuerySet:
    """The notices of who asks; none while they look at the console as somebody else."""
    if getattr(request, "viewer", None):
        return Notice.objects.none()
    return Notice.objects.visible_to(request.user)


def unread_of(request: HttpRequest) -> str:
    """How many are unread, in words; nothing where none is. One look at an index, capped."""
    count = notices_of(request).unread().order_by()[: COUNTED + 1].count()
    return f"{min(count, COUNTED)}{'+' if count > COUNTED else ''} new" if count else ""


def _list(request: HttpRequest, site: AdminSite) -> HttpResponse:
    notices = notices_of(request)
    context = {
        **site.each_context(request),
        "title": "Notices",
        "page": Paginator(notices, PER_PAGE).get_page(request.GET.get("p")),
        "unread": notices.unread().exists(),
    }
    return TemplateResponse(request, "notices/list.html", context)


@require_POST
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one of one's own as read, and, if asked to, open the page it is about."""
    notice = notices_of(request).filter(pk=pk).first()
    if notice is None:
        raise Http404
    _mark_read(notices_of(request).filter(pk=pk))
    return redirect(notice.link) if notice.link and "open" in request.POST else _back(request)


@require_POST
def mark_all(request: HttpRequest) -> HttpResponse:
    """Mark all of one's own as read."""
    _mark_read(notices_of(request))
    return _back(request)


def _mark_read(notices: NoticeQuerySet) -> None:
    notices.unread().update(read_at=timezone.now())


def _back(request: HttpRequest) -> HttpResponse:
    """To the page of the list that the button stood on."""
    number = request.GET.get("p", "")
    query = f"?p={number}" if number.isascii() and number.isdecimal() else ""
    return redirect(reverse("admin:notices") + query)
