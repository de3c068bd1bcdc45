"""Each step of a task: from where it may be taken, by whom, and what refuses it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.utils import timezone

from bookings import services
from bookings.models import Task
from bookings.tasks import steps
from opsconsole.database.refusals import ReasonMissing, Refused
from tests.factories import (
    assign,
    days,
    make_booking,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    prepare,
    today,
)

pytestmark = pytest.mark.django_db

UNASSIGNED, ASSIGNED, IN_PROGRESS = "unassigned", "assigned", "in_progress"
BLOCKED, DONE, VERIFIED, CANCELLED = "blocked", "done", "verified", "cancelled"
UNTOUCHED = {UNASSIGNED, ASSIGNED}
OPEN = {*UNTOUCHED, IN_PROGRESS, BLOCKED}

# Who takes the step: Ana has the task, Ben looks after the ZIP code too, Cem does elsewhere.
PEOPLE = ("Ana", "Ben", "Cem", "Mona the manager")
NOT_THEIRS = "This is a task of .*: take it first, or ask a manager."
NOT_HERE = "does not look after 06511"

# A step: from which states, what the task becomes, and whom it is refused to, with the sentence.
TABLE = {
    "assign": (UNTOUCHED, ASSIGNED, {}),
    "take": (
        UNTOUCHED,
        ASSIGNED,
        {"Cem": NOT_HERE, "Mona the manager": NOT_HERE},
    ),
    "give_back": ({ASSIGNED}, UNASSIGNED, {"Ben": NOT_THEIRS, "Cem": NOT_THEIRS}),
    "begin": ({ASSIGNED}, IN_PROGRESS, {"Ben": NOT_THEIRS, "Cem": NOT_THEIRS}),
    "finish": ({IN_PROGRESS}, DONE, {"Ben": NOT_THEIRS, "Cem": NOT_THEIRS}),
    "verify": ({DONE}, VERIFIED, {"Ana": "You did this task yourself"}),
    "block": ({*UNTOUCHED, IN_PROGRESS}, BLOCKED, {}),
    "unblock": ({BLOCKED}, ASSIGNED, {}),
    "cancel_task": (OPEN, CANCELLED, {}),
}
NEED_A_REASON = ("block", "cancel_task")


@pytest.fixture
def people():
    return {
        "Ana": make_staff("Ana", zips=("06511",)),
        "Ben": make_staff("Ben", zips=("06511",)),
        "Cem": make_staff("Cem", zips=("02116",)),
        "Mona the manager": make_manager("Mona"),
    }


def task_in(status, ana, **overrides):
    """A task of Ana's in this state."""
    fields = {
        "status": status,
        "assignee": None if status == UNASSIGNED else ana,
        "done_by": ana if status in (DONE, VERIFIED) else None,
        "verified_by": make_manager() if status == VERIFIED else None,
        "reason": "Earlier" if status in (BLOCKED, CANCELLED) else "",
        **overrides,
    }
    return make_task(**fields)


def extras(step, people):
    more = {"reason": "A reason"} if step in NEED_A_REASON else {}
    return {**more, "to": people["Ben"]} if step == "assign" else more


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("status", Task.Status.values)
@pytest.mark.parametrize("step", TABLE)
def test_each_step_from_each_state_by_each_person(step, status, who, people):
    task = task_in(status, people["Ana"])
    allowed_from, becomes, refused_to = TABLE[step]
    sentence = refused_to.get(who)
    if status not in allowed_from:
        sentence = r"This task is .*: only what is .* is \w+"
    elif step == "take" and who == "Ana" and status == ASSIGNED:
        sentence = "This task is yours already"
    versions = Task.history.count()

    if sentence:
        with pytest.raises(Refused, match=sentence):
            getattr(steps, step)(task, by=people[who], **extras(step, people))
    else:
        getattr(steps, step)(task, by=people[who], **extras(step, people))

    task.refresh_from_db()
    assert task.status == (status if sentence else becomes)
    reassigned = step == "assign" and status == ASSIGNED
    assert (Task.history.count() > versions) == (not sentence) or reassigned


@pytest.mark.parametrize("step", NEED_A_REASON)
@pytest.mark.parametrize("reason", ["", "   "])
def test_blocking_and_cancelling_say_why(step, reason, people):
    with pytest.raises(ReasonMissing, match="Say why it is"):
        getattr(steps, step)(make_task(), by=people["Ana"], reason=reason)


@pytest.mark.parametrize("status", [BLOCKED, CANCELLED])
def test_the_database_asks_why_too(status):
    task = make_task()

    with pytest.raises(IntegrityError, match="Say why the task is blocked or cancelled"):
        Task.objects.filter(pk=task.pk).update(status=status, reason="Because")


def test_a_reason_is_kept_where_the_task_stands_and_in_its_history(people):
    task = steps.block(make_task(), by=people["Ana"], reason="No key")

    assert task.reason == "No key"
    assert task.history.latest().history_change_reason == "No key"

    steps.unblock(task, by=people["Ana"])

    assert (task.reason, task.status) == ("", UNASSIGNED)


def test_only_who_looks_after_the_zip_code_on_the_day_gets_a_task(people):
    dora = make_staff("Dora")
    assign(dora, "06511", starts_on=today() + days(3))
    soon, later = make_task(), make_task(due_on=today() + days(5))

    with pytest.raises(Refused, match="Dora does not look after 06511 New Haven on"):
        steps.assign(soon, to=dora, by=people["Mona the manager"])
    steps.assign(later, to=dora, by=people["Mona the manager"])

    assert (later.assignee, later.status) == (dora, ASSIGNED)


def test_an_overdue_task_goes_to_who_is_there_today(people):
    task = make_task(starts_on=today() - days(9), due_on=today() - days(9))

    steps.take(task, by=people["Ana"])

    assert task.assignee == people["Ana"]


def test_a_task_is_finished_once_all_that_is_required_is_ticked(people):
    ana = people["Ana"]
    task = task_in(IN_PROGRESS, ana)
    keys, photos = make_item(task, text="Keys"), make_item(task, text="Photos", required=False)
    beds = make_item(task, text="Beds")

    with pytest.raises(Refused, match="Not all of its checklist is done: “Keys”, “Beds”"):
        steps.finish(task, by=ana)
    steps.tick(keys, by=ana, note="Two of them")
    steps.tick(beds, by=ana)
    steps.untick(beds, by=ana)
    with pytest.raises(Refused, match="done: “Beds”"):
        steps.finish(task, by=ana)
    steps.tick(beds, by=ana)
    steps.finish(task, by=ana)

    assert (task.status, task.done_by) == (DONE, ana)
    keys.refresh_from_db()
    assert (keys.done, keys.done_by, keys.note) == (True, ana, "Two of them")
    assert not photos.done


@pytest.mark.parametrize("status", [*{*Task.Status.values} - {IN_PROGRESS}])
def test_a_checklist_is_ticked_while_somebody_works_on_it(status, people):
    item = make_item(task_in(status, people["Ana"]))

    with pytest.raises(Refused, match="only what is in progress is ticked off"):
        steps.tick(item, by=people["Ana"])


def test_a_checklist_is_ticked_by_who_has_the_task(people):
    item = make_item(task_in(IN_PROGRESS, people["Ana"]))

    with pytest.raises(Refused, match=NOT_THEIRS):
        steps.tick(item, by=people["Ben"])


def test_nobody_verifies_their_own_work_whoever_writes(people):
    task = task_in(DONE, people["Ana"])

    with pytest.raises(IntegrityError, match="somebody_else_verifies_a_task"):
        Task.objects.filter(pk=task.pk).update(status=VERIFIED, verified_by=people["Ana"])


def test_verifying_clears_a_flag(people):
    task = task_in(DONE, people["Ana"], flag="Its days changed")

    steps.verify(task, by=people["Ben"])

    assert (task.flag, task.verified_by) == ("", people["Ben"])


def test_staff_write_down_what_they_find(people):
    plan = make_plan(status="active", starts_on=today(), ends_on=today() + days(9))
    task = Task(property=plan.property, kind="issue", starts_on=today(), due_on=today())

    steps.add_task(task, by=people["Ana"])

    assert (task.away_plan, task.status, task.is_generated) == (plan, UNASSIGNED, False)


def test_what_follows_from_plans_is_not_added_by_hand(people):
    task = Task(property=make_property(), kind="turnover", starts_on=today(), due_on=today())

    with pytest.raises(Refused, match="follow from plans and bookings by themselves"):
        steps.add_task(task, by=people["Ana"])


def test_the_days_of_a_generated_task_are_its_plans(people):
    plan = services.approve(make_plan(), by=people["Mona the manager"])
    task = plan.tasks.get(kind="prepare")
    due = task.due_on
    task.due_on, task.kind, task.notes = due + days(40), "issue", "Mind the cat"

    steps.change_task(task, by=people["Ana"])

    task.refresh_from_db()
    assert (task.due_on, task.kind, task.notes) == (due, "prepare", "Mind the cat")


def test_a_stale_copy_takes_no_step_twice(people):
    task = task_in(ASSIGNED, people["Ana"])
    stale = Task.objects.get(pk=task.pk)
    steps.begin(task, by=people["Ana"])

    with pytest.raises(Refused, match="This task is in progress"):
        steps.begin(stale, by=people["Ana"])


# Guests


def test_guests_come_in_once_the_home_is_prepared(people):
    plan = make_plan(status="preparing", hosting_allowed=True)
    booking = make_booking(plan)
    services.start(plan, by=people["Ana"])

    with pytest.raises(Refused, match="not prepared yet: guests come in once that task is done"):
        services.check_in(booking, by=people["Ana"], at=timezone.now())
    prepare(plan)
    services.check_in(booking, by=people["Ana"], at=timezone.now())

    assert booking.status == "checked_in"


def test_a_manager_lets_guests_into_a_home_that_is_not_prepared_with_a_reason(people):
    plan = make_plan(status="preparing", hosting_allowed=True)
    booking = make_booking(plan)
    services.start(plan, by=people["Ana"])
    mona = people["Mona the manager"]

    with pytest.raises(ReasonMissing, match="A manager may let them in earlier"):
        services.check_in(booking, by=mona, at=timezone.now())
    services.check_in(booking, by=mona, at=timezone.now(), reason="They bring their own linen")

    assert plan.tasks.get(kind="prepare").status == CANCELLED


def test_the_database_asks_why_guests_come_into_a_home_that_is_not_prepared(people):
    plan = make_plan(status="preparing", hosting_allowed=True)
    booking = make_booking(plan)
    services.start(plan, by=people["Ana"])

    with pytest.raises(IntegrityError, match="and the home prepared"):
        type(booking).objects.filter(pk=booking.pk).update(status="checked_in")
