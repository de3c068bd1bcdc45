"""The steps that a record can take, as buttons below its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest
from unfold.dataclasses import UnfoldAction

from opsconsole.access.registry import visible
from opsconsole.admin import ConsoleAdmin
from opsconsole.admin.scope import as_pk


class StepButtons(ConsoleAdmin):
    """A page whose record changes its status by steps alone.

    `steps` names the button's method for each status that a step leads to; `allowed_from` is the
    services' table of where each may be taken.
    """

    steps: ClassVar[Mapping[str, str]] = {}
    allowed_from: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """The steps that the status allows now, to those who may take them."""
        rows = self.model._base_manager.filter(pk=as_pk(self.model, object_id))
        status = visible(rows, request.user).values_list("status", flat=True).first()
        return [
            step
            for step in super().get_actions_submit_line(request, object_id)
            if status in self.allowed_from[self._leads_to(step)]
        ]

    def _leads_to(self, step: UnfoldAction) -> str:
        return self.steps[
            step.action_name.removeprefix(f"{self.opts.label_lower.replace('.', '_')}_")
        ]
