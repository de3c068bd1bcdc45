"""Door codes: below the form of a home and of a task, and on pages of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.admin.code_forms import CodeForm, WhyForm
from bookings.codes import services
from bookings.codes.rule import Visit, visit_of, why_not
from bookings.models import AccessSecret, Property, SecretReveal
from opsconsole.access.roles import role_required
from opsconsole.admin import ConsoleAdmin, Link, show
from opsconsole.database.refusals import ReasonMissing, Refused
from opsconsole.history.versions import newest_version
from staffing.models import User
from staffing.requests import address_of, person

PER_PAGE = 25
HIDES_AFTER = 30  # seconds


@dataclass(frozen=True)
class Line:
    """A code as a page tells it, and why it is not shown to who looks; nothing where it is."""

    code: AccessSecret
    why_not: str


@dataclass(frozen=True)
class Codes:
    """The codes of a home for somebody who looks at them."""

    home: Property
    lines: list[Line]
    visit: Visit

    @property
    def shared_refusal(self) -> str:
        """What is true of all codes is told once."""
        return self.visit.why_not if self.lines else ""


class DoorCodes(ConsoleAdmin):
    """A page about a home, with the codes that are in use below its form."""

    change_form_outer_after_template = "bookings/below.html"

    def home_of(self, record: Any) -> Property:
        """The home that a record is about."""
        home: Property = record.property
        return home

    def record_links(self, request: HttpRequest, obj: Any) -> list[Link]:
        """The codes are wanted in front of the door: the way there stands at the top."""
        links = super().record_links(request, obj)
        if _may(request, "view"):
            page = reverse("admin:bookings_property_codes", args=[self.home_of(obj).pk])
            links.append(Link("Door codes", page, "key"))
        return links

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the codes, once the record is there."""
        if (record := context.get("original")) and _may(request, "view"):
            context["codes"] = codes_of(self.home_of(record), person(request))
            context["may_set_codes"] = _may(request, "add")
        return super().render_change_form(request, context, *args, **kwargs)


class CodePages(DoorCodes):
    """What the page of properties offers for its codes."""

    def home_of(self, record: Any) -> Property:
        home: Property = record
        return home

    def get_urls(self) -> list[URLPattern]:
        """Each stands below its home."""
        pages = {
            "codes/": ("codes", require_safe(self.codes)),
            "codes/add/": ("code_add", require_http_methods(["GET", "POST"])(self.set_code)),
            "codes/<int:code_id>/": (
                "code_change",
                require_http_methods(["GET", "POST"])(self.set_code),
            ),
            "codes/<int:code_id>/show/": ("code_show", require_POST(self.show_code)),
        }
        own = [
            path(
                f"<path:object_id>/{route}",
                self.admin_site.admin_view(view),
                name=f"bookings_property_{name}",
            )
            for route, (name, view) in pages.items()
        ]
        return [*own, *super().get_urls()]

    @role_required("bookings.view_accesssecret", to="see door codes")
    def codes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All codes of a home, ended ones too, and for those who review it who saw which."""
        home = self.record(request, object_id)
        if home is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return show(
            self,
            request,
            "bookings/codes/page.html",
            title=f"Door codes of {home}",
            original=home,
            object=home,
            codes=codes_of(home, person(request), ended=True),
            may_set_codes=_may(request, "add"),
            log=_log_of(home, request),
        )

    @method_decorator(sensitive_post_parameters("code"))
    @role_required("bookings.change_accesssecret", to="set door codes")
    def set_code(
        self, request: HttpRequest, object_id: str, code_id: int | None = None
    ) -> HttpResponse:
        """A new code of a home, or one that changes or ends."""
        home = self.record(request, object_id)
        code = _code_of(home, code_id, person(request)) if code_id else AccessSecret(property=home)
        if home is None or code is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        is_new = code.pk is None
        first_day = {"valid_from": home.today} if is_new else None
        form = CodeForm(request.POST or None, instance=code, initial=first_day)
        if request.method == "POST" and form.is_valid() and _is_saved(form, request):
            messages.success(request, f"{code}: {'added' if is_new else 'changed'}.")
            return redirect("admin:bookings_property_codes", home.pk)
        title = f"Add a door code to {home}" if is_new else f"Change a door code of {home}"
        return show(
            self,
            request,
            "bookings/codes/form.html",
            title=title,
            original=home,
            object=home,
            form=form,
            opened=request.POST.get("opened") or _version_of(code),
        )

    @method_decorator(sensitive_variables("value"))
    def show_code(self, request: HttpRequest, object_id: str, code_id: int) -> HttpResponse:
        """Show one code, once; who comes for no task is asked why first."""
        home = self.record(request, object_id)
        code = _code_of(home, code_id, person(request))
        if not _may(request, "reveal"):
            raise PermissionDenied("Your role may not be shown door codes.")
        if home is None or code is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = WhyForm(request.POST if "reason" in request.POST else None)
        told = {"title": f"Door code of {home}", "original": home, "object": home, "code": code}
        reason = form.cleaned_data["reason"] if form.is_bound and form.is_valid() else ""
        try:
            value = services.reveal(
                code, by=person(request), reason=reason, address=address_of(request)
            )
        except ReasonMissing:
            return show(self, request, "bookings/codes/why.html", form=form, **told)
        except Refused as refusal:
            status = 429 if isinstance(refusal, services.TooMany) else 403
            page = show(self, request, "bookings/codes/no.html", no=refusal, **told)
            page.status_code = status
            return page
        seconds = HIDES_AFTER
        page = show(
            self, request, "bookings/codes/shown.html", value=value, seconds=seconds, **told
        )
        page["Cache-Control"] = "no-store"
        return page


def codes_of(home: Property, viewer: User, *, ended: bool = False) -> Codes:
    """The codes of a home, each with why it is not shown to who looks."""
    found = AccessSecret.objects.visible_to(viewer).filter(property=home)
    visit, lines = visit_of(viewer, home), []
    for code in found if ended else found.not_ended():
        code.property = home
        lines.append(Line(code, why_not(code, visit)))
    return Codes(home, lines, visit)


def _may(request: HttpRequest, verb: str) -> bool:
    return request.user.has_perm(f"bookings.{verb}_accesssecret")


def _code_of(home: Property | None, code_id: int, viewer: User) -> AccessSecret | None:
    if home is None or code_id > 2**63 - 1:
        return None
    code = AccessSecret.objects.visible_to(viewer).filter(property=home, pk=code_id).first()
    if code is not None:
        code.property = home
    return code


def _is_saved(form: CodeForm, request: HttpRequest) -> bool:
    """Save what the form has; what is refused is told on it, and the code typed once more."""
    typed = form.cleaned_data
    try:
        services.set_code(
            form.instance,
            typed["code"],
            by=person(request),
            reason=typed["reason"],
            opened=request.POST.get("opened", ""),
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return not form.errors


def _version_of(code: AccessSecret) -> int | str:
    return newest_version(AccessSecret, code.pk) if code.pk else ""


def _log_of(home: Property, request: HttpRequest) -> Any:
    """Who was shown which code of a home, newest first; nothing for those who don't review it."""
    if not request.user.has_perm("bookings.view_secretreveal"):
        return None
    rows = SecretReveal.objects.visible_to(request.user).filter(secret__property=home)
    page: Any = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
    names = User.names_of([row.revealed_by_id for row in page])
    codes = AccessSecret.objects.in_bulk([row.secret_id for row in page])
    tasks = home.tasks.in_bulk([row.task_id for row in page if row.task_id])
    for row in page:
        row.who = names.get(row.revealed_by_id, "Somebody")
        row.code, row.what_for = codes[row.secret_id], tasks.get(row.task_id)
    return page
