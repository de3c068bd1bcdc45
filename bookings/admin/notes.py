"""Notes: below the form of a home, a plan, a booking and a task, and on a page with all of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_POST
from unfold.widgets import UnfoldAdminTextareaWidget

from bookings.models import RecordNote
from bookings.models.notes import LONGEST
from bookings.notes import services
from opsconsole.access.roles import role_required
from opsconsole.admin import ConsoleAdmin, show
from opsconsole.database.refusals import Refused
from staffing.requests import person

SHOWN = 10  # below a form: the newest
PER_PAGE = 50
MOST_ID = 2**63 - 1


class NoteForm(forms.Form):
    """The box for a new note."""

    note = forms.CharField(
        label="New note",
        max_length=LONGEST,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="Colleagues who see this record read it. An @ and a full name tells one of it.",
        error_messages={
            "required": "Write something first: an empty note says nothing.",
            "max_length": f"A note has at most {LONGEST:,} characters, and this one has "
            "%(show_value)d. Shorten it, or write two.",
        },
    )

    def __init__(self, data: Any = None) -> None:
        """Lines end as the reader counts them, not as browsers send them."""
        if data is not None:
            data = {"note": data.get("note", "").replace("\r\n", "\n")}
        super().__init__(data)


class Noted(ConsoleAdmin):
    """A page about a record, with the newest notes on it and a box for another below its form."""

    change_form_outer_after_template = "bookings/below.html"

    def get_urls(self) -> list[URLPattern]:
        """The page of all notes, where new ones are sent to, and the way to take one back."""
        pages = {
            "notes/": ("notes", require_http_methods(["GET", "POST"])(self.notes_page)),
            "notes/<int:note_id>/withdraw/": ("note_withdraw", require_POST(self.withdraw_note)),
        }
        model = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(
                f"<path:object_id>/{route}",
                self.admin_site.admin_view(view),
                name=f"{model}_{name}",
            )
            for route, (name, view) in pages.items()
        ]
        return [*own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the notes, once the record is there."""
        if (record := context.get("original")) and _may(request, "view"):
            found = list(services.notes_on(record, person(request)).reverse()[: SHOWN + 1])
            notes = _Notes(self, request, record, found[:SHOWN][::-1])
            context["notes"] = notes.context | {"has_more": len(found) > SHOWN}
        return super().render_change_form(request, context, *args, **kwargs)

    @role_required("bookings.view_recordnote", to="read notes")
    def notes_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All notes on a record; what was sent and refused stands in the box as it was typed."""
        if request.method == "POST" and not _may(request, "add"):
            raise PermissionDenied("Your role may not write notes.")
        record = self.record(request, object_id)
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = NoteForm(request.POST) if request.method == "POST" else NoteForm()
        if form.is_bound and form.is_valid() and _is_written(record, form, request):
            return redirect(f"{_page_of(record)}#notes")
        pages = Paginator(services.notes_on(record, person(request)), PER_PAGE)
        page = pages.get_page(request.GET.get("p") or pages.num_pages)
        notes = _Notes(self, request, record, list(page), form)
        title = f"Notes on {record}"
        return show(
            self,
            request,
            "bookings/notes/page.html",
            title=title,
            original=record,
            object=record,
            page=page,
            notes=notes.context,
            form=form,
        )

    @role_required("bookings.change_recordnote", to="write notes")
    def withdraw_note(self, request: HttpRequest, object_id: str, note_id: int) -> HttpResponse:
        """Take back a note of one's own."""
        record = self.record(request, object_id)
        found = services.notes_on(record, person(request)) if record else RecordNote.objects.none()
        note = found.filter(pk=min(note_id, MOST_ID)).first()
        if record is None or note is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        try:
            services.withdraw(note, by=person(request))
        except Refused as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, "Your note is withdrawn.")
        return redirect(f"{_page_of(record)}#notes")


class _Notes:
    """What the templates need to show notes of a record to somebody."""

    def __init__(
        self,
        page: ConsoleAdmin,
        request: HttpRequest,
        record: Any,
        lines: list[Any],
        form: NoteForm | None = None,
    ) -> None:
        viewer, may_write = person(request), _may(request, "add")
        model = f"admin:{page.opts.app_label}_{page.opts.model_name}"
        for note in lines:
            note.is_own = note.written_by_id == viewer.pk and note.may_still_be_withdrawn
            note.way_to_withdraw = reverse(f"{model}_note_withdraw", args=[record.pk, note.pk])
        # Below a form, with all its own queries, the script asks for them once an @ is typed.
        people = services.people_for(record, viewer) if may_write and form else {}
        self.context: dict[str, Any] = {
            "lines": lines,
            "noun": page.opts.verbose_name,
            "clock": services.home_of(record).timezone,
            "page": reverse(f"{model}_notes", args=[record.pk]),
            "form": (form or NoteForm()) if may_write else None,
            "has_people": form is not None,
            "people": [name for pk, name in people.items() if pk != viewer.pk],
            "reads_withdrawn": viewer.sees_every_zip_code,
        }


def _may(request: HttpRequest, verb: str) -> bool:
    return request.user.has_perm(f"bookings.{verb}_recordnote")


def _is_written(record: Any, form: NoteForm, request: HttpRequest) -> bool:
    try:
        services.add_note(record, form.cleaned_data["note"], by=person(request))
    except Refused as refusal:
        form.add_error("note", str(refusal))
    return not form.errors


def _page_of(record: Any) -> str:
    return reverse(f"admin:bookings_{record._meta.model_name}_change", args=[record.pk])
