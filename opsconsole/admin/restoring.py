"""The page that restores an earlier version of a record: what would change, and why it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminTextInputWidget

from opsconsole.admin.base import ConsoleAdmin
from opsconsole.admin.history import Happened, Way
from opsconsole.admin.pages import show
from opsconsole.database.refusals import Refused, told_as_refusals
from opsconsole.history.names import Names, named_in
from opsconsole.history.restoring import NOTHING_TO_RESTORE, Restoring, restore
from opsconsole.history.sources import say_moment
from opsconsole.history.story import clock_of, tell
from opsconsole.history.versions import as_number, version_of
from opsconsole.history.words import label_of, say

CHANGED = (
    "Somebody changed this record since you opened this page. Nothing was restored: "
    "see what restoring would do now."
)


@dataclass(frozen=True)
class Line:
    """A field of the comparison, in words; `why` where it stays as it is."""

    label: str
    now: str
    then: str
    why: str = ""


class AskWhy(forms.Form):
    """Why a version is restored."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why you restore this version. Kept in the history.",
        error_messages={"required": "Say why you restore this version."},
    )


class Restorable(ConsoleAdmin):
    """A page whose records can be made again what they were, by those who may.

    `restoring` says which fields, and through which service.
    """

    restoring: ClassVar[Restoring]

    def get_urls(self) -> list[URLPattern]:
        """The page of a version stands under its record."""
        view = self.admin_site.admin_view(require_http_methods(["GET", "POST"])(self.restore))
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"
        return [path("<path:object_id>/restore/<version>/", view, name=name), *super().get_urls()]

    def has_restore_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Restoring is a permission of its own; and it is a change."""
        return self.allows(request, "restore", obj) and self.has_change_permission(request, obj)

    def tells_newest(self, request: HttpRequest) -> bool:
        return self.has_restore_permission(request)

    def ways_from(self, request: HttpRequest, change: Happened) -> list[Way]:
        """To restoring what an earlier version said."""
        ways = super().ways_from(request, change)
        if not self.has_restore_permission(request) or change.version.history_type == "-":
            return ways
        if self.is_newest(request, change):
            return ways
        about = f"of {change.when:%B} {change.when.day}, {change.when:%H:%M:%S}"
        page = self._address_of(change.pk, change.version.history_id)
        return [*ways, Way("Restore this version", page, about)]

    def restore(self, request: HttpRequest, object_id: str, version: str) -> HttpResponse:
        """What restoring would change; by POST, it is done."""
        if not self.has_restore_permission(request):
            raise PermissionDenied("Your role may not restore versions.")
        if request.method != "POST":
            return self._show(request, object_id, version, AskWhy())
        form = AskWhy(request.POST)
        try:
            with told_as_refusals(), transaction.atomic():
                return self._restored(request, object_id, version, form)
        except Refused as refusal:
            return self._show(request, object_id, version, form, str(refusal))

    def _restored(
        self, request: HttpRequest, object_id: str, number: str, form: AskWhy
    ) -> HttpResponse:
        """Restore, while the record stands still, over the version that the page showed alone."""
        self.hold_to_change(request, object_id)
        record, version = self._asked_for(request, object_id, number)
        if version is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if as_number(request.POST.get("newest")) != self.newest_of(request, record):
            raise Refused(CHANGED)
        if not form.is_valid():
            raise Refused("")
        reason = form.cleaned_data["reason"]
        restore(record, version, self.restoring, by=request.user, reason=reason)
        when = say_moment(version.history_date.astimezone(clock_of(record)))
        messages.success(request, f"{record}: restored as of {when}")
        return redirect(f"{self.admin_site.name}:{self._named('history')}", record.pk)

    def _show(
        self, request: HttpRequest, object_id: str, number: str, form: AskWhy, refusal: str = ""
    ) -> HttpResponse:
        self.note_newest(request, object_id)
        record, version = self._asked_for(request, object_id, number)
        if version is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        [entry] = tell(record, [version], None, request.user)
        lines, kept = self._compare(record, version, request.user)
        context = {
            "title": f"Restore {record}",
            "original": record,
            "object": record,
            "entry": entry,
            "lines": lines,
            "kept": kept,
            "follows": self.restoring.follows(record, version),
            "form": form,
            "newest": self.newest_of(request, record),
            "refusal": refusal if refusal != NOTHING_TO_RESTORE else "",
            "nothing": NOTHING_TO_RESTORE,
        }
        return show(self, request, "console/restore.html", **context)

    def _compare(
        self, record: models.Model, version: Any, person: Any
    ) -> tuple[list[Line], list[Line]]:
        """The fields that restoring changes, and those that were otherwise and stay."""
        changed = self.restoring.changed(record, version)
        kept = self.restoring.kept(record, version)
        names = Names(person, named_in(type(record), [record, version]), clock_of(record))

        def line(name: str, why: str = "") -> Line:
            field: Any = self.opts.get_field(name)
            now, then = (say(field, getattr(of, field.attname), names) for of in (record, version))
            return Line(label_of(field), now, then, why)

        return [line(name) for name in changed], [line(*each) for each in kept.items()]

    def _asked_for(self, request: HttpRequest, object_id: str, number: str) -> tuple[Any, Any]:
        """A record and a version of it, as far as this person may read both; None where not."""
        record = self.record(request, object_id)
        if record is None:
            return None, None
        if not self.has_restore_permission(request, record):
            raise PermissionDenied("Your role may not restore versions of this record.")
        version = version_of(record, number, request.user)
        if version is None or version.history_type == "-":  # its deletion says nothing of it
            return record, None
        return record, version

    def _address_of(self, pk: Any, number: Any) -> str:
        return reverse(f"{self.admin_site.name}:{self._named('restore')}", args=[pk, number])

    def _named(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"
