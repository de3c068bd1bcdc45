"""Eight people at once: the database decides, and the others are told in a sentence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.test import Client

from bookings import services
from bookings.models import AwayPlan, Booking, Property
from opsconsole.database.refusals import Refused
from tests.factories import days, make_manager, make_plan, make_property, make_staff, today

pytestmark = pytest.mark.django_db(transaction=True)

RIVALS = 8
OVERLAP = "Another plan of this property covers some of these dates."


def all_at_once(attempt):
    """Run `attempt(number)` in eight threads, each with its own connection, from one signal."""
    start = Barrier(RIVALS)

    def rival(number):
        try:
            connection.ensure_connection()
            start.wait()
            return attempt(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(RIVALS) as pool:
        return list(pool.map(rival, range(RIVALS)))


def test_of_eight_overlapping_plans_one_is_filed_and_seven_are_refused():
    home = make_property()
    mona = make_manager()

    def file(number):
        plan = AwayPlan(
            property=Property.objects.get(pk=home.pk),
            starts_on=today() + days(10 + number),
            ends_on=today() + days(30),
        )
        try:
            services.file_plan(plan, by=mona)
        except Refused as refusal:
            return str(refusal)
        return "filed"

    answers = all_at_once(file)

    assert sorted(answers)[-1] == "filed"
    assert [answer.startswith(OVERLAP) for answer in answers].count(True) == RIVALS - 1
    assert AwayPlan.objects.count() == 1
    assert AwayPlan.history.count() == 1


def test_the_form_says_it_on_the_page_and_keeps_what_was_typed():
    home = make_property()
    people = [make_staff(f"Ana {number}", zips=("06511",)) for number in range(RIVALS)]

    def post(number):
        client = Client()
        client.force_login(people[number], backend="staffing.backends.RoleBackend")
        return client.post(
            "/bookings/awayplan/add/",
            {
                "property": home.pk,
                "starts_on": today() + days(10),
                "ends_on": today() + days(20 + number),
                "notes": f"The notes of {number}",
            },
        )

    responses = all_at_once(post)

    assert sorted(response.status_code for response in responses) == [200] * 7 + [302]
    for number, response in enumerate(responses):
        if response.status_code == 200:
            page = response.content.decode()
            assert OVERLAP in page
            assert f"The notes of {number}" in page
    assert AwayPlan.objects.count() == 1


def test_rivals_who_skip_the_queue_meet_the_constraint_itself():
    home = make_property()

    def save(number):
        plan = AwayPlan(
            property_id=home.pk,
            starts_on=today() + days(10),
            ends_on=today() + days(20 + number),
            status="submitted",
        )
        try:
            plan.save()
        except Exception as error:
            return type(error).__name__
        return "saved"

    answers = all_at_once(save)

    assert answers.count("saved") == 1
    assert set(answers) <= {"saved", "IntegrityError", "OperationalError"}
    assert AwayPlan.objects.count() == 1


def test_of_eight_bookings_of_one_night_one_is_held():
    plan = make_plan(status="approved", hosting_allowed=True)
    mona = make_manager()

    def hold(number):
        booking = Booking(
            away_plan=AwayPlan.objects.get(pk=plan.pk),
            guest_name=f"Guest {number}",
            arrives_on=plan.starts_on,
            departs_on=plan.starts_on + days(1 + number % 3),
        )
        try:
            services.hold(booking, by=mona, at=mona.date_joined)
        except Refused as refusal:
            return str(refusal)
        return "held"

    answers = all_at_once(hold)

    assert answers.count("held") == 1
    assert Booking.objects.count() == 1


def test_one_decision_of_eight_stands():
    plan = make_plan()
    people = [make_manager(f"Mona {number}") for number in range(RIVALS)]

    def decide(number):
        mine = AwayPlan.objects.get(pk=plan.pk)
        try:
            services.approve(mine, by=people[number])
        except Refused as refusal:
            return str(refusal)
        return "approved"

    answers = all_at_once(decide)

    assert answers.count("approved") == 1
    assert {a for a in answers if a != "approved"} == {"This away plan is approved already."}
    assert plan.history.count() == 2


def test_of_two_who_wait_for_each_other_one_is_asked_to_try_again():
    homes = [make_property(), make_property()]
    mona = make_manager()
    both_hold = Barrier(2)

    def file_crosswise(number):
        try:
            with transaction.atomic():
                Property.objects.select_for_update().get(pk=homes[number].pk)
                both_hold.wait()
                other = Property.objects.get(pk=homes[1 - number].pk)
                plan = AwayPlan(
                    property=other, starts_on=today() + days(1), ends_on=today() + days(9)
                )
                services.file_plan(plan, by=mona)
            return "filed"
        except Refused as refusal:
            return str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(file_crosswise, range(2)))

    assert sorted(answers) == [
        "Somebody changed the same records at this moment. Nothing was saved: try again.",
        "filed",
    ]


def test_of_eight_who_restore_a_version_each_one_does_and_seven_are_told():
    plan = make_plan(notes="Version 0", status="draft")
    for number in range(1, RIVALS + 1):
        AwayPlan.objects.filter(pk=plan.pk).update(notes=f"Version {number}")
    versions = list(plan.history.order_by("history_id").values_list("pk", flat=True))
    people = [make_manager(f"Mona {number}") for number in range(RIVALS)]

    def post(number):
        client = Client()
        client.force_login(people[number], backend="staffing.backends.RoleBackend")
        return client.post(
            f"/bookings/awayplan/{plan.pk}/restore/{versions[number]}/",
            {"newest": versions[-1], "reason": f"The reason of {number}"},
        )

    responses = all_at_once(post)

    assert sorted(response.status_code for response in responses) == [200] * (RIVALS - 1) + [302]
    [winner] = [number for number, r in enumerate(responses) if r.status_code == 302]
    plan.refresh_from_db()
    assert plan.notes == f"Version {winner}"
    assert plan.history.count() == RIVALS + 2
    for number, response in enumerate(responses):
        if number != winner:
            page = response.content.decode()
            assert "Somebody changed this record since you opened this page" in page
            assert f"The reason of {number}" in page
