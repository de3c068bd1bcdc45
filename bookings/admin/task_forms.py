"""The form of a task: who has it, and its checklist to tick off."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from bookings.models import ChecklistItem, Task
from opsconsole.admin.forms import ReasonForm
from staffing.rota import Rota


class Checklist(forms.ModelMultipleChoiceField):
    """The lines of a checklist, to tick; the page sends along what was ticked when it was shown."""

    def __init__(self) -> None:
        super().__init__(
            ChecklistItem.objects.none(),
            required=False,
            label="Checklist",
            help_text="The task is finished once all that is not optional is ticked.",
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            show_hidden_initial=True,
        )

    def label_from_instance(self, obj: Any) -> str:
        """The line, and whether it can be left out."""
        return obj.text if obj.required else f"{obj.text} (optional)"


class TaskForm(ReasonForm):
    """Asks for a reason where one is needed."""

    needed_for = "Needed to block or cancel a task."
    ticked = Checklist()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines: Any = self.fields.get("ticked")
        if lines and self.instance.pk:
            lines.queryset = self.instance.checklist.order_by("position")
            self.initial["ticked"] = [line.pk for line in lines.queryset if line.done]
        people: Any = self.fields.get("assignee")
        if people:  # a manager's, who sees everybody
            people.queryset = people.queryset.filter(pk__in=_who_may_have(self.instance))

    @property
    def newly_ticked(self) -> list[ChecklistItem]:
        """What was ticked since the page was shown."""
        return [line for line in self._ticked if str(line.pk) not in self._ticked_before]

    @property
    def unticked(self) -> list[ChecklistItem]:
        """What was ticked when the page was shown, and is no longer."""
        lines: Any = self.fields["ticked"]
        left = lines.queryset.exclude(pk__in=[line.pk for line in self._ticked])
        return [line for line in left if str(line.pk) in self._ticked_before]

    @property
    def _ticked(self) -> list[ChecklistItem]:
        return list(self.cleaned_data["ticked"])

    @property
    def _ticked_before(self) -> set[str]:
        name = self.add_initial_prefix("ticked")
        return set(forms.MultipleHiddenInput().value_from_datadict(self.data, self.files, name))


def _who_may_have(task: Task) -> set[int]:
    """Who looks after the ZIP code on the day of the task, and who has it."""
    day = max(task.due_on, task.property.today)
    people = Rota([task.zip_code_id]).on(day, task.zip_code_id)
    return {*people, *([task.assignee_id] if task.assignee_id else [])}
