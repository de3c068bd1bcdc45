"""The button "What would change?" on the form of an assignment: consequences before saving."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from opsconsole.admin import ConsoleAdmin
from opsconsole.admin.forms import ConsoleForm
from opsconsole.database.refusals import Refused
from staffing import services
from staffing.explain import tell, what_changes_if
from staffing.models import User, ZipAssignment
from staffing.requests import person

ASKED = "_what_changes"
QUESTION = "What would change?"
BUTTON = {"action_name": ASKED, "description": QUESTION, "icon": "help", "attrs": {}}


class NotToSave(ConsoleForm):
    """A form that is checked as ever and never taken for valid, so that Django shows it again."""

    asker: User

    def is_valid(self) -> bool:
        """No, after all errors were collected, also those that saving would meet."""
        if super().is_valid():
            try:
                _save_and_take_back(self.instance, self.asker)
            except Refused as refusal:
                self.add_error(None, str(refusal))
        return False


def _save_and_take_back(assignment: ZipAssignment, asker: User) -> None:
    """Save a copy as the form would; to ask needs no reason, so the question is the reason."""
    save = services.assign if assignment.pk is None else services.change
    with transaction.atomic():
        save(copy(assignment), by=asker, reason=QUESTION)
        transaction.set_rollback(True)


class WhatChanges(ConsoleAdmin):
    """A page of assignments that tells what they would change; saving is as on every page."""

    change_form_before_template = "console/consequences.html"

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kw: Any
    ) -> type[ConsoleForm]:
        """The form, which is not saved where only its consequences are asked for."""
        form = super().get_form(request, obj, change=change, **kw)
        if ASKED not in request.POST:
            return form
        return type(form.__name__, (NotToSave, form), {"asker": person(request)})

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


def _consequences(assignment: ZipAssignment, asker: User) -> list[list[str]]:
    stored = ZipAssignment.objects.visible_to(asker).filter(pk=assignment.pk)
    return [
        tell(consequence)
        for consequence in what_changes_if(
            asker=asker, added=[assignment], removed=stored.select_related("user")
        )
    ]
