"""What follows from steps of plans and bookings: their tasks, and the steps of those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bookings import services as stays
from bookings.codes import services
from bookings.models import AccessSecret, AwayPlan, Booking, ChecklistItem, Property, Task
from bookings.tasks import steps
from bookings.tasks.planning import plan_work
from opsconsole.history.versions import newest_version
from tests.factories import (
    days,
    make_booking,
    make_code,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    today,
)
from tests.history.paths import BECAUSE, Row, changed, made

NOT_OURS = "A step of another record."
OTHERS = (
    "AccessSecret",
    "AwayPlan",
    "Booking",
    "Property",
    "ZipAssignment",
    "ZipCode",
    "Task",
    "ChecklistItem",
)


def settle(record: Any) -> Any:
    """Have all that follows from a plan or booking be done, so that no step brings any work."""
    home = Property.objects.get(pk=record.property_id)
    plan_work([home])
    ana, ben = make_staff("Ana"), make_staff("Ben")
    home.tasks.update(status="verified", done_by=ana, verified_by=ben)
    return record


def brought(of: AwayPlan | Booking) -> list[Any]:
    """The versions of the tasks that a step brought, and of their checklists."""
    tasks = of.tasks.exclude(status="verified")
    lines = ChecklistItem.objects.filter(task__in=tasks)
    return [*map(made, tasks), *map(made, lines)]


def only(model: str, cell: Any) -> Row:
    """A step that only this model knows."""
    row: Row = dict.fromkeys(OTHERS, NOT_OURS)
    return {**row, "User": "People have no service: they are saved by their form.", model: cell}


type Step = Callable[[Any], list[Any]]


def task_in(status: str) -> Task:
    ana = make_staff("Ana", zips=("06511",))
    fields: dict[str, Any] = {"assignee": None if status == "unassigned" else ana}
    if status in ("blocked", "cancelled"):
        fields["reason"] = "Earlier"
    if status == "done":
        fields["done_by"] = ana
    return make_task(status=status, **fields)


def stepped(step: Any, before: str, *fields: str, **more: Any) -> Callable[[], Step]:
    """A task takes a step from this status on."""

    def prepare() -> Step:
        task = task_in(before)

        def take(mona: Any) -> list[Any]:
            step(task, by=mona, **more)
            return [changed(task, *fields)]

        return take

    return prepare


def taken_by_ana() -> Step:
    task, ana = task_in("unassigned"), make_staff("Ana", zips=("06511",))

    def take(mona: Any) -> list[Any]:
        steps.assign(task, to=ana, by=mona)
        return [changed(task, "status", "assignee")]

    return take


def added() -> Step:
    home = make_property()

    def take(mona: Any) -> list[Any]:
        task = Task(property=home, kind="inspect", starts_on=today(), due_on=today())
        steps.add_task(task, by=mona)
        return [made(task), *map(made, task.checklist.all())]

    return take


def rewritten() -> Step:
    task = task_in("assigned")

    def take(mona: Any) -> list[Any]:
        task.notes = "Two cats"
        steps.change_task(task, by=mona)
        return [changed(task, "notes")]

    return take


def moved() -> Step:
    plan = make_plan(status="approved", hosting_allowed=True)
    stay = make_booking(
        plan, arrives_on=plan.starts_on + days(2), departs_on=plan.starts_on + days(4)
    )
    plan_work([plan.property])

    def take(mona: Any) -> list[Any]:
        stay.departs_on += days(1)
        stays.change_booking(stay, by=mona)
        check_out = stay.tasks.get(kind="check_out")
        return [changed(stay, "departs_on"), changed(check_out, "starts_on", "due_on")]

    return take


def called_off() -> Step:
    stay = make_booking()
    plan_work([stay.property])

    def take(mona: Any) -> list[Any]:
        stays.cancel_booking(stay, by=mona, reason=BECAUSE)
        gone = ("status", "reason", "generated_key")
        return [
            changed(stay, "status", "cancel_reason"),
            *(changed(task, *gone) for task in stay.tasks.all()),
        ]

    return take


def ticked() -> Step:
    item = make_item(task_in("in_progress"))

    def take(mona: Any) -> list[Any]:
        steps.tick(item, by=mona, note="Two of them")
        return [changed(item, "done", "done_by", "done_at", "note")]

    return take


def noted() -> Step:
    item = make_item(task_in("in_progress"))

    def take(mona: Any) -> list[Any]:
        steps.note(item, "Two of them", by=mona)
        return [changed(item, "note")]

    return take


def unticked() -> Step:
    item = make_item(task_in("in_progress"), done=True, done_by=make_manager())

    def take(mona: Any) -> list[Any]:
        steps.untick(item, by=mona)
        return [changed(item, "done", "done_by")]

    return take


def code_set() -> Step:
    home = make_property()

    def take(mona: Any) -> list[Any]:
        code = AccessSecret(property=home, kind="door", valid_from=today())
        services.set_code(code, "4711#", by=mona)
        return [made(code)]

    return take


def code_changed() -> Step:
    code = make_code()

    def take(mona: Any) -> list[Any]:
        opened = str(newest_version(AccessSecret, code.pk))
        code.label = "Cellar"
        services.set_code(code, "8812#", by=mona, opened=opened)
        return [changed(code, "label", "code_set_at")]

    return take
