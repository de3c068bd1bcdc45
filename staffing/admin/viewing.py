"""The pages of viewing as a colleague: the way in, and the log of who did."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from opsconsole.access.roles import role_required
from opsconsole.admin import ConsoleAdmin, Link, ReadOnly, show
from staffing import view_as
from staffing.models import User, Viewing
from staffing.requests import person


class ReasonToView(forms.Form):
    """Why somebody looks as somebody else."""

    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Kept in the log of views, for auditors.",
        error_messages={"required": "Say why you look at the console as somebody else."},
    )


class ViewAsPages(ConsoleAdmin):
    """What the page of people offers for it."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.view_as)
        route = path("<path:object_id>/view-as/", view, name="staffing_user_view_as")
        return [route, *super().get_urls()]

    @role_required("staffing.add_viewing", to="look at the console as somebody else")
    def view_as(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and begin."""
        colleague: User | None = self.get_object(request, object_id)
        if colleague is None or not self.can_be_viewed_as(request, colleague):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = ReasonToView(request.POST or None)
        if request.method == "POST" and form.is_valid():
            view_as.begin(request, colleague, form.cleaned_data["reason"])
            return redirect("admin:index")
        return show(
            self,
            request,
            "console/view_as.html",
            title=f"View the console as {colleague}",
            colleague=colleague,
            form=form,
            lasts=Viewing.LASTS,
        )

    def can_be_viewed_as(self, request: HttpRequest, colleague: User) -> bool:
        """Whether the console can be seen as this colleague."""
        return view_as.may_be_viewed_as(person(request)).filter(pk=colleague.pk).exists()

    def view_as_links(self, request: HttpRequest, colleague: User) -> list[Link]:
        """The way in, to those who may."""
        allowed = request.user.has_perm("staffing.add_viewing")
        if not allowed or not self.can_be_viewed_as(request, colleague):
            return []
        page = reverse("admin:staffing_user_view_as", args=[colleague.pk])
        return [Link(f"View as {colleague.get_short_name()}", page, "visibility")]


@admin.register(Viewing)
class ViewingAdmin(ReadOnly, ConsoleAdmin):
    """The log: who looked at the console as whom, and why."""

    if_empty = (
        "Whoever looks at the console as a colleague is listed here, with the reason. A view "
        "begins on the page of the colleague."
    )
    list_display = ["who_viewed", "seen_as", "reason", "started_at", "ended_at"]
    search_fields = ["viewer_name", "person_name", "reason"]
    search_help_text = "Search by name or reason"
    date_hierarchy = "started_at"
    readonly_fields = ["who_viewed", "seen_as"]
    fields = ["who_viewed", "seen_as", "reason", "started_at", "ended_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the names alone: engineers, whom others don't see, are in the log as well."""
        log: Any = super().get_queryset(request)
        return log.named()

    @display(description="viewer", ordering="viewer_name")
    def who_viewed(self, viewing: Any) -> str:
        return str(viewing.viewer_name)

    @display(description="seen as", ordering="person_name")
    def seen_as(self, viewing: Any) -> str:
        return str(viewing.person_name)
