"""The form of a task: who has it, and its checklist to tick off and to write notes beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from bookings.models import ChecklistItem, Task
from opsconsole.admin.forms import ReasonForm
from staffing.rota import Rota

LONGEST_NOTE = int(ChecklistItem._meta.get_field("note").max_length or 0)


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


class Notes(forms.Widget):
    """A box for each line of a checklist; it sends along what stood there when it was shown."""

    template_name = "bookings/line_notes.html"
    lines: Sequence[ChecklistItem] = ()

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """The boxes, with what was typed where the page is shown again."""
        typed = value or {}
        boxes = [self._box(name, line, typed) for line in self.lines]
        return {**super().get_context(name, None, attrs), "boxes": boxes}

    def _box(self, name: str, line: ChecklistItem, typed: Mapping[int, Any]) -> dict[str, Any]:
        was, now = typed.get(line.pk, (line.note, line.note))
        attrs = {"id": f"id_{name}_{line.pk}", "maxlength": LONGEST_NOTE}
        widget = UnfoldAdminTextInputWidget(attrs)
        return {"line": line, "was": was, **widget.get_context(f"{name}_{line.pk}", now, attrs)}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[int, tuple[str, str]]:
        """What stood in each box, and what is sent in it, by the ids of the lines."""
        sent = {line.pk: f"{name}_{line.pk}" for line in self.lines}
        return {
            pk: (data.get(f"was_{key}", ""), data[key]) for pk, key in sent.items() if key in data
        }

    def id_for_label(self, id_: str, index: Any = None) -> str:
        """None: each box has a label of its own."""
        return ""


class LineNotes(forms.Field):
    """What there is to say about lines of a checklist: the notes that were changed, by line."""

    widget = Notes

    def __init__(self) -> None:
        super().__init__(required=False, label="Notes on the checklist")

    def clean(self, value: Any) -> dict[int, str]:
        """Only what was typed: what somebody else wrote meanwhile stays."""
        box = forms.CharField(required=False, max_length=LONGEST_NOTE)
        was_and_is = {pk: (box.clean(was), box.clean(now)) for pk, (was, now) in value.items()}
        return {pk: now for pk, (was, now) in was_and_is.items() if was != now}

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether somebody typed in one of them."""
        return any(was != now for was, now in (data or {}).values())


class TaskForm(ReasonForm):
    """Asks for a reason where one is needed."""

    needed_for = "Needed to block, cancel or send back a task."
    ticked = Checklist()
    line_notes = LineNotes()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines: Any = self.fields.get("ticked")
        if lines and self.instance.pk:
            lines.queryset = self.instance.checklist.order_by("position")
            self.initial["ticked"] = [line.pk for line in lines.queryset if line.done]
        if boxes := self.fields.get("line_notes"):
            boxes.widget.lines = self._lines
        people: Any = self.fields.get("assignee")
        if people:  # a manager's, who sees everybody
            people.queryset = people.queryset.filter(pk__in=_who_may_have(self.instance))

    @property
    def noted(self) -> list[tuple[ChecklistItem, str]]:
        """The lines whose note was changed, with what it is now."""
        notes = self.cleaned_data["line_notes"]
        return [(line, notes[line.pk]) for line in self._lines if line.pk in notes]

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

    @cached_property
    def _lines(self) -> list[ChecklistItem]:
        if not self.instance.pk:
            return []
        return list(self.instance.checklist.order_by("position"))

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
