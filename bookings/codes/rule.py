"""Who may be shown a code, and when. Pages and services ask here alone.

The database says the same once more (`reveal_access_secret()`), whatever is forgotten here.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from bookings.models import AccessSecret, Property, Task
from opsconsole.dates import say_date
from staffing.models import User

NEAR = datetime.timedelta(days=1)  # before the first day of a task, and after its last
WORKED_ON = (Task.Status.ASSIGNED, Task.Status.IN_PROGRESS)
NO_ROLE = "Your role sees that there is a code, and not the code."
NO_TASK = (
    "You have no open task of your own in this home. Codes are shown from the day before such a "
    "task until the day after. If you need one now, ask an operations manager."
)


@dataclass(frozen=True)
class Visit:
    """What brings somebody to a home: the task, or in a sentence why nothing does.

    Managers need no task, and say why instead.
    """

    task: Task | None = None
    why_not: str = ""
    needs_reason: bool = False


def visit_of(person: User, home: Property) -> Visit:
    """What gives this person reason to go into a home today, by its own clock."""
    if not person.has_perm("bookings.reveal_accesssecret"):
        return Visit(why_not=NO_ROLE)
    if person.is_manager or person.is_superuser:
        return Visit(needs_reason=True)
    tasks = list(
        home.tasks.filter(assignee=person, status__in=WORKED_ON).order_by("starts_on", "pk")
    )
    today = home.today
    for task in tasks:
        if task.starts_on - NEAR <= today <= task.due_on + NEAR:
            return Visit(task)
    return Visit(why_not=_too_early_or_late(tasks, today))


def why_not(code: AccessSecret, visit: Visit) -> str:
    """Why this code is not shown to who comes for this; nothing where it is."""
    if code.has_ended:
        return "This code has ended and is not shown any more."
    if visit.why_not:
        return visit.why_not
    if not visit.needs_reason and code.valid_from > code.property.today:
        return f"This code opens nothing before {say_date(code.valid_from)}."
    return ""


def _too_early_or_late(tasks: list[Task], today: datetime.date) -> str:
    for task in tasks:
        if today < task.starts_on - NEAR:
            return (
                f"You can be shown codes from {say_date(task.starts_on - NEAR)} on, the day before "
                f"your task here ({task.get_kind_display()}) can begin."
            )
    if tasks:
        return (
            f"Your task here ({tasks[-1].get_kind_display()}) was due on "
            f"{say_date(tasks[-1].due_on)}: codes were shown until the day after. If you need one "
            "now, ask an operations manager."
        )
    return NO_TASK
