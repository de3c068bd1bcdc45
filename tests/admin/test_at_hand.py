"""Steps pressed on the home page: the same rules, and the way back to the card."""

from __future__ import annotations

import pytest

from opsconsole.history.versions import newest_version
from tests.factories import (
    make_auditor,
    make_booking,
    make_item,
    make_plan,
    make_property,
    make_staff,
    make_task,
    prepare,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return make_staff("Ana Torres", zips=("06511",))


def press(client, record, step: str, **sent):
    kind = record._meta.model_name
    sent = {"version": newest_version(type(record), record.pk), "step": step, **sent}
    return client.post(f"/bookings/{kind}/{record.pk}/step/", sent)


def said(client, response) -> list[str]:
    page = client.get(response.url)
    return [message.message for message in page.context["messages"]] + [
        line for line in page.content.decode().splitlines() if 'role="alert"' in line
    ]


def test_a_task_is_taken_begun_and_finished_from_its_card(sign_in, ana):
    task, client = make_task(), sign_in(ana)

    for step, status in (("take", "assigned"), ("begin", "in_progress"), ("finish", "done")):
        response = press(client, task, step, day="week")

        task.refresh_from_db()
        assert (task.status, task.assignee) == (status, ana)
        assert response.url == f"/?day=week#task-{task.pk}"


def test_guests_come_in_and_leave_and_the_home_is_handed_back(sign_in, ana):
    plan = make_plan(status="active", hosting_allowed=True)
    stay, client = make_booking(plan), sign_in(ana)

    for record, step, status in (
        (stay, "check_in", "checked_in"),
        (stay, "check_out", "checked_out"),
        (plan, "complete", "completed"),
    ):
        response = press(client, record, step)

        record.refresh_from_db()
        assert record.status == status
        assert response.url == f"/#{record._meta.model_name}-{record.pk}"


def test_what_is_refused_is_told_and_nothing_happened(sign_in, ana):
    task = make_task(assignee=ana, status="in_progress")
    make_item(task, text="Test the alarms")
    client = sign_in(ana)

    response = press(client, task, "finish")

    task.refresh_from_db()
    assert task.status == "in_progress"
    assert any("Test the alarms" in line for line in said(client, response))


def test_a_card_that_is_out_of_date_does_nothing(sign_in, ana):
    task, client = make_task(), sign_in(ana)
    seen = newest_version(type(task), task.pk)
    task.notes = "The door is stuck"
    task.save()

    response = press(client, task, "take", version=seen)

    task.refresh_from_db()
    assert task.status == "unassigned"
    assert any("changed since the page was shown" in line for line in said(client, response))


@pytest.mark.parametrize(
    "sent", [{"step": "verify"}, {"step": "delete"}, {"step": ""}, {"version": "x"}, {"day": "//x"}]
)
def test_steps_that_are_not_at_hand_are_not_taken(sign_in, ana, sent):
    task, client = make_task(status="done", done_by=make_staff()), sign_in(ana)

    response = press(client, task, **{"step": "begin", **sent})

    task.refresh_from_db()
    assert task.status == "done"
    assert response.url == f"/#task-{task.pk}"


def test_guests_do_not_come_in_before_the_home_is_prepared(sign_in, ana):
    plan = make_plan(status="active", hosting_allowed=True)
    make_task(plan.property, away_plan=plan, kind="prepare")
    stay, client = make_booking(plan), sign_in(ana)

    press(client, stay, "check_in")

    stay.refresh_from_db()
    assert stay.status == "confirmed"
    prepare(plan)
    press(client, stay, "check_in")
    stay.refresh_from_db()
    assert stay.status == "checked_in"


def test_elsewhere_and_nowhere_look_the_same_and_auditors_press_nothing(sign_in, ana):
    far = make_task(make_property("02116"))
    client = sign_in(ana)

    elsewhere = said(client, press(client, far, "take"))
    nowhere = said(client, client.post("/bookings/task/x/step/", {}))

    assert elsewhere == nowhere
    assert "is not here" in elsewhere[0]
    assert press(sign_in(make_auditor()), far, "take").status_code == 403
    far.refresh_from_db()
    assert far.status == "unassigned"
