"""The console’s admin site: its pages and palette, without what Django’s own site leaks."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from opsconsole.access_pages import access_urls
from opsconsole.admin import ConsoleAdmin
from opsconsole.admin.passwords import OwnPasswordForm
from opsconsole.admin.view_pages import view_urls
from opsconsole.calendar_pages import calendar_urls
from opsconsole.notices.pages import notice_urls
from opsconsole.palette import records
from opsconsole.workbench.evidence_pages import evidence_urls
from opsconsole.workbench.pages import change_urls
from opsconsole.workbench.review_pages import review_urls
from staffing import view_as
from staffing.sign_in_link_pages import sign_in_link_url

MOST_FOUND = 100  # on one page of the palette


class ConsoleSite(UnfoldAdminSite):
    """The admin site that every page of the console belongs to."""

    site_title = "OpsConsole"
    index_title = "Home"
    index_template = "console/index.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register pages built on ConsoleAdmin; what libraries bring with them stays out."""
        if admin_class is not None and issubclass(admin_class, ConsoleAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """With notices, an access page for every record, and without `/r/<type>/<id>/`.

        That one redirects to any object whoever asks.
        """
        end = self.admin_view(require_POST(view_as.end))
        access = [url for page in self._registry.values() for url in access_urls(page)]
        kept = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
        workbench = [*change_urls(self), *review_urls(self), *evidence_urls(self)]
        own = [path("view-as/end/", end, name="view_as_end"), sign_in_link_url()]
        # By its name: it rests on pages that register here, and would be imported before there is
        # a site to register at.
        day_sheet = import_string("opsconsole.home.day_sheet.day_sheet_urls")(self)
        personal = [*notice_urls(self), *view_urls(self), *calendar_urls(self), *day_sheet]
        return [*own, *personal, *workbench, *access, *kept]

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """As unfold has it, but kept by no cache, for the page names the person."""
        page = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done"),
            template_name=self.password_change_template or "registration/password_change_form.html",
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return never_cache(page)(request)

    def password_change_done(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As Django has it, but kept by no cache: the page names the person."""
        return never_cache(super().password_change_done)(request, extra_context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """The models with their pages, once somebody looks: every page has it, and few use it."""
        return SimpleLazyObject(lambda: super(ConsoleSite, self).get_app_list(request, app_label))

    def has_permission(self, request: HttpRequest) -> bool:
        """Everybody who works here and is active; ReRenters never."""
        return bool(request.user.is_active and request.user.is_staff)

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The command palette over the pages and records that this person may open.

        It is worked out on each request: unfold's own keeps results for five minutes, past the
        end of an assignment.
        """
        began, term = time.monotonic(), request.GET.get("s", "").strip()
        if not term:
            return HttpResponse()
        pages = self._search_apps(self.get_app_list(request), term.lower())
        found = Paginator([*pages, *records(request, term)], MOST_FOUND)
        context = {
            "search_term": term,
            "page_obj": found,
            "results": found.get_page(request.GET.get("page")),
            "page_counter": 0,
            "execution_time": time.monotonic() - began,
        }
        response = render(request, "unfold/helpers/command_results.html", context)
        response["HX-Trigger"] = "search"
        return response


def access_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say what is missing and whom to ask, inside the console's own frame."""
    is_signed_in = admin.site.has_permission(request)
    context: dict[str, Any] = admin.site.each_context(request) if is_signed_in else {}
    return render(
        request,
        "console/access_denied.html",
        {
            **context,
            "title": "Access denied",
            "is_signed_in": is_signed_in,
            "missing": str(exception or "") or "Your role doesn’t cover what you asked for.",
            "whom_to_ask": _whom_to_ask(request),
        },
        status=403,
    )


def _whom_to_ask(request: HttpRequest) -> str:
    role = getattr(request.user, "role_name", None)
    you = f"You are signed in as {request.user} ({role}). " if role else ""
    return f"{you}If you need it for your work, ask an operations manager."
