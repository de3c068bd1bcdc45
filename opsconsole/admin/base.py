"""`ConsoleAdmin`, the one base class of every admin page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.dataclasses import UnfoldAction
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminTextareaWidget

from opsconsole.access import registry
from opsconsole.access.acting import because
from opsconsole.access.people import sees_everything
from opsconsole.admin.empty import Empty, empty_list, ways_to_fill
from opsconsole.admin.forms import ConsoleForm, Question, ReasonForm
from opsconsole.admin.history import HistoryPage
from opsconsole.admin.holding import Holding
from opsconsole.admin.links import Link, Links
from opsconsole.admin.paging import KeysFirst
from opsconsole.admin.rows import Rows
from opsconsole.admin.scope import Scoped, as_pk
from opsconsole.admin.sections import FoldsOut
from opsconsole.admin.views import Views
from opsconsole.database.refusals import ReasonMissing, Refused, told_as_refusals
from opsconsole.imports.resource import ImportResource

OUT_OF_SCOPE = "outside your ZIP codes"
NOT_HERE = f"That record is not here: it was removed, or it lies {OUT_OF_SCOPE}."


class ForgivingList(ChangeList):
    """unfold's list; a date beyond the calendar in the address shows the list unfiltered."""

    result_list: Any

    @cached_property
    def rows(self) -> Rows:
        """The page that is shown, as its template writes it."""
        return Rows(self)

    @cached_property
    def empty(self) -> Empty:
        """What is said where there is no row."""
        return empty_list(self.model_admin, self.asked_by)

    def get_results(self, request: HttpRequest) -> None:
        """The rows of the page, with what is looked up for rows that are shown."""
        self.asked_by = request
        super().get_results(request)
        rows: Any = self.result_list
        self.result_list = self.model_admin.rows_shown(request, rows)

    def get_queryset(self, *args: Any, **kwargs: Any) -> models.QuerySet[Any]:
        """Django counts on to the year 10,000 and fails there."""
        try:
            return super().get_queryset(*args, **kwargs)
        except OverflowError as error:
            raise IncorrectLookupParameters from error


class CountedList(ForgivingList):
    """How many rows a list has, up to where nobody wants to know it exactly."""

    MOST = 1000

    def get_results(self, request: HttpRequest) -> None:
        """One number, found without their order or anything that the list shows of them."""
        found = self.queryset.order_by().values("pk")[: self.MOST + 1].count()
        self.result_count = min(found, self.MOST)
        self.is_more = found > self.MOST

    @property
    def said(self) -> str:
        """As it stands beside the name of a view."""
        return f"{self.result_count:,}{'+' if self.is_more else ''}"


class ConsoleAdmin(Scoped, Holding, HistoryPage, Links, Views, FoldsOut, ModelAdmin):
    """An admin page that holds staff to their ZIP codes, and says what it refuses.

    The bases in order: Scoped answers what may be seen and done (it must come before anything
    that could answer otherwise); Holding keeps records as they are while they are saved;
    HistoryPage shows the versions; Links are the ways to other pages; Views are what the list is
    asked for under a name; FoldsOut shows what is below its rows; unfold's ModelAdmin is the rest.
    """

    form = ConsoleForm
    paginator = KeysFirst
    view_on_site = False
    list_per_page = 100
    list_filter_submit = True
    show_full_result_count = False
    compressed_fields = True
    warn_unsaved_form = True
    actions: Any = None
    imports: ClassVar[type[ImportResource] | None] = None  # how a file of these records is read
    if_empty: ClassVar[str]  # what records here are, how they come, and what has to be there first
    formfield_overrides = {models.TextField: {"widget": UnfoldAdminTextareaWidget({"rows": 4})}}

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A record that is not there yet has nothing related to it."""
        return super().get_inlines(request, obj) if obj else []

    # What may be asked in the address

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only filters that the list shows: any other lookup is a way to guess hidden values."""
        return request is not None and lookup in self.known_to_list(request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """A list that survives dates no calendar has, or only how many rows it has."""
        return CountedList if getattr(request, "is_counted", False) else ForgivingList

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The pages of a list, which are found otherwise while only the scope limits it."""
        pages = super().get_paginator(request, *args, **kwargs)
        is_filtered = bool(request.GET.keys() - {ORDER_VAR, PAGE_VAR})
        pages.whole_scope = not (is_filtered or sees_everything(request.user))
        return pages

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; ids that are none are left out of an action, like those out of scope."""
        if request.method == "POST":
            posted = request.POST.copy()
            chosen = posted.getlist(ACTION_CHECKBOX_NAME)
            posted.setlist(
                ACTION_CHECKBOX_NAME, [pk for pk in chosen if as_pk(self.model, pk) is not None]
            )
            request.POST = posted  # type: ignore[assignment]
        return super().changelist_view(request, extra_context)

    def rows_shown(self, request: HttpRequest, rows: models.QuerySet[Any]) -> Any:
        """The rows of a page of the list, completed by what no query of all rows has to know."""
        return rows

    def ways_to_fill(self, request: HttpRequest) -> list[Link]:
        """Where records of this kind come from, for those who may bring them."""
        return ways_to_fill(self, request)

    # Actions

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without actions that declare no permission: Django offers those to all who may look."""
        return {
            name: action
            for name, action in super().get_actions(request).items()
            if getattr(action[0], "allowed_permissions", None)
        }

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What a deletion takes with it, naming only what the person may see."""
        listing, counts, missing, protected = super().get_deleted_objects(objs, request)
        if sees_everything(request.user):
            return listing, counts, missing, protected
        masked = [f"Records that depend on it, some perhaps {OUT_OF_SCOPE}"]
        return (listing[:1], counts, missing, masked if protected else [])

    # Saving: the history is written by the database, so Django's own log stays empty

    def log_addition(self, *args: Any) -> None:
        """Nothing: see the history of the record."""

    def log_change(self, *args: Any) -> None:
        """Nothing: see the history of the record."""

    def log_deletions(self, *args: Any) -> None:
        """Nothing: see the history of the record."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form, or save it; a refusal becomes an error on the form as it was sent."""
        show = super().changeform_view
        try:
            with told_as_refusals(), transaction.atomic():
                self.hold_to_change(request, object_id)
                return show(request, object_id, form_url, extra_context)
        except Refused as refusal:
            sentence = str(refusal)
            if object_id is not None and isinstance(refusal, ReasonMissing):
                sentence = Question(sentence)
            request.refusal = sentence  # type: ignore[attr-defined]
            self.note_newest(request, object_id)
            return show(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: models.Model | None = None, change: bool = False, **kw: Any
    ) -> type[ConsoleForm]:
        """The form, carrying the refusal of this request if there was one, and the version."""
        form = super().get_form(request, obj, change=change, **kw)
        refusal, newest = getattr(request, "refusal", None), self.newest_of(request, obj)
        carried = {"refusal": refusal, "newest": newest, "viewer": request.user}
        return type(form.__name__, (form,), carried)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields, and last the reason, where a change is possible and history is kept."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if not issubclass(self.form, ReasonForm):
            return fieldsets
        fieldsets = [
            (name, {**options, "fields": [f for f in options["fields"] if f != "change_reason"]})
            for name, options in fieldsets
        ]
        if obj is not None and self.has_change_permission(request, obj):
            fieldsets.append(("Why", {"fields": ["change_reason"]}))
        return fieldsets

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what stays in scope with its reason, then take the step that was asked for."""
        self.refuse_out_of_scope(request, obj)
        reason = form.cleaned_data.get("change_reason", "")
        with because(reason):
            self.save_record(request, obj, form, change=change)
            if change and not registry.in_scope(request.user, obj):
                raise Refused("This record left your ZIP codes meanwhile. Nothing was saved.")
            for step in self.steps_asked_for(request, obj) if change else ():
                step.method(request, obj, reason)

    def steps_asked_for(self, request: HttpRequest, obj: Any) -> list[UnfoldAction]:
        """The steps whose buttons were pressed, of those that are offered."""
        offered = self.get_actions_submit_line(request, obj.pk)
        return [step for step in offered if step.action_name in request.POST]

    def save_record(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> None:
        """Write the record; pages whose records have services hand it to them."""
        obj.save()

    def refuse_out_of_scope(self, request: HttpRequest, obj: models.Model) -> None:
        """No row is planted in, or moved to, a ZIP code that is not the person's."""
        if not registry.may_become(request.user, obj):
            raise PermissionDenied(f"This {obj._meta.verbose_name} would lie {OUT_OF_SCOPE}.")

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Back home, with the same words for what is absent and what is out of scope."""
        messages.warning(request, NOT_HERE)
        return redirect("admin:index")
