"""The page of one's own notices. A POST alone marks one as read; a link changes nothing."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from opsconsole.access.registry import visible
from opsconsole.notices.models import MUTABLE, Mute, Notice, NoticeQuerySet

PER_PAGE = 25
MOST_MUTED = 100
MOST_ID, MOST_DIGITS = 2**63 - 1, 19
COUNTED = 99  # unread ones; beyond that nobody wants to know how many


def notice_urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of the notices, for `AdminSite.get_urls`."""

    @require_safe
    def listed(request: HttpRequest) -> HttpResponse:
        return _list(request, site)

    return [
        path("notices/", site.admin_view(listed), name="notices"),
        path("notices/read/", site.admin_view(mark_all), name="notices_read"),
        path("notices/mute/", site.admin_view(mute), name="notices_mute"),
        path("notices/muted/<int:pk>/end/", site.admin_view(unmute), name="notices_unmute"),
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
    notices, mutes = notices_of(request), list(mutes_of(request)[:MOST_MUTED])
    page: Any = Paginator(notices, PER_PAGE).get_page(request.GET.get("p"))
    names = _names_of({each.about for each in (*page, *mutes)} - {""}, request)
    for notice in page:
        notice.is_hidden = notice.about != "" and notice.about not in names
    context = {
        **site.each_context(request),
        "title": "Notices",
        "page": page,
        "unread": notices.unread().exists(),
        **_muting(mutes, names),
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


@require_POST
def mute(request: HttpRequest) -> HttpResponse:
    """Mute a kind of notices (`kind`), or the record that one of one's own is about (`notice`).

    What is there of it already counts as read.
    """
    kind, number = request.POST.get("kind", ""), request.POST.get("notice", "")
    about = _about(request, number) if number else ""
    if not about and kind not in MUTABLE:
        raise Http404
    which: dict[str, Any] = {"about": about} if about else {"kind": kind}
    Mute.objects.get_or_create(person_id=request.user.pk, **which)
    _mark_read(notices_of(request).filter(kind__in=MUTABLE, **which))
    messages.success(request, "Muted: you find it here, and it is counted no more.")
    return _back(request)


@require_POST
def unmute(request: HttpRequest, pk: int) -> HttpResponse:
    """Be told again."""
    if not mutes_of(request).filter(pk=min(pk, MOST_ID)).delete()[0]:
        raise Http404
    messages.success(request, "You are told of it again from now on.")
    return _back(request)


def mutes_of(request: HttpRequest) -> Any:
    """What who asks has muted; nothing while they look at the console as somebody else."""
    if getattr(request, "viewer", None):
        return Mute.objects.none()
    return Mute.objects.visible_to(request.user)


def _about(request: HttpRequest, number: str) -> str:
    """The record that a notice of one's own is about, if it can be muted."""
    is_number = number.isascii() and number.isdecimal() and len(number) < MOST_DIGITS
    notice = notices_of(request).filter(pk=number).first() if is_number else None
    return notice.about if notice and notice.can_be_muted else ""


def _muting(mutes: list[Any], names: dict[str, str]) -> dict[str, Any]:
    """Each kind with its mute, if there is one; and the records that are muted, by name."""
    by_kind = {mute.kind: mute for mute in mutes}
    records = [mute for mute in mutes if mute.about]
    for each in records:
        each.named = names.get(each.about, "A record that you do not see any more")
    kinds = [(kind.value, kind.label, by_kind.get(kind.value)) for kind in MUTABLE]
    return {"kinds": kinds, "muted_records": records, "muted": {m.about for m in records}}


def _names_of(abouts: set[str], request: HttpRequest) -> dict[str, str]:
    """The records as they are called, those alone that this person sees now: a query a model."""
    ids: dict[str, list[str]] = defaultdict(list)
    for about in abouts:
        label, _, pk = about.partition(":")
        ids[label].append(pk)
    found = {}
    for label, pks in ids.items():
        model = apps.get_model(label)
        rows = visible(model._base_manager.filter(pk__in=pks), request.user)
        named = [field.name for field in model._meta.fields if field.name == "property"]
        noun = str(model._meta.verbose_name).capitalize()
        for record in rows.select_related(*named) if named else rows:
            found[f"{label}:{record.pk}"] = f"{noun}: {record}"
    return found


def _mark_read(notices: NoticeQuerySet) -> None:
    notices.unread().update(read_at=timezone.now())


def _back(request: HttpRequest) -> HttpResponse:
    """To the page of the list that the button stood on."""
    number = request.GET.get("p", "")
    query = f"?p={number}" if number.isascii() and number.isdecimal() else ""
    return redirect(reverse("admin:notices") + query)
