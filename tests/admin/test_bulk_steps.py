"""One step on many records: looked at first, then taken on each by itself, as it was shown."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import services
from bookings.admin import bulk_steps
from bookings.models import AwayPlan, Task
from tests.bulk import chosen, confirmed
from tests.factories import (
    make_auditor,
    make_booking,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
)

pytestmark = pytest.mark.django_db

PLANS, BOOKINGS, TASKS = "/bookings/awayplan/", "/bookings/booking/", "/bookings/task/"


@pytest.fixture
def ana():
    return make_staff("Ana", zips=("06511",))


def states(*records) -> list[str]:
    for record in records:
        record.refresh_from_db()
    return [record.status for record in records]


def along(response) -> list[object]:
    return [row.record for row in response.context["along"]]


def not_now(response) -> dict[object, str]:
    return {row.record: str(row.refusal) for row in response.context["not_now"]}


def test_looking_changes_nothing_and_says_of_each_what_would_follow(sign_in, ana):
    waiting = make_plan(starts_on=make_plan().starts_on)
    draft, own = make_plan(status="draft"), make_plan(filed_by=ana)

    response = sign_in(ana).post(PLANS, chosen("approve", waiting, draft, own))

    assert along(response) == [waiting]
    assert not_now(response) == {
        draft: "This away plan is draft: it can't become approved.",
        own: "You filed this plan yourself: somebody else has to approve it.",
    }
    assert "Brings: prepare, restore." in response.content.decode()
    assert "Approve 1 away plan" in response.content.decode()
    assert states(waiting, draft, own) == ["submitted", "draft", "submitted"]


def test_each_is_taken_by_itself_and_those_that_are_refused_are_told(sign_in, ana):
    plans = [make_plan(), make_plan(), make_plan()]
    sent = confirmed("approve", *plans)
    ben = make_staff("Ben Quick")
    services.decline(plans[1], by=ben, reason="No heating")

    response = sign_in(ana).post(PLANS, sent)

    assert states(*plans) == ["approved", "declined", "approved"]
    assert response.context["done"] == "2 away plans: approved."
    [(refused, sentence)] = response.context["refused"].items()
    assert refused == plans[1]
    assert sentence.startswith("It changed since you saw it, by Ben Quick (status")
    assert sentence.endswith("it is declined now.")
    assert f"/bookings/awayplan/{plans[1].pk}/change/" in response.content.decode()


def test_what_changed_since_it_was_shown_stays_even_if_the_step_were_possible(sign_in, ana):
    plan = make_plan()
    sent = confirmed("approve", plan)
    AwayPlan.objects.filter(pk=plan.pk).update(notes="They have a dog now")

    response = sign_in(ana).post(PLANS, sent)

    assert states(plan) == ["submitted"]
    assert "(notes)" in next(iter(response.context["refused"].values()))


@pytest.mark.parametrize("seen", ["", "x", "1:x", "½:1 \x00:9", "9" * 50 + ":1"])
def test_what_does_not_say_which_version_was_seen_is_not_taken(sign_in, ana, seen):
    plan = make_plan()

    response = sign_in(ana).post(PLANS, confirmed("approve", plan, seen=seen))

    assert response.status_code == 200
    assert list(response.context["refused"].values()) == [
        "This page did not say which version of it you saw: look at it as it is now."
    ]
    assert states(plan) == ["submitted"]


def test_all_went_well_leads_back_to_the_list_as_it_was_filtered(sign_in, ana):
    plan, path = make_plan(), f"{PLANS}?status__exact=submitted"

    response = sign_in(ana).post(path, confirmed("approve", plan), follow=True)

    assert response.redirect_chain == [(path, 302)]
    assert "1 away plan: approved." in [str(said) for said in response.context["messages"]]


def test_a_reason_is_asked_for_once_and_kept_in_each_history(sign_in, ana):
    plans = [make_plan(), make_plan()]
    client = sign_in(ana)

    asked = client.post(PLANS, confirmed("decline", *plans))
    assert asked.context["form"].errors["reason"] == ["Say why it is declined."]
    assert states(*plans) == ["submitted", "submitted"]
    client.post(PLANS, confirmed("decline", *plans, reason="No heating"))

    assert states(*plans) == ["declined", "declined"]
    assert {p.history.latest().history_change_reason for p in plans} == {"No heating"}


@pytest.mark.parametrize("reason", ["x" * 501, "a\x00b"])
def test_a_reason_that_can_not_be_kept_is_told_and_nothing_is_done(sign_in, ana, reason):
    plan = make_plan()

    response = sign_in(ana).post(PLANS, confirmed("decline", plan, reason=reason))

    assert response.context["form"].errors["reason"]
    assert states(plan) == ["submitted"]


def test_what_lies_outside_looks_like_what_is_not_there(sign_in, ana):
    far, client = make_plan(make_property("02116")), sign_in(ana)
    absent = chosen("approve", _selected_action=[10**9])

    pages = [client.post(PLANS, data) for data in (chosen("approve", far), absent)]
    after = [
        client.post(PLANS, data)
        for data in (confirmed("approve", far), confirmed("approve", **absent, seen="1000000000:1"))
    ]

    for response in (*pages, *after):
        assert "1 of those you chose is not here" in response.content.decode()
        assert far.property.name not in response.content.decode()
    assert states(far) == ["submitted"]


def test_too_many_at_once_are_told(sign_in, ana, monkeypatch):
    monkeypatch.setattr(bulk_steps, "MOST", 2)
    plans = [make_plan() for _ in range(3)]
    data = chosen("approve", plans[0], select_across=1)

    response = sign_in(ana).post(PLANS, data, follow=True)

    [said] = [str(message) for message in response.context["messages"]]
    assert said.startswith("You chose more than 2 away plans, which is the most at once")


def test_the_whole_list_is_what_its_filter_shows(sign_in, ana):
    draft, waiting = make_plan(status="draft"), make_plan()
    path = f"{PLANS}?status__exact=draft"

    response = sign_in(ana).post(path, chosen("submit", draft, select_across=1))

    assert along(response) == [draft]
    assert waiting not in not_now(response)


def test_who_only_looks_is_offered_no_step(sign_in):
    plan = make_plan()
    client = sign_in(make_auditor())

    client.post(PLANS, confirmed("approve", plan))

    assert "approve_selected" not in client.get(PLANS).content.decode()
    assert states(plan) == ["submitted"]


def test_a_manager_hands_out_work_to_those_who_are_there(sign_in, ana):
    make_staff("Cem", zips=("02116",))
    here, there, begun = make_task(), make_task(make_property("02116")), make_task()
    Task.objects.filter(pk=begun.pk).update(status="in_progress", assignee=ana)
    tasks = (here, there, begun)
    client = sign_in(make_manager())

    looked = client.post(TASKS, chosen("assign", *tasks))
    offered = [label for _, label in looked.context["form"].fields["to"].choices][1:]
    nobody = client.post(TASKS, confirmed("assign", *tasks))
    again = client.post(TASKS, {**confirmed("assign", *tasks, to=ana.pk), "confirm": []})
    done = client.post(TASKS, confirmed("assign", *tasks, to=ana.pk))

    assert offered == ["Ana: looks after 1 of 2", "Cem: looks after 1 of 2"]
    assert nobody.context["form"].errors["to"] == ["Choose who gets them."]
    assert along(again) == [here]
    assert "Ana does not look after 02116" in not_now(again)[there]
    assert len(done.context["refused"]) == 2
    assert states(*tasks) == ["assigned", "unassigned", "in_progress"]


def test_staff_hand_out_nothing(sign_in, ana):
    task = make_task()
    client = sign_in(ana)

    client.post(TASKS, confirmed("assign", task, to=ana.pk))

    assert "assign_selected" not in client.get(f"{TASKS}?p=1").content.decode()
    assert states(task) == ["unassigned"]


def test_tasks_are_finished_where_nothing_is_left(sign_in, ana):
    done, left = (make_task(status="in_progress", assignee=ana) for _ in range(2))
    make_item(left, text="Keys")

    response = sign_in(ana).post(TASKS, confirmed("finish", done, left))

    assert states(done, left) == ["done", "in_progress"]
    assert list(response.context["refused"].values()) == [
        "Not all of its checklist is done: “Keys”."
    ]


def test_bookings_say_what_they_bring_and_call_off(sign_in, ana):
    booking = make_booking()
    services.start_preparing(booking.away_plan, by=ana)

    response = sign_in(ana).post(BOOKINGS, chosen("cancel", booking))

    assert "Calls off: check-in, check-out." in response.content.decode()


def test_the_page_asks_as_much_for_many_as_for_few(sign_in, ana):
    client = sign_in(ana)

    def counted(path, step, records) -> int:
        data = chosen(step, *records)
        client.post(path, data)
        with CaptureQueriesContext(connection) as asked:
            assert client.post(path, data).status_code == 200
        return len(asked)

    for path, step, make in (
        (PLANS, "submit", lambda: make_plan(status="draft")),
        (PLANS, "cancel", lambda: make_plan(status="approved")),
        (BOOKINGS, "check_in", make_booking),
        (TASKS, "take", make_task),
        (TASKS, "finish", lambda: make_task(status="in_progress", assignee=make_staff())),
    ):
        few = counted(path, step, [make() for _ in range(2)])
        many = counted(path, step, [make() for _ in range(12)])
        assert few == many <= 30, (path, step)
