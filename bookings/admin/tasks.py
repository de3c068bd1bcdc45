"""The page of tasks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from bookings.admin.assigning import ManyTasks
from bookings.admin.at_hand import StepsAtHand
from bookings.admin.bulk_edit import BulkEdit
from bookings.admin.bulk_forms import TaskChanges
from bookings.admin.codes import DoorCodes
from bookings.admin.coming_back import ComesBack
from bookings.admin.labels import TASK_COLOURS
from bookings.admin.notes import Noted
from bookings.admin.task_forms import TaskForm
from bookings.admin.views import TASKS
from bookings.guards import why_not
from bookings.models import Task
from bookings.steps import Attempt
from bookings.tasks import guards
from bookings.tasks import steps as work
from opsconsole.admin import ScopedRelatedFilter
from opsconsole.database.refusals import Refused
from staffing.models import Colleague
from staffing.requests import colleague, person

STEPS = (
    "take", "begin", "finish", "verify", "send_back", "give_back", "block", "unblock", "cancel",
)  # fmt: skip
DERIVED: Any = [
    "status", "flag", "reason", "who_did_it", "done_at", "who_verified", "verified_at",
]  # fmt: skip
FROM: Any = ["away_plan", "booking"]


class WhenFilter(DropdownFilter):
    """What wants to be looked at, by the clock of each home."""

    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "Still open"),
            ("today", "Due today"),
            ("overdue", "Overdue"),
            ("nobodys", "Nobody has it"),
            ("flagged", "Changed after it was begun"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        ways = {
            "open": queryset.open,
            "today": queryset.due_today,
            "overdue": queryset.overdue,
            "nobodys": queryset.nobodys,
            "flagged": queryset.flagged,
        }
        return ways[self.value()]() if self.value() in ways else queryset


class WhoseFilter(DropdownFilter):
    """One's own tasks: the same address shows a colleague theirs."""

    title = "whose"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "Mine")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        is_asked = self.value() == "mine"
        return queryset.filter(assignee=request.user.pk) if is_asked else queryset


@admin.register(Task)
class TaskAdmin(ComesBack, DoorCodes, Noted, StepsAtHand, ManyTasks, BulkEdit):
    """What is to be done where, until when, and by whom. A status changes by a step."""

    form = TaskForm
    if_empty = "Tasks follow from approved away plans and their bookings; others are added by hand."
    list_display = ["task", "due", "state_now", "who", "urgency", "zip_code", "is_flagged"]
    built_in_views = TASKS
    list_filter = [
        WhenFilter,
        WhoseFilter,
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("zip_code", ScopedRelatedFilter),
        ("assignee", ScopedRelatedFilter),
        ("due_on", RangeDateFilter),
    ]
    date_hierarchy = "due_on"
    search_fields = ["property__name", "property__street", "notes"]
    search_help_text = "Search by home or notes"
    autocomplete_fields = ["property"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "property",
                    "kind",
                    "starts_on",
                    "due_on",
                    "notes",
                    "ticked",
                    "line_notes",
                    "assignee",
                    "priority",
                ]
            },
        ),
        ("State", {"fields": DERIVED}),
        ("What it follows from", {"fields": FROM}),
    ]
    readonly_fields = [*DERIVED, *FROM, "who_has_it", "lines"]
    queues_at = "property"
    belongs_to = "property"
    table = guards.STEPS
    changes_form = TaskChanges
    actions_submit_line = list(STEPS)
    at_hand = {"take": "Take", "begin": "Begin", "finish": "Finish"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the name of who has each, whoever asks."""
        names = Colleague._base_manager.filter(pk=OuterRef("assignee_id")).values("name")[:1]
        tasks = super().get_queryset(request).annotate(assignee_name=Subquery(names))
        return tasks.select_related("property", "zip_code", "away_plan__property", "booking")

    # What the page offers

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Managers choose who is to do it, who works on it ticks its checklist; others read."""
        shown = {name: name for name in ("assignee", "ticked", "line_notes")} if obj else {}
        if obj and not (person(request).is_manager and obj.status in Task.UNTOUCHED):
            shown["assignee"] = "who_has_it"
        if obj and not self._is_ticked_by(request, obj):
            shown |= {"ticked": "lines", "line_notes": ""}
        return [
            (name, {**options, "fields": _as_shown(options["fields"], shown)})
            for name, options in super().get_fieldsets(request, obj)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The days of what follows from a plan are the plan's."""
        fixed = ["kind"] if obj else []
        if obj and obj.is_generated:
            fixed += ["starts_on", "due_on"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """By hand come those that nothing brings by itself."""
        if db_field.name == "kind":
            kwargs["choices"] = [(kind.value, kind.label) for kind in Task.BY_HAND]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def is_answered_on_the_form(self, refusal: Refused) -> bool:
        """Or its checklist, which is ticked and finished in one go."""
        is_to_tick = isinstance(refusal, guards.ChecklistOpen)
        return is_to_tick or super().is_answered_on_the_form(refusal)

    def _is_ticked_by(self, request: HttpRequest, task: Task) -> bool:
        if not self.has_change_permission(request, task):
            return False
        return why_not("tick", task, Attempt(person(request))) is None

    # Saving

    def save_record(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> None:
        by, cleaned = person(request), form.cleaned_data
        if not change:
            work.add_task(obj, by=by)
            return
        work.change_task(obj, by=by, reason=cleaned["change_reason"])
        if "assignee" in form.changed_data:
            if cleaned["assignee"]:
                work.assign(obj, to=cleaned["assignee"], by=by, reason=cleaned["change_reason"])
            else:
                work.give_back(obj, by=by, reason=cleaned["change_reason"])
        if "ticked" in form.fields:
            for line in form.newly_ticked:
                work.tick(line, by=by)
            for line in form.unticked:
                work.untick(line, by=by)
            for line, text in form.noted:
                work.note(line, text, by=by)

    def save_changed(
        self, request: HttpRequest, record: Any, names: Collection[str], reason: str
    ) -> None:
        work.change_task(record, by=person(request), reason=reason)

    # Steps

    @action(description="Take", icon="back_hand", permissions=["change"])
    def take(self, request: HttpRequest, task: Task, reason: str) -> None:
        work.take(task, by=person(request))

    @action(description="Begin", icon="play_arrow", permissions=["change"])
    def begin(self, request: HttpRequest, task: Task, reason: str) -> None:
        work.begin(task, by=person(request))

    @action(description="Finish", icon="check", permissions=["change"])
    def finish(self, request: HttpRequest, task: Task, reason: str) -> None:
        work.finish(task, by=person(request))

    @action(description="Verify", icon="done_all", permissions=["change"])
    def verify(self, request: HttpRequest, task: Task, reason: str) -> None:
        work.verify(task, by=person(request))

    @action(description="Send back", icon="replay", permissions=["change"])
    def send_back(self, request: HttpRequest, task: Task, reason: str) -> None:
        work.send_back(task, by=person(request), reason=reason)

    @action(description="Give back", icon="undo", permissions=["change"])
    def give_back(self, request: HttpRequest, task: Task, reason: str) -> None:
        work.give_back(task, by=person(request), reason=reason)

    @action(description="Block", icon="block", permissions=["change"])
    def block(self, request: HttpRequest, task: Task, reason: str) -> None:
        work.block(task, by=person(request), reason=reason)

    @action(description="Take up again", icon="restart_alt", permissions=["change"])
    def unblock(self, request: HttpRequest, task: Task, reason: str) -> None:
        work.unblock(task, by=person(request), reason=reason)

    @action(description="Cancel task", icon="cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, task: Task, reason: str) -> None:
        work.cancel_task(task, by=person(request), reason=reason)

    # Colleagues, by name: the rest of their record is not staff's to see

    @display(description="assignee")
    def who_has_it(self, task: Task) -> str:
        return colleague(task.assignee_id) or "Nobody"

    @display(description="done by")
    def who_did_it(self, task: Task) -> str:
        return colleague(task.done_by_id)

    @display(description="verified by")
    def who_verified(self, task: Task) -> str:
        return colleague(task.verified_by_id)

    @display(description="checklist")
    def lines(self, task: Task) -> str:
        """Each line, and what became of it."""
        rows = [
            (
                line.text,
                "done" if line.done else "open" if line.required else "open, optional",
                f" ({line.note})" if line.note else "",
            )
            for line in task.checklist.order_by("position")
        ]
        return format_html_join("", "<div>{}: {}{}</div>", rows) or "None"

    # Columns

    @display(description="task", ordering="property__name", header=True)
    def task(self, task: Task) -> list[str]:
        return [task.get_kind_display(), task.property.name]

    @display(description="when", ordering="due_on")
    def due(self, task: Task) -> str:
        return task.dates

    @display(description="state", ordering="status", label=TASK_COLOURS)
    def state_now(self, task: Task) -> str:
        return task.get_status_display()

    @display(description="assignee")
    def who(self, task: Any) -> str:
        return task.assignee_name or "Nobody"

    @display(description="priority", ordering="priority")
    def urgency(self, task: Task) -> str:
        return task.get_priority_display()

    @display(description="flag")
    def is_flagged(self, task: Task) -> str:
        return "Changed" if task.flag else ""


def _as_shown(fields: list[str], shown: dict[str, str]) -> list[str]:
    """The fields of a set, these in the form in which they are shown, or left out."""
    named = {"assignee": "", "ticked": "", "line_notes": "", **shown}
    return [name for field in fields if (name := named.get(field, field))]
