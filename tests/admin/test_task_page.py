"""The page of a task: its steps are buttons, its checklist is ticked on it."""

from __future__ import annotations

import pytest

from bookings import services
from bookings.models import Task
from tests.factories import (
    loaded,
    make_auditor,
    make_booking,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    today,
)

pytestmark = pytest.mark.django_db


def page(task) -> str:
    return f"/bookings/task/{task.pk}/change/"


def form(task, **more):
    fields = {
        "starts_on": task.starts_on,
        "due_on": task.due_on,
        "priority": task.priority,
        "notes": task.notes,
        "change_reason": "",
        **loaded(task),
    }
    return {**fields, **more}


def offered(response) -> list[str]:
    return [step.description for step in response.context["actions_submit_line"]]


@pytest.fixture
def ana():
    return make_staff("Ana", zips=("06511",))


@pytest.fixture
def ben():
    return make_staff("Ben", zips=("06511",))


@pytest.mark.parametrize(
    ("status", "to_ana", "to_ben"),
    [
        ("unassigned", ["Take", "Block", "Cancel task"], ["Take", "Block", "Cancel task"]),
        (
            "assigned",
            ["Begin", "Give back", "Block", "Cancel task"],
            ["Take", "Block", "Cancel task"],
        ),
        ("in_progress", ["Finish", "Block", "Cancel task"], ["Block", "Cancel task"]),
        ("blocked", ["Take up again", "Cancel task"], ["Take up again", "Cancel task"]),
        ("done", [], ["Verify", "Send back"]),
        ("verified", [], []),
        ("cancelled", [], []),
    ],
)
def test_only_the_steps_that_are_possible_are_offered(sign_in, ana, ben, status, to_ana, to_ben):
    task = make_task(
        status=status,
        assignee=None if status == "unassigned" else ana,
        reason="Why" if status in ("blocked", "cancelled") else "",
        done_by=ana if status in ("done", "verified") else None,
        verified_by=ben if status == "verified" else None,
    )

    assert offered(sign_in(ana).get(page(task))) == to_ana
    assert offered(sign_in(ben).get(page(task))) == to_ben
    assert offered(sign_in(make_auditor()).get(page(task))) == []


def test_a_task_goes_through_its_steps(sign_in, ana, ben):
    task = make_task()
    item = make_item(task)
    client = sign_in(ana)

    for step, more in (
        ("take", {}),
        ("begin", {}),
        ("finish", {"ticked": item.pk}),
    ):
        sent = form(task, **more, **{f"bookings_task_{step}": ""})
        assert client.post(page(task), sent).status_code == 302, step
        task.refresh_from_db()
    sign_in(ben).post(page(task), form(task, bookings_task_verify=""))

    task.refresh_from_db()
    item.refresh_from_db()
    assert (task.status, task.done_by, task.verified_by) == ("verified", ana, ben)
    assert (item.done, item.done_by) == (True, ana)


def test_finishing_names_what_is_left_and_saves_nothing(sign_in, ana):
    task = make_task(status="in_progress", assignee=ana)
    keys, beds = make_item(task, text="Keys"), make_item(task, text="Beds")

    response = sign_in(ana).post(
        page(task), form(task, ticked=keys.pk, notes="Typed", bookings_task_finish="")
    )

    task.refresh_from_db()
    keys.refresh_from_db()
    content = response.content.decode()
    assert "Not all of its checklist is done: “Beds”." in content
    assert "Typed" in content
    assert (task.status, task.notes, keys.done, beds.done) == ("in_progress", "", False, False)


def test_a_tick_can_be_taken_back_by_who_saw_it(sign_in, ana):
    task = make_task(status="in_progress", assignee=ana)
    seen = make_item(task, done=True, done_by=ana)
    unseen = make_item(task, done=True, done_by=ana)

    sign_in(ana).post(page(task), form(task, **{"initial-ticked": [seen.pk]}))

    seen.refresh_from_db()
    unseen.refresh_from_db()
    assert (seen.done, unseen.done) == (False, True)


def test_a_note_is_written_beside_a_line_and_only_what_was_typed_is_saved(sign_in, ana, ben):
    task = make_task(status="in_progress", assignee=ana)
    mine, theirs = make_item(task, text="Keys"), make_item(task, note="Mona wrote this")
    boxes = {
        f"line_notes_{mine.pk}": "Two of them", f"was_line_notes_{mine.pk}": "",
        f"line_notes_{theirs.pk}": "Old", f"was_line_notes_{theirs.pk}": "Old",
    }  # fmt: skip

    shown = sign_in(ana).get(page(task)).content.decode()
    sign_in(ana).post(page(task), form(task, **boxes))
    sign_in(ben).post(page(task), form(task, **{f"line_notes_{mine.pk}": "Not Ben's to write"}))

    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert f'name="line_notes_{mine.pk}"' in shown
    assert (mine.note, mine.done, theirs.note) == ("Two of them", False, "Mona wrote this")
    assert "Keys: open (Two of them)" in sign_in(ben).get(page(task)).content.decode()


@pytest.mark.parametrize("text", ["x" * 201, "a\x00b"])
def test_a_note_that_can_not_be_kept_is_told_with_what_was_typed(sign_in, ana, text):
    task = make_task(status="in_progress", assignee=ana)
    line = make_item(task)

    response = sign_in(ana).post(page(task), form(task, **{f"line_notes_{line.pk}": text}))

    line.refresh_from_db()
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["line_notes"]
    assert text in response.content.decode()
    assert line.note == ""


def test_lines_of_another_task_are_no_choice(sign_in, ana):
    task = make_task(status="in_progress", assignee=ana)
    other = make_item(make_task(status="in_progress", assignee=ana))

    response = sign_in(ana).post(page(task), form(task, ticked=other.pk))

    other.refresh_from_db()
    assert response.status_code == 200
    assert not other.done


def test_who_does_not_work_on_it_reads_the_checklist(sign_in, ben, ana):
    task = make_task(status="in_progress", assignee=ana)
    item = make_item(task, text="Keys")

    content = sign_in(ben).get(page(task)).content.decode()
    sign_in(ben).post(page(task), form(task, ticked=item.pk))

    item.refresh_from_db()
    assert "Keys: open" in content
    assert not item.done


def test_blocking_asks_why_where_the_answer_goes(sign_in, ana):
    task = make_task()

    response = sign_in(ana).post(page(task), form(task, bookings_task_block=""))

    assert "Say why it is blocked." in response.context["adminform"].form.errors["change_reason"]
    sign_in(ana).post(page(task), form(task, change_reason="No key", bookings_task_block=""))
    task.refresh_from_db()
    assert (task.status, task.reason) == ("blocked", "No key")


def test_a_manager_gives_a_task_to_who_looks_after_the_zip_code(sign_in, ana):
    task, cem = make_task(), make_staff("Cem", zips=("02116",))
    mona = sign_in(make_manager())
    choices = mona.get(page(task)).context["adminform"].form.fields["assignee"].queryset

    refused = mona.post(page(task), form(task, assignee=cem.pk))
    mona.post(page(task), form(task, assignee=ana.pk))

    task.refresh_from_db()
    assert list(choices) == [ana]
    assert refused.status_code == 200
    assert (task.assignee, task.status) == (ana, "assigned")

    mona.post(page(task), form(task, assignee=""))

    task.refresh_from_db()
    assert (task.assignee, task.status) == (None, "unassigned")


def test_staff_read_who_has_a_task_and_hand_none_to_others(sign_in, ana, ben):
    task = make_task(status="assigned", assignee=ben)

    content = sign_in(ana).get(page(task)).content.decode()
    sign_in(ana).post(page(task), form(task, assignee=ana.pk))

    task.refresh_from_db()
    assert "Ben" in content
    assert ben.email not in content
    assert task.assignee == ben


def test_staff_write_down_what_they_find(sign_in, ana):
    home = make_property()
    fields = {"property": home.pk, "starts_on": today(), "due_on": today(), "priority": 3}

    client = sign_in(ana)
    refused = client.post("/bookings/task/add/", {**fields, "kind": "turnover"})
    client.post("/bookings/task/add/", {**fields, "kind": "issue", "notes": "Tap drips"})

    assert refused.status_code == 200
    assert [(t.kind, t.notes, t.property) for t in Task.objects.all()] == [
        ("issue", "Tap drips", home)
    ]


def test_the_days_of_what_follows_from_a_plan_are_not_to_edit(sign_in, ana):
    task = services.approve(make_plan(), by=make_manager()).tasks.get(kind="prepare")
    due = task.due_on

    sign_in(ana).post(page(task), form(task, due_on=today(), notes="Mind the cat"))

    task.refresh_from_db()
    assert (task.due_on, task.notes) == (due, "Mind the cat")


def test_the_list_says_who_has_what(sign_in, ana, ben):
    make_task(status="assigned", assignee=ben)

    content = sign_in(ana).get("/bookings/task/?p=1").content.decode()

    assert "Ben" in content
    assert ben.email not in content


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        ("open", {"due", "late", "flagged"}),
        ("today", {"due", "flagged"}),
        ("overdue", {"late"}),
        ("flagged", {"flagged"}),
        ("nonsense", {"due", "late", "flagged", "closed"}),
    ],
)
def test_the_list_is_filtered_by_what_wants_to_be_looked_at(sign_in, ana, when, shown):
    from tests.factories import days

    make_task(notes="due")
    make_task(notes="late", starts_on=today() - days(2), due_on=today() - days(1))
    make_task(notes="flagged", flag="Changed", status="in_progress", assignee=ana)
    make_task(notes="closed", flag="Changed", status="cancelled", reason="Why")

    response = sign_in(ana).get(f"/bookings/task/?when={when}")

    assert {task.notes for task in response.context["cl"].queryset} == shown


@pytest.mark.parametrize("what", ["plan", "booking", "home"])
def test_the_pages_of_what_tasks_belong_to_list_them(sign_in, ana, what):
    booking = make_booking()
    plan = booking.away_plan
    services.start_preparing(plan, by=ana)
    paths = {
        "plan": f"/bookings/awayplan/{plan.pk}/change/",
        "booking": f"/bookings/booking/{booking.pk}/change/",
        "home": f"/bookings/property/{plan.property_id}/change/",
    }

    content = sign_in(ana).get(paths[what]).content.decode()

    for task in booking.tasks.all():
        assert page(task) in content


def test_a_tasks_changes_are_told_by_its_plan_and_its_home(sign_in, ana):
    plan = services.approve(make_plan(), by=make_manager("Mona"))
    task = plan.tasks.get(kind="prepare")
    client = sign_in(ana)
    client.post(page(task), form(task, change_reason="No key", bookings_task_block=""))

    for path in (f"awayplan/{plan.pk}", f"property/{plan.property_id}", f"task/{task.pk}"):
        content = client.get(f"/bookings/{path}/history/").content.decode()
        assert "blocked" in content
        assert "No key" in content


def test_a_page_leaves_out_what_has_not_come_about(sign_in, ana):
    task = make_task(assignee=ana, status="assigned", flag="Its booking moved")
    shown = sign_in(ana).get(page(task)).context["adminform"].fieldsets

    fields = {name: options["fields"] for name, options in shown}

    assert fields["State"] == ["status", "flag"]
    assert "What it follows from" not in fields
