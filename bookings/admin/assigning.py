"""Whom many tasks are given to at once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from bookings.admin.bulk_steps import BulkForm
from bookings.models import Task
from bookings.tasks.guards import Known, day_of
from staffing.models import User


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
