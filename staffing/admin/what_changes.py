"""The button "What would change?" on the form of an assignment: consequences before saving."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from opsconsole.admin import ConsoleAdmin
from opsconsole.admin.forms import ConsoleForm
from staffing.explain import tell, what_changes_if
from staffing.models import ZipAssignment
from staffing.models.assignments import operate_zip_code
from staffing.requests import person

ASKED = "_what_changes"
BUTTON = {"action_name": ASKED, "description": "What would change?", "icon": "help", "attrs": {}}


class NotToSave(ConsoleForm):
    """A form that is checked as ever and never taken for valid, so that Django shows it again."""

    def is_valid(self) -> bool:
        """No, after all errors were collected, also those that saving would meet."""
        if super().is_valid():
            self.instance.permission = operate_zip_code()
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self.add_error(None, error)
        return False


class WhatChanges(ConsoleAdmin):
    """A page of assignments that tells what they would change; saving is as on every page."""

    change_form_before_template = "console/consequences.html"

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kw: Any
    ) -> type[ConsoleForm]:
        """The form, which is not saved where only its consequences are asked for."""
        form = super().get_form(request, obj, change=change, **kw)
        return type(form.__name__, (NotToSave, form), {}) if ASKED in request.POST else form

    def render_change_form(
        self, request: HttpRequest, context: Any, add: bool = False, change: bool = False, **kw: Any
    ) -> HttpResponse:
        """The form with the button, and with the consequences where they were asked for."""
        may_save = self.has_change_permission if change else self.has_add_permission
        if may_save(request, kw.get("obj")):
            context["actions_submit_line"] = [*context.get("actions_submit_line", []), BUTTON]
        form = context["adminform"].form
        if ASKED in request.POST and not form.errors:
            context["consequences"] = _consequences(form.instance, person(request))
        return super().render_change_form(request, context, add=add, change=change, **kw)


def _consequences(assignment: ZipAssignment, asker: Any) -> list[list[str]]:
    stored = ZipAssignment.objects.visible_to(asker).filter(pk=assignment.pk)
    return [
        tell(consequence)
        for consequence in what_changes_if(
            asker=asker, added=[assignment], removed=stored.select_related("user")
        )
    ]
