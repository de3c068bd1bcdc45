"""One step on many records: chosen in a list, looked at on a page, then taken on each by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminTextInputWidget

from bookings.admin.bulk_rows import Row, as_seen, as_sent, refuse_changed
from bookings.admin.steps import StepButtons
from bookings.guards import why_not
from bookings.steps import Attempt
from bookings.tasks.outlook import outlook
from opsconsole.access.acting import because
from opsconsole.admin import show
from opsconsole.admin.base import NOT_HERE
from opsconsole.admin.scope import as_pk
from opsconsole.database.refusals import Refused, told_as_refusals
from opsconsole.history.versions import NONE_YET, newest_versions
from staffing.requests import person

MOST = 200  # records at once: their homes stay locked until the last step is taken
SEEN, CONFIRM = "seen", "confirm"


class Bulk(NamedTuple):
    """What the button of a step says, "{}" being how many, and what has become of them then."""

    says: str
    done: str


class BulkForm(forms.Form):
    """What is asked once, for all of them."""

    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Why you do this. Kept in the history of each.",
    )


class BulkSteps(StepButtons):
    """A list in which a step is taken on many records.

    `bulk` names the steps, which are the buttons' own methods; `looked_at` is what guards and page
    ask of each record, fetched ahead for all of them.
    """

    bulk: ClassVar[Mapping[str, Bulk]] = {}
    looked_at: ClassVar[Sequence[str]] = ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One for each step that the role allows."""
        offered = super().get_actions(request)
        for step, bulk in self.bulk.items() if IS_POPUP_VAR not in request.GET else ():
            if self.may_step_many(request, step):
                says = bulk.says.format(f"the selected {self.opts.verbose_name_plural}")
                name = f"{step}_selected"
                offered[name] = (partial(_run, step=step), name, says)
        return offered

    # What a list may say otherwise

    def may_step_many(self, request: HttpRequest, step: str) -> bool:
        """Whether the role allows the step, as for its button."""
        return all(self.allows(request, verb) for verb in getattr(self, step).allowed_permissions)

    def known_about(self, records: list[Any]) -> Any:
        """What guards look up about all of the records at once."""
        return None

    def what_follows(self, step: str, record: Any, known: Any) -> str:
        """What the step brings with it: the tasks of a plan."""
        return outlook(record, self.table[step].becomes)

    def form_for(self, request: HttpRequest, step: str, records: list[Any]) -> type[BulkForm]:
        """What is asked once for these records."""
        return BulkForm

    def take_step(self, request: HttpRequest, step: str, record: Any, sent: Any) -> None:
        """Take the step on one record."""
        getattr(self, step)(request, record, sent["reason"])

    # Looking at them

    def look_at_many(self, request: HttpRequest, chosen: QuerySet[Any], step: str) -> HttpResponse:
        """What the step would do to those chosen in the list; nothing is changed."""
        ticked = {as_pk(self.model, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)}
        across = request.POST.get("select_across") not in (None, "", "0")
        if not across:  # also those that a filter of the list has left meanwhile
            chosen = self.get_queryset(request).filter(pk__in=ticked)
        pks = list(chosen.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
        if len(pks) > MOST:
            many = f"{MOST:,} {self.opts.verbose_name_plural}"
            sentence = f"You chose more than {many}, which is the most at once: nothing was done."
            messages.error(request, f"{sentence} Narrow the list down with a search or filter.")
            return redirect(request.get_full_path())
        records, form = self._looked_at(request, step, pks)
        missing = 0 if across else len(ticked) - len(records)
        rows = self._judged(request, step, records, form)
        return self._show_many(request, step, rows, form, missing)

    def decide_many(self, request: HttpRequest, step: str) -> HttpResponse:
        """Take the step on those that the page showed it for, or show them again as they are."""
        seen = as_seen(self.model, request.POST.get(SEEN, ""))
        chosen = {as_pk(self.model, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)}
        shown = list(dict.fromkeys([*seen, *chosen]))[:MOST]
        records, form = self._looked_at(request, step, shown, request.POST)
        rows = self._judged(request, step, records, form)
        mine = [row for row in rows if row.record.pk in chosen]
        if form.is_valid() and (asking := next((row for row in mine if row.asks_why), None)):
            form.add_error("reason", str(asking.refusal))
        if CONFIRM not in request.POST or not form.is_valid():
            return self._show_many(request, step, rows, form, len(shown) - len(rows))
        told = {row.record: self._try(request, step, row, seen, form) for row in mine}
        return self._tell_many(request, step, told, len(chosen) - len(mine))

    def _looked_at(
        self, request: HttpRequest, step: str, pks: list[Any], sent: Any = None
    ) -> tuple[list[Any], BulkForm]:
        """The records in the order of their locks, each with its newest version, and the form."""
        newest = newest_versions({self.model: set(pks)})  # before the records, never after
        rows = self.get_queryset(request).filter(pk__in=pks).prefetch_related(*self.looked_at)
        records = list(rows.order_by("property_id", "pk"))
        for record in records:
            record.shown_version = newest.get((self.model, record.pk), NONE_YET)
        return records, self.form_for(request, step, records)(sent)

    def _judged(
        self, request: HttpRequest, step: str, records: list[Any], form: BulkForm
    ) -> list[Row]:
        sent: Mapping[str, Any] = form.cleaned_data if form.is_valid() else {}
        attempt = Attempt(person(request), sent.get("reason", ""), to=sent.get("to"))
        known = self.known_about(records)
        return [
            Row(
                record,
                record.shown_version,
                why_not(step, record, attempt, known),
                self.what_follows(step, record, known),
            )
            for record in records
        ]

    def _show_many(
        self, request: HttpRequest, step: str, rows: list[Row], form: BulkForm, missing: int = 0
    ) -> HttpResponse:
        along = [row for row in rows if row.goes_along]
        context = {
            "title": self._says(step, f"the selected {self.opts.verbose_name_plural}"),
            "step": step,
            "button": self._says(step, self._count(len(along))),
            "along": along,
            "not_now": [row for row in rows if not row.goes_along],
            "questions": dict.fromkeys(str(row.refusal) for row in along if row.asks_why),
            "form": form,
            "seen": as_sent(rows),
            "missing": missing,
            "list": request.get_full_path(),
        }
        return show(self, request, "bookings/bulk_steps.html", **context)

    # Taking it

    def _try(
        self, request: HttpRequest, step: str, row: Row, seen: Mapping[Any, Any], form: BulkForm
    ) -> str:
        """Take the step on one record as it was shown; what refuses it, in a sentence."""
        pk = row.record.pk
        try:
            with told_as_refusals(), because(form.cleaned_data["reason"]):
                self.hold_to_change(request, pk)
                record = self.get_queryset(request).filter(pk=pk).first()
                if record is None:
                    raise Refused(NOT_HERE)
                refuse_changed(record, seen.get(pk), person(request))
                self.take_step(request, step, record, form.cleaned_data)
        except Refused as refusal:
            return str(refusal)
        return ""

    def _tell_many(
        self, request: HttpRequest, step: str, told: dict[Any, str], missing: int
    ) -> HttpResponse:
        """Back to the list where all of them went along; else a page that says of each why not."""
        refused = {record: sentence for record, sentence in told.items() if sentence}
        done = f"{self._count(len(told) - len(refused))}: {self.bulk[step].done}."
        if not (refused or missing):
            messages.success(request, f"{done[0].upper()}{done[1:]}")
            return redirect(request.get_full_path())
        context = {
            "title": self._says(step, f"the selected {self.opts.verbose_name_plural}"),
            "step": step,
            "done": done,
            "refused": refused,
            "missing": missing,
            "list": request.get_full_path(),
        }
        return show(self, request, "bookings/bulk_told.html", **context)

    def _says(self, step: str, whom: str) -> str:
        return self.bulk[step].says.format(whom)

    def _count(self, number: int) -> str:
        name = self.opts.verbose_name if number == 1 else self.opts.verbose_name_plural
        return f"{number or 'no'} {name}"


def _run(page: BulkSteps, request: HttpRequest, chosen: QuerySet[Any], step: str) -> HttpResponse:
    """The action of a list: first look, then take."""
    if SEEN in request.POST:
        return page.decide_many(request, step)
    return page.look_at_many(request, chosen, step)
