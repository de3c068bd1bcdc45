"""Changing many records at once: chosen in a list, previewed, then each changed by itself."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from bookings.admin.bulk_forms import BulkChanges
from bookings.admin.bulk_rows import as_seen
from bookings.admin.many import Many
from opsconsole.admin import show
from opsconsole.database.refusals import Refused, told_as_refusals
from opsconsole.history.names import Names
from opsconsole.history.story import clock_of
from opsconsole.history.words import label_of, say
from staffing.requests import person

MOST = 500  # records at once: the preview tries each, and so does the change
CHOSEN, CONFIRM, PREVIEW = "seen", "confirm", "preview"
NAME = "change_selected"


@dataclass(frozen=True)
class Change:
    """A field of a record, in words, as it is and as it would be."""

    label: str
    was: str
    becomes: str


@dataclass(frozen=True)
class Preview:
    """What would become of one record."""

    record: Any
    version: int
    changes: list[Change]
    refusal: str = ""


class BulkEdit(Many):
    """A list whose records managers change together: `changes_form` says in what."""

    changes_form: ClassVar[type[BulkChanges]]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Changing the selected is offered to managers."""
        offered = super().get_actions(request)
        if IS_POPUP_VAR not in request.GET and self.may_change_many(request):
            says = f"Change the selected {self.opts.verbose_name_plural}…"
            offered[NAME] = (_run, NAME, says)
        return offered

    def may_change_many(self, request: HttpRequest) -> bool:
        """Whether this person changes many at once."""
        return person(request).is_manager and self.has_change_permission(request)

    def save_changed(
        self, request: HttpRequest, record: Any, names: Collection[str], reason: str
    ) -> None:
        """Write these fields of a record through its service."""
        raise NotImplementedError

    # Choosing

    def choose_changes(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        """The form for those chosen in the list."""
        pks = self.chosen_for_many(request, chosen, MOST)
        if pks is None:
            return redirect(request.get_full_path())
        return self._ask_changes(request, pks, self.changes_form())

    def _ask_changes(self, request: HttpRequest, pks: list[Any], form: BulkChanges) -> HttpResponse:
        context = {**self._frame_of_changes(request, len(pks)), "form": form}
        context["seen"] = " ".join(f"{pk}:" for pk in pks)
        return show(self, request, "bookings/bulk_edit.html", **context)

    # Previewing, and changing what was previewed

    def go_on_changing(self, request: HttpRequest) -> HttpResponse:
        """The preview of what was asked for; confirmed, it is done."""
        seen = dict(list(as_seen(self.model, request.POST.get(CHOSEN, "")).items())[:MOST])
        form = self.changes_form(request.POST)
        if not form.is_valid() or not {CONFIRM, PREVIEW} & request.POST.keys():
            return self._ask_changes(request, list(seen), form)
        if CONFIRM in request.POST:
            return self._change_many(request, seen, form)
        records = self.shown_for_many(request, list(seen), ("pk",))
        rows = [self._preview(request, record, form) for record in records]
        return self._show_preview(request, rows, form, len(seen) - len(rows))

    def _preview(self, request: HttpRequest, record: Any, form: BulkChanges) -> Preview:
        """What would change, tried out and taken back: what refuses it now refuses it then."""
        after, version = copy(record), record.shown_version
        try:
            names = _set(after, form)
            with told_as_refusals(), transaction.atomic():
                if names:
                    self.save_changed(request, copy(after), names, form.cleaned_data["reason"])
                transaction.set_rollback(True)
        except Refused as refusal:
            return Preview(record, version, [], str(refusal))
        return Preview(record, version, [self._in_words(record, after, name) for name in names])

    def _in_words(self, record: Any, after: Any, name: str) -> Change:
        field: Any = self.opts.get_field(name)
        names = Names(None, {}, clock_of(record))
        was, becomes = (say(field, getattr(of, field.attname), names) for of in (record, after))
        return Change(label_of(field), was, becomes)

    def _show_preview(
        self, request: HttpRequest, rows: list[Preview], form: BulkChanges, missing: int
    ) -> HttpResponse:
        along = [row for row in rows if row.changes]
        context = {
            **self._frame_of_changes(request, len(rows)),
            "along": along,
            "refused": [row for row in rows if row.refusal],
            "same": [row for row in rows if not row.changes and not row.refusal],
            "missing": missing,
            "button": f"Change {self.number_of_many(len(along))}",
            "sent": [(name, request.POST[name]) for name in form.fields if name in request.POST],
            "seen": " ".join(f"{row.record.pk}:{row.version}" for row in along),
            "all_seen": " ".join(f"{row.record.pk}:" for row in rows),
        }
        return show(self, request, "bookings/bulk_preview.html", **context)

    def _change_many(
        self, request: HttpRequest, seen: dict[Any, int | None], form: BulkChanges
    ) -> HttpResponse:
        """Change each as it was shown; what refuses one is told, and leaves the others alone."""
        records = self.shown_for_many(request, list(seen), ("pk",))
        told = {record: self._change_one(request, record.pk, seen, form) for record in records}
        missing, title = len(seen) - len(records), f"Change {self.number_of_many(len(seen))}"
        return self.tell_many(request, told, missing, "changed", title=title, step="change")

    def _change_one(
        self, request: HttpRequest, pk: Any, seen: dict[Any, int | None], form: BulkChanges
    ) -> str:
        """Change one record; what refuses it, in a sentence."""
        reason = form.cleaned_data["reason"]

        def change(record: Any) -> None:
            if names := _set(record, form):
                self.save_changed(request, record, names, reason)

        return self.done_to_one(request, pk, seen[pk], reason, change)

    def _frame_of_changes(self, request: HttpRequest, count: int) -> dict[str, Any]:
        return {
            "title": f"Change {self.number_of_many(count)}",
            "action": NAME,
            "list": request.get_full_path(),
        }


def _set(record: Any, form: BulkChanges) -> list[str]:
    """Put what was asked for into a record; the names of the fields that changed by it."""
    changed = []
    for name, value in form.values_for(record).items():
        field = record._meta.get_field(name)
        if value == getattr(record, name):
            continue
        try:
            setattr(record, name, field.clean(value, record))
        except ValidationError as error:
            raise Refused(f"{label_of(field)}: {' '.join(error.messages)}") from error
        changed.append(name)
    return changed


def _run(page: BulkEdit, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
    """The action of a list: first ask what to change, then preview, then change."""
    if CHOSEN in request.POST:
        return page.go_on_changing(request)
    return page.choose_changes(request, chosen)
