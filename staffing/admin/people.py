"""The page of people: colleagues and ReRenters."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from opsconsole.access.roles import role_required
from opsconsole.admin import Link, RelatedRows, show
from opsconsole.admin.forms import ReasonForm
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.pages import import_urls
from staffing import sign_in_links
from staffing.admin.viewing import ViewAsPages
from staffing.followers import assignments_changed
from staffing.models import User, ZipAssignment
from staffing.people_resources import PeopleResource
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
class PersonAdmin(ViewAsPages):
    """People by role. Nobody sets another's password: a one-time link lets them choose it."""

    form = ReasonForm
    imports = PeopleResource
    if_empty = "Staff look after homes, ReRenters own them, managers and auditors see all of it."
    list_display = ["full_name", "email", "phone", "role", "is_active"]
    list_filter = [("user_type", ChoicesDropdownFilter), ("is_active", BooleanRadioFilter)]
    search_fields = ["full_name", "email"]
    search_help_text = "Search by name or email"
    ordering = ["full_name", "email"]
    fieldsets = [
        (None, {"fields": ["full_name", "email", "phone", "user_type", "is_active"]}),
        ("Account", {"fields": ["password_set_at", "link_made_at", "last_login", "date_joined"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        """The pages of the import, and those that make one-time links."""
        site = self.admin_site
        links = [
            path(
                "import/<int:pk>/links/",
                site.admin_view(self.links_of_import),
                name="staffing_user_import_links",
            ),
            path("<path:object_id>/link/", site.admin_view(self.link), name="staffing_user_link"),
        ]
        return [*links, *import_urls(self, self.imports), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who is added is active, and has no account yet."""
        if obj is None:
            return [(None, {"fields": ["full_name", "email", "phone", "user_type"]})]
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nobody changes their own role, or locks themselves out."""
        own = ["user_type", "is_active"] if obj == request.user else []
        return [*own, "password_set_at", "link_made_at", "last_login", "date_joined"]

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
        """Who is deactivated looks after nothing any more; who is new has no password yet."""
        if not change:
            obj.set_unusable_password()
        super().save_record(request, obj, form, change=change)
        if not obj.is_active:
            assignments_changed(
                set(obj.zip_assignments.order_by().values_list("content_object_id", flat=True))
            )

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [TheirAssignments] if obj and obj.user_type == User.Type.STAFF else []

    def list_links(self, request: HttpRequest) -> list[Link]:
        """Files come in from here."""
        if not self.allows(request, "import"):
            return []
        return [Link("Import from a file", reverse("admin:staffing_user_import"), "upload_file")]

    def record_links(self, request: HttpRequest, obj: User) -> list[Link]:
        """Viewing as a colleague, and a link for them: not for ReRenters, who don't sign in."""
        links = self.view_as_links(request, obj)
        if obj.is_staff and obj.is_active and self.has_change_permission(request, obj):
            page = reverse("admin:staffing_user_link", args=[obj.pk])
            links.append(Link("One-time sign-in link", page, "key"))
        return links

    def response_add(self, request: HttpRequest, obj: User, *args: Any, **kwargs: Any) -> Any:
        """Who was added and signs in gets their link next."""
        response = super().response_add(request, obj, *args, **kwargs)
        if obj.is_staff and "_addanother" not in request.POST:
            return redirect("admin:staffing_user_link", obj.pk)
        return response

    # One-time links

    def link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what a link is for; POST makes one, which is shown this once."""
        if not self.has_change_permission(request):
            raise PermissionDenied("Your role may not make sign-in links.")
        them: User | None = self.get_object(request, object_id)
        if them is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_change_permission(request, them):
            raise PermissionDenied("Their role is above yours.")
        if them == request.user:
            return redirect("admin:password_change")  # which asks for the old one
        if not (them.is_staff and them.is_active):
            raise PermissionDenied("Only active colleagues sign in: ReRenters never do.")
        return self._links_page(request, [them], made=request.method == "POST", of=them)

    @role_required(PeopleResource.permission, to="import people")
    def links_of_import(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Links for the colleagues whom one's own import made; POST makes new ones each time."""
        mine = ImportBatch.objects.filter(uploaded_by=person(request), resource=PeopleResource.kind)
        batch = get_object_or_404(mine, pk=pk, status=ImportBatch.Status.COMMITTED)
        newcomers = sign_in_links.newcomers().filter(import_batch=batch)
        people = sign_in_links.in_reach(newcomers, person(request))
        return self._links_page(
            request, people, made=request.method == "POST" and bool(people), batch=batch
        )

    def _links_page(
        self,
        request: HttpRequest,
        people: list[User],
        *,
        made: bool,
        batch: ImportBatch | None = None,
        of: User | None = None,
    ) -> HttpResponse:
        made_links: dict[User, str] = {}
        if made:
            made_links = sign_in_links.make_links(people, by=person(request))
        response = show(
            self,
            request,
            "staffing/sign_in_links.html",
            title=f"Sign-in link for {of}" if of else "Sign-in links",
            people=people,
            links=[(them, request.build_absolute_uri(to)) for them, to in made_links.items()],
            batch=batch,
            person=of,
            hours=sign_in_links.hours_valid(),
        )
        response["Cache-Control"] = "private, no-store"
        return response

    @display(description="role", ordering="user_type", label=ROLE_COLOURS)
    def role(self, person: User) -> str:
        return person.role_name
