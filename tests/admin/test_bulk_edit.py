"""Changing many homes or tasks at once: previewed first, then each changed by itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bookings import services
from bookings.admin import bulk_edit
from bookings.models import Property, Task
from opsconsole.history.versions import newest_version
from tests.factories import (
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    today,
)

pytestmark = pytest.mark.django_db

HOMES, TASKS = "/bookings/property/", "/bookings/task/"


@pytest.fixture
def mona():
    return make_manager()


def chosen(*records) -> dict[str, object]:
    pks = [record.pk for record in records]
    return {"action": "change_selected", "_selected_action": pks, "index": 0}


def sent(*records, step: str = "preview", **fields) -> dict[str, object]:
    seen = " ".join(f"{each.pk}:{newest_version(type(each), each.pk)}" for each in records)
    reason = fields.pop("reason", "Summer")
    body = {"action": "change_selected", "_selected_action": 0, "seen": seen, step: 1}
    return {**body, "reason": reason, **fields}


def told(response) -> dict[object, list[tuple[str, str, str]]]:
    return {
        row.record: [(change.label, change.was, change.becomes) for change in row.changes]
        for row in response.context["along"]
    }


def refused(response) -> dict[object, str]:
    return {row.record: row.refusal for row in response.context["refused"]}


def test_a_preview_tells_each_change_and_changes_nothing(sign_in, mona):
    cheap = make_property(name="Cheap", nightly_rate=100, amenities="Wi-Fi, Crib")
    dear = make_property(name="Dear", nightly_rate="199.99", amenities="Wi-Fi, crib, Grill")
    unrated = make_property(name="Unrated")
    versions = Property.history.count()

    response = sign_in(mona).post(
        HOMES, sent(cheap, dear, unrated, rate_by="7.5", more_amenities="Grill\nWi-Fi")
    )

    assert told(response) == {
        cheap: [
            ("Nightly rate", "100.00", "107.50"),
            ("Amenities", "Wi-Fi, Crib", "Wi-Fi, Crib, Grill"),
        ],
        dear: [("Nightly rate", "199.99", "214.99")],
    }
    assert refused(response) == {unrated: "It has no rate that could be raised or lowered."}
    assert "Change 2 properties" in response.content.decode()
    assert Property.history.count() == versions
    cheap.refresh_from_db()
    assert cheap.nightly_rate == 100


def test_what_the_preview_showed_is_changed_with_its_reason(sign_in, mona):
    homes = [make_property(nightly_rate=100), make_property(nightly_rate=200)]

    response = sign_in(mona).post(
        HOMES, sent(*homes, step="confirm", nightly_rate="150", property_type="house"), follow=True
    )

    assert [str(message) for message in response.context["messages"]] == ["2 properties: changed."]
    for home in homes:
        home.refresh_from_db()
        assert (home.nightly_rate, home.property_type) == (Decimal(150), "house")
        assert home.history.first().history_change_reason == "Summer"
        assert home.history.first().history_user_id == mona.pk


def test_what_a_service_refuses_is_told_before_and_after(sign_in, mona):
    away, free, crowded = make_property(), make_property(), make_property(max_guests=4)
    make_plan(away)
    plan = make_plan(crowded, status="approved", hosting_allowed=True)
    make_booking(plan, party_size=4)
    client = sign_in(mona)

    preview = client.post(HOMES, sent(away, free, lifecycle="archived"))
    done = client.post(HOMES, sent(away, free, crowded, step="confirm", lifecycle="archived"))
    room = client.post(HOMES, sent(crowded, max_guests="2"))

    assert list(told(preview)) == [free]
    assert "has open away plans" in refused(preview)[away]
    assert set(done.context["refused"]) == {away, crowded}
    assert done.context["done"] == "1 property: changed."
    assert "is booked for 4 guests" in refused(room)[crowded]
    lives = [Property.objects.get(pk=home.pk).lifecycle for home in (away, free, crowded)]
    assert lives == ["active", "archived", "active"]


def test_a_record_that_changed_since_the_preview_stays_as_it_is(sign_in, mona):
    first, second = make_property(nightly_rate=100), make_property(nightly_rate=100)
    body = sent(first, second, step="confirm", rate_by="10")
    first.nightly_rate = 300
    services.save_home(first, by=mona, reason="Other", changed=["nightly_rate"])

    response = sign_in(mona).post(HOMES, body)

    [(home, sentence)] = response.context["refused"].items()
    assert home == first
    assert sentence.startswith("It changed since you saw it")
    rates = [Property.objects.get(pk=each.pk).nightly_rate for each in (first, second)]
    assert rates == [Decimal(300), Decimal(110)]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose at least one thing to change."),
        ({"nightly_rate": "100", "rate_by": "5"}, "Set the rate, or move it by percent: not both."),
        ({"nightly_rate": "100", "reason": " "}, "Say why you change them."),
        ({"nightly_rate": "NaN"}, "Enter a number."),
        ({"max_guests": "-1"}, "Ensure this value is greater than or equal to 1."),
        ({"lifecycle": "gone"}, "Select a valid choice."),
        ({"check_in_from": "99:99"}, "Enter a valid time."),
        ({"rate_by": "-100"}, "Ensure this value is greater than or equal to -90."),
    ],
)
def test_what_can_not_be_asked_for_is_told_on_the_form(sign_in, mona, fields, sentence):
    home = make_property(nightly_rate=100)

    for step in ("preview", "confirm"):
        response = sign_in(mona).post(HOMES, sent(home, step=step, **fields))
        assert sentence in response.content.decode()

    home.refresh_from_db()
    assert home.nightly_rate == 100


def test_too_much_for_a_field_is_told_of_each(sign_in, mona):
    home = make_property(nightly_rate="900000")

    response = sign_in(mona).post(HOMES, sent(home, rate_by="300"))
    room = sign_in(mona).post(HOMES, sent(home, max_guests="99999999"))

    assert refused(response)[home].startswith("Nightly rate: Ensure that there are no more than 8")
    assert refused(room)[home].startswith("Guests at most: Ensure this value is less than")


def test_no_more_than_are_tried_at_once(sign_in, mona, monkeypatch):
    monkeypatch.setattr(bulk_edit, "MOST", 1)
    homes = [make_property(), make_property()]
    client = sign_in(mona)

    response = client.post(HOMES, chosen(*homes), follow=True)
    forced = client.post(HOMES, sent(*homes, max_guests="3"))

    assert "more than 1 properties" in str(next(iter(response.context["messages"])))
    assert list(told(forced)) == homes[:1]


@pytest.mark.parametrize("make", [make_staff, make_auditor])
def test_only_managers_change_many(sign_in, make):
    home, task = make_property("06511"), make_task(make_property("06511"))
    client = sign_in(make("Ana", zips=("06511",)) if make is make_staff else make())

    for page, record, fields in ((HOMES, home, {"max_guests": 9}), (TASKS, task, {"priority": 3})):
        client.post(f"{page}?p=1", sent(record, step="confirm", **fields))
        assert "Change the selected" not in client.get(f"{page}?p=1").content.decode()

    assert Property.objects.get(pk=home.pk).max_guests != 9
    assert Task.objects.get().priority == 2


def test_tasks_are_changed_together(sign_in, mona):
    by_hand = make_task(notes="Bring a ladder")
    plan = make_plan()
    plans = make_task(plan.property, kind="prepare", generated_key="prepare", away_plan=plan)
    due = today() + days(5)
    client = sign_in(mona)
    body = {"due_on": due.isoformat(), "more_notes": "Call first", "priority": "3"}

    preview = client.post(TASKS, sent(by_hand, plans, **body))
    client.post(TASKS, sent(by_hand, step="confirm", **body))

    assert refused(preview) == {
        plans: "Its days follow from its plan or booking: change those instead."
    }
    assert [label for label, _, _ in told(preview)[by_hand]] == ["Due on", "Priority", "Notes"]
    by_hand.refresh_from_db()
    assert (by_hand.due_on, by_hand.priority) == (due, 3)
    assert by_hand.notes == "Bring a ladder\nCall first"


@pytest.mark.parametrize("seen", ["", "x", "1:2:3", ":", f"{'9' * 40}:1", "-1:0 ½:½ 0"])
@pytest.mark.parametrize("step", ["preview", "confirm", "again"])
def test_garbage_changes_nothing_and_is_answered(sign_in, mona, seen, step):
    body = {**sent(step=step, max_guests="3"), "seen": seen}

    assert sign_in(mona).post(HOMES, body).status_code in (200, 302)


def test_the_form_asks_for_those_that_were_chosen(sign_in, mona):
    home = make_property()

    page = sign_in(mona).post(HOMES, chosen(home)).content.decode()

    assert "Change 1 property" in page
    assert f'value="{home.pk}:"' in page
