"""Many records at once: chosen in a list, shown with their versions, each acted on by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from bookings.admin.bulk_rows import refuse_changed
from opsconsole.access.acting import because
from opsconsole.admin import ConsoleAdmin, show
from opsconsole.admin.base import NOT_HERE
from opsconsole.admin.scope import as_pk
from opsconsole.database.refusals import Refused, told_as_refusals
from opsconsole.history.versions import NONE_YET, newest_versions
from staffing.requests import person


class Many(ConsoleAdmin):
    """What all pages share on which something is done to many records of a list."""

    def chosen_for_many(
        self, request: HttpRequest, chosen: QuerySet[Any], most: int
    ) -> list[Any] | None:
        """The ids of those chosen in the list; None, with a message, if they are too many."""
        if not is_across(request):  # also those that a filter of the list has left meanwhile
            chosen = self.get_queryset(request).filter(pk__in=self.ticked_for_many(request))
        pks = list(chosen.order_by("pk").values_list("pk", flat=True)[: most + 1])
        if len(pks) <= most:
            return pks
        many = f"{most:,} {self.opts.verbose_name_plural}"
        sentence = f"You chose more than {many}, which is the most at once: nothing was done."
        messages.error(request, f"{sentence} Narrow the list down with a search or filter.")
        return None

    def ticked_for_many(self, request: HttpRequest) -> set[Any]:
        """The ids that were ticked."""
        return {as_pk(self.model, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)}

    def shown_for_many(
        self,
        request: HttpRequest,
        pks: list[Any],
        order: Sequence[str],
        fetched: Sequence[str] = (),
    ) -> list[Any]:
        """The records in one order for everybody, each with its newest version."""
        newest = newest_versions({self.model: set(pks)})  # before the records, never after
        rows = self.get_queryset(request).filter(pk__in=pks).prefetch_related(*fetched)
        records = list(rows.order_by(*order))
        for record in records:
            record.shown_version = newest.get((self.model, record.pk), NONE_YET)
        return records

    def done_to_one(
        self,
        request: HttpRequest,
        pk: Any,
        seen: int | None,
        reason: str,
        deed: Callable[[Any], None],
    ) -> str:
        """Do it to one record as it was shown; what refuses it, in a sentence."""
        try:
            with told_as_refusals(), because(reason):
                self.hold_to_change(request, pk)
                record = self.get_queryset(request).filter(pk=pk).first()
                if record is None:
                    raise Refused(NOT_HERE)
                refuse_changed(record, seen, person(request))
                deed(record)
        except Refused as refusal:
            return str(refusal)
        return ""

    def tell_many(
        self, request: HttpRequest, told: Mapping[Any, str], missing: int, done: str, **context: Any
    ) -> HttpResponse:
        """Back to the list where all of them went along; else a page that says of each why not."""
        refused = {record: sentence for record, sentence in told.items() if sentence}
        says = f"{self.number_of_many(len(told) - len(refused))}: {done}."
        if not (refused or missing):
            messages.success(request, f"{says[0].upper()}{says[1:]}")
            return redirect(request.get_full_path())
        context |= {"done": says, "refused": refused, "missing": missing}
        return show(
            self, request, "bookings/bulk_told.html", list=request.get_full_path(), **context
        )

    def number_of_many(self, number: int) -> str:
        """So many of these records, in words."""
        name = self.opts.verbose_name if number == 1 else self.opts.verbose_name_plural
        return f"{number or 'no'} {name}"


def is_across(request: HttpRequest) -> bool:
    """Whether all rows of the list were chosen, and not the ticked ones alone."""
    return request.POST.get("select_across") not in (None, "", "0")
