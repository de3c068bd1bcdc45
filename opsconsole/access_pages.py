"""The page "Who can see this" of every record, and "What they see and why" of every colleague."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.widgets import UnfoldAdminSelectWidget

from opsconsole.access.people import sees_everything
from opsconsole.admin import show
from staffing.explain import explain_all, what_they_see, who_can_see
from staffing.explain.words import say_verb
from staffing.models import User
from staffing.requests import person

PER_PAGE = 50


class AskAbout(forms.Form):
    """Which colleague to explain the access of."""

    person = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label="Ask about one colleague",
        empty_label="Choose a colleague",
        widget=UnfoldAdminSelectWidget,
    )


def access_urls(page: ModelAdmin[Any]) -> list[URLPattern]:
    """The address of the access page of a model's records."""
    label, name = page.opts.app_label, page.opts.model_name

    def view(request: HttpRequest, object_id: str) -> HttpResponse:
        return access_view(request, page, object_id)

    address = f"{label}/{name}/<path:object_id>/access/"
    return [path(address, page.admin_site.admin_view(view), name=f"{label}_{name}_access")]


def access_view(request: HttpRequest, page: Any, object_id: str) -> HttpResponse:
    """Tell who sees a record, or what a colleague sees; a foreign record answers like a form."""
    obj = page.get_object(request, unquote(object_id))
    if not page.has_view_permission(request, obj):
        raise PermissionDenied("Your role may not see this.")
    if obj is None:
        return page._get_obj_does_not_exist_redirect(request, page.opts, object_id)
    if isinstance(obj, User) and obj.user_type != User.Type.RERENTER:
        return _show(request, page, obj, _portrait(request, obj))
    return _show(request, page, obj, _seers(request, obj))


def _portrait(request: HttpRequest, whom: User) -> dict[str, Any]:
    own = whom == request.user
    return {
        "title": "What you see and why" if own else f"What {whom} sees and why",
        "portrait": what_they_see(whom, person(request)),
        "template": "console/access_of_person.html",
    }


def _seers(request: HttpRequest, obj: Model) -> dict[str, Any]:
    asker = person(request)
    if not sees_everything(asker):
        own = explain_all(asker, obj, asker)
        return {"title": f"Why you see {obj}", "own": own, "template": "console/access_own.html"}
    seers = who_can_see(obj, asker)
    return {
        "title": f"Who can see {obj}",
        "seers": seers,
        "staff": any(not sees_everything(seer.person) for seer in seers.people),
        "verbs": [say_verb(verb) for verb in seers.verbs],
        "page": Paginator(seers.people, PER_PAGE).get_page(request.GET.get("p")),
        **_asked(request, obj, asker),
        "template": "console/access.html",
    }


def _asked(request: HttpRequest, obj: Model, asker: User) -> dict[str, Any]:
    """A form to ask about one colleague, and the answers about the one who was asked about."""
    form = AskAbout(request.GET if "person" in request.GET else None)
    form.fields["person"].queryset = (  # type: ignore[attr-defined]
        User.objects.visible_to(asker).colleagues().filter(is_superuser=False)
    )
    chosen = form.cleaned_data["person"] if form.is_valid() else None
    return {"form": form, "chosen": explain_all(chosen, obj, asker) if chosen else None}


def _show(request: HttpRequest, page: Any, obj: Model, context: dict[str, Any]) -> HttpResponse:
    request.current_app = page.admin_site.name
    template = context.pop("template")
    return show(page, request, template, **context, original=obj, object=obj)
