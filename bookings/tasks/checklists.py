"""What is on the checklist of a new task, by its kind."""

from __future__ import annotations

from typing import NamedTuple

from bookings.models import ChecklistItem, Task

Kind = Task.Kind


class Line(NamedTuple):
    """One line; the task is not done without those that are required."""

    text: str
    required: bool = True


CHECKLISTS: dict[str, tuple[Line, ...]] = {
    Kind.PREPARE: (
        Line("Keys collected, and each of them tried"),
        Line("Residents’ own things put away and locked"),
        Line("Smoke alarms tested"),
        Line("Heating or cooling set for the absence"),
        Line("Photos of every room", required=False),
    ),
    Kind.TURNOVER: (
        Line("Beds made with fresh linen"),
        Line("Kitchen and bathrooms cleaned"),
        Line("Nothing broken or missing"),
        Line("Towels, soap and coffee filled up", required=False),
    ),
    Kind.CHECK_IN: (
        Line("Keys handed over"),
        Line("House rules explained"),
        Line("Guests know whom to call at night"),
    ),
    Kind.CHECK_OUT: (
        Line("Keys returned"),
        Line("Looked through for damage"),
        Line("Things left behind noted", required=False),
    ),
    Kind.RESTORE: (
        Line("Residents’ own things back in their places"),
        Line("Residents’ own linen on the beds"),
        Line("Fridge emptied and rubbish taken out"),
        Line("Keys ready to hand back"),
    ),
    Kind.INSPECT: (
        Line("No water where none should be"),
        Line("Doors and windows closed"),
        Line("Letterbox emptied", required=False),
    ),
}


def checklist_of(task: Task) -> list[ChecklistItem]:
    """The lines of a new task's checklist, not saved yet."""
    return [
        ChecklistItem(
            task=task,
            zip_code_id=task.zip_code_id,
            position=position,
            text=line.text,
            required=line.required,
        )
        for position, line in enumerate(CHECKLISTS.get(task.kind, ()), 1)
    ]
