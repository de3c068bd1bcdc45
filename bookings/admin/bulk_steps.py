"""One step on many records: chosen in a list, looked at on a page, then taken on each by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminTextInputWidget

from bookings.admin.bulk_rows import Row, as_seen, as_sent
from bookings.admin.many import Many, is_across
from bookings.admin.steps import StepButtons
from bookings.guards import why_not
from bookings.steps import Attempt
from bookings.tasks.outlook import outlook
from opsconsole.admin import show
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


class BulkSteps(Many, StepButtons):
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
        pks = self.chosen_for_many(request, chosen, MOST)
        if pks is None:
            return redirect(request.get_full_path())
        records, form = self._looked_at(request, step, pks)
        ticked = self.ticked_for_many(request)
        missing = 0 if is_across(request) else len(ticked) - len(records)
        rows = self._judged(request, step, records, form)
        return self._show_many(request, step, rows, form, missing)

    def decide_many(self, request: HttpRequest, step: str) -> HttpResponse:
        """Take the step on those that the page showed it for, or show them again as they are."""
        seen = as_seen(self.model, request.POST.get(SEEN, ""))
        chosen = self.ticked_for_many(request)
        shown = list(dict.fromkeys([*seen, *chosen]))[:MOST]
        records, form = self._looked_at(request, step, shown, request.POST)
        rows = self._judged(request, step, records, form)
        mine = [row for row in rows if row.record.pk in chosen]
        if form.is_valid() and (asking := next((row for row in mine if row.asks_why), None)):
            form.add_error("reason", str(asking.refusal))
        if CONFIRM not in request.POST or not form.is_valid():
            return self._show_many(request, step, rows, form, len(shown) - len(rows))
        told = {row.record: self._try(request, step, row, seen, form) for row in mine}
        title = self._says(step, f"the selected {self.opts.verbose_name_plural}")
        done, missing = self.bulk[step].done, len(chosen) - len(mine)
        return self.tell_many(request, told, missing, done, title=title, step=step)

    def _looked_at(
        self, request: HttpRequest, step: str, pks: list[Any], sent: Any = None
    ) -> tuple[list[Any], BulkForm]:
        """The records in the order of their locks, each with its newest version, and the form."""
        records = self.shown_for_many(request, pks, ("property_id", "pk"), self.looked_at)
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
            "button": self._says(step, self.number_of_many(len(along))),
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
        sent, pk = form.cleaned_data, row.record.pk
        deed = partial(self.take_step, request, step, sent=sent)
        return self.done_to_one(request, pk, seen.get(pk), sent["reason"], deed)

    def _says(self, step: str, whom: str) -> str:
        return self.bulk[step].says.format(whom)


def _run(page: BulkSteps, request: HttpRequest, chosen: QuerySet[Any], step: str) -> HttpResponse:
    """The action of a list: first look, then take."""
    if SEEN in request.POST:
        return page.decide_many(request, step)
    return page.look_at_many(request, chosen, step)
