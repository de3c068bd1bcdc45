"""The page of people: colleagues and ReRenters."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm

from opsconsole.admin import Link, RelatedRows
from opsconsole.admin.forms import ConsoleForm, ReasonForm
from staffing.admin.viewing import ViewAsPages
from staffing.followers import assignments_changed
from staffing.models import User, ZipAssignment
from staffing.requests import person
from staffing.roles import RANKS, rank_of

ROLE_COLOURS = {"ReRenter": "info", "Staff": "success", "Manager": "warning", "Auditor": "primary"}


class TheirAssignments(RelatedRows):
    """The ZIP codes a member of staff looks after, past and future included."""

    model = ZipAssignment
    fk_name = "user"
    verbose_name_plural = "ZIP codes"
    fields = ["content_object", "duty", "starts_on", "ends_on", "note"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "content_object")


@admin.register(User)
class PersonAdmin(ViewAsPages, UserAdmin):  # type: ignore[misc]  # both are ModelAdmins
    """People by role. Django's UserAdmin adds only the page that sets a password."""

    form = ReasonForm
    if_empty = "Staff look after homes, ReRenters own them, managers and auditors see all of it."
    add_form = ConsoleForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["full_name", "email", "phone", "role", "is_active"]
    list_filter = [("user_type", ChoicesDropdownFilter), ("is_active", BooleanRadioFilter)]
    search_fields = ["full_name", "email"]
    search_help_text = "Search by name or email"
    ordering = ["full_name", "email"]
    filter_horizontal = ()
    fieldsets = [
        (None, {"fields": ["full_name", "email", "phone", "user_type", "is_active"]}),
        ("Account", {"fields": ["password_set_at", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["full_name", "email", "phone", "user_type"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nobody changes their own role, or locks themselves out."""
        own = ["user_type", "is_active"] if obj == request.user else []
        return [*own, "password_set_at", "last_login", "date_joined"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits a person whose role is above their own."""
        if not super().has_change_permission(request, obj):
            return False
        them = obj if obj is None or isinstance(obj, User) else self.get_object(request, str(obj))
        return them is None or rank_of(them) <= rank_of(person(request))

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Nobody grants a role above their own."""
        if db_field.name == "user_type":
            highest = rank_of(person(request))
            kwargs["choices"] = [
                (role, label) for role, label in User.Type.choices if RANKS[role] <= highest
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_record(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> None:
        """Who is deactivated looks after nothing any more."""
        super().save_record(request, obj, form, change=change)
        if not obj.is_active:
            assignments_changed(
                set(obj.zip_assignments.order_by().values_list("content_object_id", flat=True))
            )

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [TheirAssignments] if obj and obj.user_type == User.Type.STAFF else []

    def record_links(self, request: HttpRequest, obj: User) -> list[Link]:
        """Viewing as a colleague, and setting a password: not for ReRenters, who have none."""
        links = self.view_as_links(request, obj)
        if obj.is_staff and self.has_change_permission(request, obj):
            page = reverse("admin:auth_user_password_change", args=[obj.pk])
            links.append(Link("Set password", page, "key"))
        return links

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Set somebody's password; ReRenters have none, and one's own is changed elsewhere."""
        them = self.get_object(request, id)
        if them == request.user:
            return redirect("admin:password_change")  # which asks for the old one
        if them is not None and them.user_type == User.Type.RERENTER:
            raise PermissionDenied("ReRenters don’t sign in, so they have no password.")
        return super().user_change_password(request, id, form_url)

    @display(description="role", ordering="user_type", label=ROLE_COLOURS)
    def role(self, person: User) -> str:
        return person.role_name
