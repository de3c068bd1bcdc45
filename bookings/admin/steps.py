"""The steps that a record can take, as buttons below its form, and why it can't take others now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from unfold.dataclasses import UnfoldAction

from bookings.guards import why_not
from bookings.steps import Attempt
from opsconsole.admin import ConsoleAdmin
from opsconsole.admin.scope import as_pk
from opsconsole.database.refusals import ReasonMissing, Refused
from staffing.requests import person


class NotNow(NamedTuple):
    """A step that the state of a record allows, and something else does not."""

    step: str
    sentence: str


class StepButtons(ConsoleAdmin):
    """A page whose record changes its status by steps alone.

    Each step is a button's method, named as in `table`, which says in which states it may be
    taken; `belongs_to` is the field that is set once.
    """

    table: ClassVar[Mapping[str, Any]] = {}
    belongs_to: ClassVar[str]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """The steps are what the page is for; another record starts from the list."""
        context["show_save_and_add_another"] = False
        if record := context.get("original"):
            context["not_now"] = [
                NotNow(button.description, str(refusal))
                for button, refusal in self._steps_from(request, record)
                if refusal and not isinstance(refusal, ReasonMissing)
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without what steps have not derived yet: all of it where the record is new."""
        shown = [
            (name, {**options, "fields": [f for f in options["fields"] if self._is_told(f, obj)]})
            for name, options in super().get_fieldsets(request, obj)
        ]
        return [entry for entry in shown if entry[1]["fields"]]

    def _is_told(self, field: str, record: Any) -> bool:
        if field not in self.readonly_fields:
            return True
        if record is None:
            return False
        told = getattr(record, field) if hasattr(record, field) else getattr(self, field)(record)
        return told not in (None, "")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A record stays with what it belongs to."""
        return [*self.readonly_fields, *([self.belongs_to] if obj else [])]

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say which step was taken, not merely that something changed."""
        if any(f"{self._prefix}{step}" in request.POST for step in self.table):
            told = f"{obj}: {obj.get_status_display().lower()} now."
            messages.success(request, told, extra_tags=f"{self.opts.model_name}-{obj.pk}")
            return self.response_post_save_change(request, obj)
        return super().response_change(request, obj)

    # Which steps

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """The steps that can be taken now, with what the form can add to them."""
        rows = self.get_queryset(request).filter(pk=as_pk(self.model, object_id))
        record = rows.first()
        if record is None:
            return []
        return [
            button
            for button, refusal in self._steps_from(request, record)
            if refusal is None or self.is_answered_on_the_form(refusal)
        ]

    def is_answered_on_the_form(self, refusal: Refused) -> bool:
        """Whether what is missing can be sent along with the step: its reason."""
        return isinstance(refusal, ReasonMissing)

    def steps_asked_for(self, request: HttpRequest, obj: Any) -> list[UnfoldAction]:
        """Also one that can't be taken: whoever pressed its button is told why."""
        buttons = super().get_actions_submit_line(request, obj.pk)
        return [button for button in buttons if button.action_name in request.POST]

    def _steps_from(
        self, request: HttpRequest, record: Any
    ) -> list[tuple[UnfoldAction, Refused | None]]:
        """The steps that the state allows to this role, each with what refuses it now."""
        attempt = Attempt(person(request))
        return [
            (button, why_not(step, record, attempt))
            for button in super().get_actions_submit_line(request, record.pk)
            if record.status in self.table[step := self.step_of(button)].allowed_from
        ]

    def step_of(self, button: UnfoldAction) -> str:
        """The step that a button takes; unfold names buttons by app, model and method."""
        return button.action_name.removeprefix(self._prefix)

    @property
    def _prefix(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_"
