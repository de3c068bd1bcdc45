"""Steps on many tasks, and whom they are given to at once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from bookings.admin.bulk_steps import Bulk, BulkForm, BulkSteps
from bookings.models import Task
from bookings.tasks import steps as work
from bookings.tasks.guards import Known, day_of
from opsconsole.dates import say_date
from staffing.models import User
from staffing.requests import person


class Somebody(forms.ModelChoiceField):
    """One of those who look after the ZIP codes, and how many of the tasks they could have."""

    def __init__(self, people: Any, could_have: Counter[int], of: int) -> None:
        super().__init__(
            people,
            label="Assign to",
            empty_label="Choose somebody",
            widget=UnfoldAdminSelectWidget(),
            help_text="Those who look after the ZIP code of a task on the day that it is due.",
            error_messages={"required": "Choose who gets them."},
        )
        self.could_have, self.of = could_have, of

    def label_from_instance(self, obj: Any) -> str:
        """The name, and for how many they are there."""
        return f"{obj}: looks after {self.could_have[obj.pk]} of {self.of}"


def assigning(tasks: list[Task], viewer: User) -> type[BulkForm]:
    """The form that asks who gets these tasks."""
    rota = Known(tasks).rota
    open_to_give = [task for task in tasks if task.status in Task.UNTOUCHED]
    could_have = Counter(
        somebody
        for task in open_to_give
        for somebody in set(rota.on(day_of(task), task.property.zip_code_id))
    )
    people = User.objects.visible_to(viewer).filter(pk__in=could_have).order_by("full_name", "pk")
    to = Somebody(people, could_have, len(open_to_give))
    return type("AssigningForm", (BulkForm,), {"to": to, "field_order": ["to", "reason"]})


class ManyTasks(BulkSteps):
    """The list of tasks, from which managers hand work out as well."""

    bulk = {
        "take": Bulk("Take {}", "yours"),
        "assign": Bulk("Assign {}", "assigned"),
        "begin": Bulk("Begin {}", "begun"),
        "finish": Bulk("Finish {}", "done"),
        "verify": Bulk("Verify {}", "verified"),
        "send_back": Bulk("Send {} back", "sent back"),
        "give_back": Bulk("Give {} back", "given back"),
        "block": Bulk("Block {}", "blocked"),
        "unblock": Bulk("Take up {} again", "taken up again"),
        "cancel": Bulk("Cancel {}", "cancelled"),
    }
    looked_at = ("property__zip_code", "checklist")

    @action(description="Assign", permissions=["change"])
    def assign(self, request: HttpRequest, task: Task, to: User, reason: str) -> None:
        work.assign(task, to=to, by=person(request), reason=reason)

    def may_step_many(self, request: HttpRequest, step: str) -> bool:
        """Managers hand work out."""
        is_theirs = step != "assign" or person(request).is_manager
        return is_theirs and super().may_step_many(request, step)

    def known_about(self, records: list[Any]) -> Known:
        return Known(records)

    def what_follows(self, step: str, record: Any, known: Known) -> str:
        """Who has it, and until when it is to be done."""
        who = known.names.get(record.assignee_id, "Nobody")
        return f"{who} has it, due on {say_date(record.due_on)}."

    def form_for(self, request: HttpRequest, step: str, records: list[Any]) -> type[BulkForm]:
        """Whom to assign them to, where that is the step."""
        if step != "assign":
            return super().form_for(request, step, records)
        return assigning(records, person(request))

    def take_step(self, request: HttpRequest, step: str, record: Any, sent: Any) -> None:
        if step == "assign":
            self.assign(request, record, sent["to"], sent["reason"])
        else:
            super().take_step(request, step, record, sent)
