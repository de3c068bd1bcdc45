"""The steps that a record can take, as buttons below its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from unfold.dataclasses import UnfoldAction

from opsconsole.access.registry import visible
from opsconsole.admin import ConsoleAdmin
from opsconsole.admin.scope import as_pk


class StepButtons(ConsoleAdmin):
    """A page whose record changes its status by steps alone.

    `steps` names the button's method for each status that a step leads to; `allowed_from` is the
    services' table of where each may be taken; `belongs_to` is the field that is set once.
    """

    steps: ClassVar[Mapping[str, str]] = {}
    allowed_from: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    belongs_to: ClassVar[str]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """The steps are what the page is for; another record starts from the list."""
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kw)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new record has nothing yet of what steps derive."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj:
            return fieldsets
        derived = set(self.readonly_fields)
        return [entry for entry in fieldsets if not derived.issuperset(entry[1]["fields"])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A record stays with what it belongs to."""
        return [*self.readonly_fields, *([self.belongs_to] if obj else [])]

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say which step was taken, not merely that something changed."""
        if any(f"{self._prefix}{step}" in request.POST for step in self.steps):
            messages.success(request, f"{obj}: {obj.get_status_display().lower()} now.")
            return self.response_post_save_change(request, obj)
        return super().response_change(request, obj)

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """The steps that the status allows now, to those who may take them."""
        rows = self.model._base_manager.filter(pk=as_pk(self.model, object_id))
        status = visible(rows, request.user).values_list("status", flat=True).first()
        return [
            button
            for button in super().get_actions_submit_line(request, object_id)
            if status in self.allowed_from[self.steps[self.step_of(button)]]
        ]

    def step_of(self, button: UnfoldAction) -> str:
        """The step that a button takes; unfold names buttons by app, model and method."""
        return button.action_name.removeprefix(self._prefix)

    @property
    def _prefix(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_"
