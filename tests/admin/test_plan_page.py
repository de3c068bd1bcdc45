"""The page of a plan: its steps are buttons, its refusals errors on the form."""

from __future__ import annotations

import pytest

from bookings import services
from bookings.models import AwayPlan, Property
from opsconsole.access.lock import unlocked
from tests.bulk import confirmed
from tests.factories import (
    days,
    loaded,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_staff,
    make_zip,
)

pytestmark = pytest.mark.django_db


def page(plan) -> str:
    return f"/bookings/awayplan/{plan.pk}/change/"


def form(plan, **more):
    return {
        "starts_on": plan.starts_on,
        "ends_on": plan.ends_on,
        "notes": plan.notes,
        "hosting_allowed": "on" if plan.hosting_allowed else "",
        "change_reason": "",
        "bookings-TOTAL_FORMS": 0,
        "bookings-INITIAL_FORMS": 0,
        **loaded(plan),
        **more,
    }


def steps(response) -> list[str]:
    return [step.description for step in response.context["actions_submit_line"]]


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("draft", ["Submit for a decision", "Withdraw"]),
        ("submitted", ["Approve", "Decline", "Withdraw"]),
        ("approved", ["Start preparing", "Cancel plan"]),
        ("preparing", ["Residents have left", "Cancel plan"]),
        ("active", ["Hand back"]),
        ("completed", []),
        ("declined", []),
    ],
)
def test_only_the_steps_that_are_possible_are_offered(sign_in, status, offered):
    plan = make_plan(status=status, decision_reason="Why")

    response = sign_in(make_staff(zips=("06511",))).get(page(plan))

    assert steps(response) == offered


def test_auditors_are_offered_no_step(sign_in):
    assert steps(sign_in(make_auditor()).get(page(make_plan()))) == []


def test_a_step_is_taken_with_its_reason(sign_in):
    plan = make_plan()
    ana = make_staff(zips=("06511",))

    response = sign_in(ana).post(
        page(plan), form(plan, change_reason="No heating", bookings_awayplan_decline="")
    )

    plan.refresh_from_db()
    assert response.status_code == 302
    assert (plan.status, plan.decision_reason, plan.decided_by) == ("declined", "No heating", ana)
    assert plan.history.first().history_change_reason == "No heating"


def test_a_refused_step_is_an_error_on_the_form_and_saves_nothing(sign_in):
    plan = make_plan()

    response = sign_in(make_staff(zips=("06511",))).post(
        page(plan), form(plan, notes="Typed long", bookings_awayplan_decline="")
    )

    content = response.content.decode()
    plan.refresh_from_db()
    assert response.status_code == 200
    assert "Say why it is declined." in content
    assert "Typed long" in content
    assert (plan.status, plan.notes, plan.history.count()) == ("submitted", "", 1)


def test_what_a_trigger_refuses_is_an_error_on_the_form(sign_in):
    booking = make_booking()
    plan = booking.away_plan

    response = sign_in(make_manager()).post(
        page(plan),
        form(plan, ends_on=plan.starts_on + days(1), change_reason="Back early"),
    )

    assert "This plan has bookings that would fall outside of it" in response.content.decode()


def test_a_draft_is_submitted(sign_in):
    plan = make_plan(status="draft")

    sign_in(make_staff(zips=("06511",))).post(page(plan), form(plan, bookings_awayplan_submit=""))

    plan.refresh_from_db()
    assert plan.status == "submitted"


def test_submitting_many_says_of_each_what_became_of_it(sign_in):
    draft, taken = make_plan(status="draft"), make_plan()
    rival = make_plan(taken.property, status="draft")
    client = sign_in(make_manager())

    response = client.post("/bookings/awayplan/", confirmed("submit", draft, taken, rival))

    told = {plan.pk: sentence for plan, sentence in response.context["refused"].items()}
    assert {plan.status for plan in AwayPlan.objects.filter(pk__in=(draft.pk, taken.pk))} == {
        "submitted"
    }
    assert AwayPlan.objects.get(pk=rival.pk).status == "draft"
    assert response.context["done"] == "1 away plan: submitted."
    assert told[taken.pk] == "This away plan is submitted already."
    assert "Another plan of this property covers some" in told[rival.pk]


@pytest.mark.parametrize("wrong", ["abc", "1 OR 1=1", "99999999999999999999", "-1"])
@pytest.mark.parametrize("which", ["change", "history", "delete"])
def test_an_address_that_is_none_is_no_server_error(sign_in, wrong, which):
    response = sign_in(make_manager()).get(f"/bookings/awayplan/{wrong}/{which}/")

    assert response.status_code in (302, 400, 403, 404)


@pytest.mark.parametrize(
    "field",
    [
        {"starts_on": "not a date"},
        {"starts_on": "0000-00-00"},
        {"ends_on": ""},
        {"notes": "x\x00y"},
        {"starts_on": "9999-12-31", "ends_on": "9999-12-31"},
        {"change_reason": "x" * 501},
    ],
)
def test_wrong_input_is_told_on_the_form(sign_in, field):
    plan = make_plan()

    response = sign_in(make_manager()).post(page(plan), form(plan, **field))

    assert response.status_code == 200
    assert response.context["errors"]


def test_a_record_that_leaves_ones_zip_codes_meanwhile_is_not_saved(sign_in, monkeypatch):
    ana = make_staff(zips=("06511",))
    plan = make_plan()
    real = services.revise

    def moved_first(plan, **more):
        with unlocked():  # somebody else's doing
            home = Property.objects.get(pk=plan.property_id)
            home.zip_code = make_zip("02116")
            home.save()
        return real(plan, **more)

    monkeypatch.setattr(services, "revise", moved_first)
    response = sign_in(ana).post(page(plan), form(plan, notes="Two cats"))

    plan.refresh_from_db()
    assert response.status_code in (200, 302, 404)
    assert plan.notes == ""


def test_the_bookings_of_a_plan_are_listed_whatever_their_ids(sign_in):
    make_booking(
        make_plan(status="cancelled", decision_reason="Ill"),
        status="cancelled",
        cancel_reason="Ill",
    )
    plan = make_booking(guest_name="Gil Guest").away_plan

    response = sign_in(make_staff(zips=("06511",))).get(page(plan))

    assert "Gil Guest" in response.content.decode()


def test_a_step_says_what_became_of_the_plan(sign_in):
    plan = make_plan()

    response = sign_in(make_manager()).post(
        page(plan), form(plan, bookings_awayplan_approve=""), follow=True
    )

    assert [str(m) for m in response.context["messages"]] == [f"{plan}: approved now."]


def test_who_filed_a_plan_is_not_offered_to_approve_it(sign_in):
    ana = make_staff(zips=("06511",))
    plan = make_plan(filed_by=ana)

    assert steps(sign_in(ana).get(page(plan))) == ["Decline", "Withdraw"]


def test_a_manager_who_filed_it_may_with_a_reason(sign_in):
    mona = make_manager()
    plan = make_plan(filed_by=mona)

    assert "Approve" in steps(sign_in(mona).get(page(plan)))


def test_staff_save_a_plan_that_a_colleague_filed_and_another_decided(sign_in):
    plan = make_plan(status="approved", filed_by=make_staff("Fay"), decided_by=make_manager())

    sign_in(make_staff(zips=("06511",))).post(page(plan), form(plan, notes="A cat stays"))

    plan.refresh_from_db()
    assert plan.notes == "A cat stays"
    assert plan.filed_by.full_name == "Fay"
