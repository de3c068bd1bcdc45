"""Steps taken from the home page: one press, and back to the card it was pressed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from bookings.admin.steps import StepButtons
from opsconsole.admin.base import NOT_HERE
from opsconsole.admin.scope import as_pk
from opsconsole.database.refusals import Refused, told_as_refusals
from opsconsole.history.versions import as_number

DAYS = ("today", "tomorrow", "week")  # what the home page can be asked for
CHANGED = "This changed since the page was shown. Nothing was done: look at it as it is now."
NO_STEP = "Nothing was done: the page did not say which step to take."


class StepsAtHand(StepButtons):
    """A page some of whose steps are taken from the home page, too.

    `at_hand` says which, with the word of the button. Rules and refusals are those of the steps;
    what is refused is told on the card.
    """

    at_hand: ClassVar[Mapping[str, str]] = {}

    def get_urls(self) -> list[URLPattern]:
        """Each record has an address that takes a step."""
        take = self.admin_site.admin_view(require_POST(self.press_step))
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        return [path("<path:object_id>/step/", take, name=name), *super().get_urls()]

    def press_step(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a step on a record as it was seen, and go back to its card."""
        if not self.has_change_permission(request):
            raise PermissionDenied(f"Your role may not change {self.opts.verbose_name_plural}.")
        card = f"{self.opts.model_name}-{as_pk(self.model, object_id)}"
        try:
            with told_as_refusals(), transaction.atomic():
                self.hold_to_change(request, object_id)
                record = self._at_hand(request, object_id)
                if record is not None:
                    self._press(request, record)
        except Refused as refusal:
            messages.error(request, str(refusal), extra_tags=card)
            return redirect(f"{_home_page(request)}#{card}")
        if record is None:
            messages.warning(request, NOT_HERE)
        else:
            done = record.get_status_display().lower()
            messages.success(request, f"{record}: {done} now.", extra_tags=card)
        return redirect(f"{_home_page(request)}#{card}")

    def _at_hand(self, request: HttpRequest, object_id: str) -> Any | None:
        rows = self.get_queryset(request).filter(pk=as_pk(self.model, object_id))
        return rows.first()

    def _press(self, request: HttpRequest, record: Any) -> None:
        name = request.POST.get("step", "")
        if name not in self.at_hand:
            raise Refused(NO_STEP)
        if not self._is_as_seen(request, record):
            raise Refused(CHANGED)
        getattr(self, name)(request, record, "")

    def _is_as_seen(self, request: HttpRequest, record: Any) -> bool:
        return as_number(request.POST.get("version")) == self.newest_of(request, record)


def _home_page(request: HttpRequest) -> str:
    """The home page with the days that the person was looking at."""
    page, day = reverse("admin:index"), request.POST.get("day")
    return f"{page}?day={day}" if day in DAYS[1:] else page
