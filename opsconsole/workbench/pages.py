"""The pages of changes: the list of all of them, and one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from opsconsole.access.people import sees_everything
from opsconsole.access.roles import role_required
from opsconsole.workbench import one, reviewing
from opsconsole.workbench.asking import ONE_DAY
from opsconsole.workbench.evidence import PERMISSION
from opsconsole.workbench.finding import Page, find
from opsconsole.workbench.forms import ChangesForm
from opsconsole.workbench.frame import show
from opsconsole.workbench.kinds import BOOKING, CODE, KINDS, PLAN, Kind
from opsconsole.workbench.telling import Told, tell_all
from staffing.requests import colleague

PER_PAGE = 50
SHOWN_FIELDS = 4  # of what was created or deleted, in the list
HIDDEN_FILTERS = ("request", "record")

look = role_required("bookings.view_awayplan", to="see changes")


def change_urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of changes, for `AdminSite.get_urls`."""
    return [
        path("changes/", site.admin_view(_list_view(site)), name="changes"),
        *(
            path(
                f"changes/{kind.slug}/<int:number>/",
                site.admin_view(_one_view(site, kind)),
                name=f"changes_{kind.slug}",
            )
            for kind in KINDS.values()
        ),
    ]


def _list_view(site: AdminSite) -> Callable[[HttpRequest], HttpResponse]:
    @require_safe
    @look
    def changes(request: HttpRequest) -> HttpResponse:
        form = ChangesForm(request.GET, request.user)
        page, told = Page([]), list[Told]()
        if form.is_valid():
            page = find(form.asked(), request.user, form.cleaned_data["after"], PER_PAGE)
            told = tell_all(page.versions, request.user)
        context = _listed(form, page, told)
        if not form.errors and request.user.has_perm(PERMISSION):
            asked = request.GET.copy()
            asked.pop("after", None)
            context["export_address"] = f"{reverse('admin:changes_export')}?{asked.urlencode()}"
        return show(site, request, "workbench/list.html", **context)

    return changes


def _listed(form: ChangesForm, page: Page, told: list[Told]) -> dict[str, Any]:
    hidden = {*HIDDEN_FILTERS, "after"}
    return {
        "title": "Changes",
        "form": form,
        "boxes": [box for box in form if box.name not in hidden],
        "narrowed": [box for box in form if box.name in HIDDEN_FILTERS and box.value()],
        "is_filtered": any(form.data.get(name) for name in form.fields if name != "after"),
        "is_further": bool(form.data.get("after")),
        "page": page,
        "told": told,
        "shown_fields": SHOWN_FIELDS,
    }


def _one_view(site: AdminSite, kind: Kind) -> Callable[..., HttpResponse]:
    @require_safe
    @look
    def change(request: HttpRequest, number: int) -> HttpResponse:
        version = one.readable(kind, number, request.user) if number < 2**63 else None
        if version is None:
            raise Http404("There is no such change, or it lies outside your ZIP codes.")
        others = one.together_with(kind, version, request.user)
        told, *together = tell_all([(kind, version), *others[: one.TOGETHER]], request.user)
        previous, following = one.neighbours(kind, version, request.user)
        context = {
            "title": f"Change of {kind.one} {told.record}",
            "change": told,
            **_from_here(site, told, request),
            "previous": previous and reverse(kind.address, args=[previous.history_id]),
            "following": following and reverse(kind.address, args=[following.history_id]),
            "together": together,
            "more_together": len(others) > one.TOGETHER,
            "request_query": _request_query(version),
            "tells_seal": sees_everything(request.user),
            "sealed_at": one.sealed_at(kind, version, request.user),
            **_reviewed(kind, version, request),
        }
        return show(site, request, "workbench/change.html", **context)

    return change


def _from_here(site: AdminSite, told: Told, request: HttpRequest) -> dict[str, Any]:
    """The record's own page, and the ways on that it knows; none where it is gone."""
    model = told.kind.model
    if not model._base_manager.filter(pk=told.pk).exists():
        return {"record": ""}
    if told.kind == CODE:  # it has no page but its home's
        return {"record": reverse("admin:bookings_property_codes", args=[told.version.property_id])}
    page: Any = site.get_model_admin(model)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    return {"record": reverse(name, args=[told.pk]), "ways": page.ways_from(request, told)}


def _reviewed(kind: Kind, version: Any, request: HttpRequest) -> dict[str, Any]:
    """The review of the plan that a change is about, for those who may see any."""
    if kind not in (PLAN, BOOKING) or not request.user.has_perm("workbench.view_planreview"):
        return {}
    plan = version.id if kind == PLAN else version.away_plan_id
    review = reviewing.reviewed(plan)
    return {
        "plan": plan,
        "review": review,
        "is_covered": review and reviewing.covers(review, (kind, version)),
        "reviewed_by": colleague(review.reviewed_by_id if review else None),
    }


def _request_query(version: Any) -> str:
    """The request with the days around it: there is no index by request, but one by date."""
    day = version.history_date.date()
    return f"request={version.request_id}&since={day - ONE_DAY}&until={day + ONE_DAY}"
