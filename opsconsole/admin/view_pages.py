"""The pages that keep the views of a list in order. A view is changed by POST alone."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe
from unfold.widgets import UnfoldAdminTextInputWidget

from opsconsole.admin.base import ConsoleAdmin
from opsconsole.admin.pages import show
from opsconsole.admin.views import Tab, views_of
from opsconsole.database.refusals import Refused, told_as_refusals
from opsconsole.saved_views.models import LONGEST, SavedView
from opsconsole.saved_views.saving import open_first, rename_view, save_view

SHARE = "saved_views.share_savedview"


class NameForm(forms.Form):
    """What a view is called."""

    name = forms.CharField(
        label="Name",
        help_text=f"At most {LONGEST} characters.",
        widget=UnfoldAdminTextInputWidget(),
    )


def view_urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of the views of all lists, for `AdminSite.get_urls`."""

    def of_site(view: Any) -> Any:
        return site.admin_view(lambda request, **kwargs: view(request, site, **kwargs))

    return [
        path("views/", of_site(require_safe(kept)), name="saved_views"),
        path("views/save/", of_site(require_POST(save)), name="saved_views_save"),
        path("views/first/", of_site(require_POST(put_first)), name="saved_views_first"),
        path("views/count/", of_site(require_safe(count)), name="saved_views_count"),
        path("views/<int:pk>/", of_site(require_POST(change)), name="saved_view"),
    ]


def kept(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The views of one list: which opens first, and what may be done with each."""
    return _keeping(request, _page(request, site, request.GET))


def save(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Save what is asked of a list under a name; what is refused keeps all that was typed."""
    page, sent = _page(request, site, request.POST), request.POST
    asks, shares = page.asked_for(request, QueryDict(sent.get("asks", ""))), "share" in sent
    if shares and not request.user.has_perm(SHARE):
        raise PermissionDenied("Your role may not share views.")
    try:
        with told_as_refusals(), transaction.atomic():
            view = save_view(
                request.user, page.opts.label_lower, sent.get("name", ""), asks, is_shared=shares
            )
    except Refused as refusal:
        return _keeping(request, page, str(refusal))
    messages.success(request, f"“{view}” is saved.")
    return redirect(f"{_list_of(page)}?{urlencode(asks)}")


def change(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Rename a view, share it or keep it to oneself, or delete it."""
    view = _editable(request).filter(pk=pk).first()
    page = _page_called(view.page, site) if view else None
    if view is None or page is None:
        raise Http404
    try:
        with told_as_refusals(), transaction.atomic():
            said = _changed(request, view)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return _to_views(page)


def put_first(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Choose which view opens when the list is opened."""
    page, key = _page(request, site, request.POST), request.POST.get("view", "")
    tab = next((tab for tab in page.tabs(request) if tab.key == key), None)
    if tab is None:
        messages.error(request, "That view is not here any more. Nothing was changed.")
        return _to_views(page)
    open_first(request.user, page.opts.label_lower, key)
    messages.success(request, f"“{tab.name}” opens first for you.")
    return _to_views(page)


def count(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """How many rows a view has for this person now."""
    page, asked = _page(request, site, request.GET), copy(request)
    asks = page.asked_for(request, QueryDict(request.GET.get("asks", "")))
    asked.GET = QueryDict(urlencode(asks))
    asked.is_counted = True  # type: ignore[attr-defined]
    try:
        return JsonResponse({"count": page.get_changelist_instance(asked).said})
    except IncorrectLookupParameters:
        return JsonResponse({"count": ""})


def _keeping(request: HttpRequest, page: ConsoleAdmin, refusal: str = "") -> HttpResponse:
    tabs, editable = page.tabs(request), set(_editable(request).values_list("pk", flat=True))
    asks = urlencode(page.asked_for(request, QueryDict(request.POST.get("asks", ""))))
    context = {
        "title": f"Views of {page.opts.verbose_name_plural}",
        "first": page.first_view(request, tabs),
        "tabs": [(tab, _told(tab), bool(tab.saved and tab.saved.pk in editable)) for tab in tabs],
        "of": page.opts.label_lower,
        "list": _list_of(page),
        "longest": LONGEST,
        "refusal": refusal,
        "form": NameForm({"name": request.POST.get("name", "")}) if refusal else None,
        "asks": asks,
        "shares": "share" in request.POST,
        "may_share": request.user.has_perm(SHARE),
        "may_choose": not getattr(request, "viewer", None),
    }
    return show(page, request, "console/views.html", **context)


def _told(tab: Tab) -> str:
    if tab.saved is None:
        return "Comes with the console"
    return "Shared with everybody who works here" if tab.saved.is_shared else "Yours alone"


def _editable(request: HttpRequest) -> Any:
    """One's own views, and for those who share also what others shared."""
    views = views_of(request)
    if request.user.has_perm(SHARE):
        return views
    return views.filter(person=request.user.pk, is_shared=False)


def _changed(request: HttpRequest, view: SavedView) -> str:
    """Do what was asked for; what is said of it."""
    step = request.POST.get("step")
    if step == "rename":
        before = view.name
        rename_view(view, request.POST.get("name", ""))
        return f"“{before}” is called “{view}” now."
    if step == "delete":
        view.delete()
        return f"“{view}” is deleted."
    if step in ("share", "keep") and view.person_id == request.user.pk:
        if not request.user.has_perm(SHARE):
            raise PermissionDenied("Your role may not share views.")
        view.is_shared = step == "share"
        view.save(update_fields=["is_shared"])
        return f"“{view}” is {'shared' if view.is_shared else 'yours alone'} now."
    raise Refused("Nothing was changed: choose what to do with the view.")


def _page(request: HttpRequest, site: AdminSite, sent: QueryDict) -> ConsoleAdmin:
    """The list that is asked about, as far as this person may open it."""
    page = _page_called(sent.get("of", ""), site)
    if page is None:
        raise Http404
    if not page.has_view_permission(request):
        raise PermissionDenied(f"Your role may not see {page.opts.verbose_name_plural}.")
    return page


def _page_called(label: str, site: AdminSite) -> ConsoleAdmin | None:
    try:
        page: Any = site._registry.get(apps.get_model(label))
    except (LookupError, ValueError):
        return None
    return page if isinstance(page, ConsoleAdmin) else None


def _list_of(page: ConsoleAdmin) -> str:
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")


def _to_views(page: ConsoleAdmin) -> HttpResponse:
    return redirect(f"{reverse('admin:saved_views')}?{urlencode({'of': page.opts.label_lower})}")
