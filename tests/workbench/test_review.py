"""Reviewing: what waits, what a sign-off says, who may give one, and when it no longer holds."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings.models import AwayPlan, Booking
from opsconsole.access.acting import Source, acting, because
from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused
from opsconsole.workbench.models import PlanReview
from opsconsole.workbench.reviewing import Seen, is_stale, newest, reviewed, sign_off
from tests.factories import (
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto():
    return make_auditor()


def review(plan, by, outcome="ok", note=""):
    return sign_off(plan.pk, newest(plan.pk), outcome=outcome, note=note, by=by)


def change(plan, **fields):
    AwayPlan.objects.filter(pk=plan.pk).update(**fields)


def queue(client, query=""):
    response = client.get(f"/reviews/?{query}")
    assert response.status_code == 200
    return response.context


def waiting(client, query=""):
    return [each["row"].plan for each in queue(client, query)["rows"]]


# A sign-off


def test_a_plan_is_signed_off_with_a_post(sign_in, otto):
    plan = make_plan(make_property(name="Maple House"))
    client = sign_in(otto)
    page = client.get(f"/reviews/{plan.pk}/")
    form = page.context["form"]
    sent = {"outcome": "query", "note": "Who asked?", **form.initial}

    response = client.post(f"/reviews/{plan.pk}/", sent)

    found = PlanReview.objects.get()
    assert response.url == "/reviews/"
    assert (found.plan_id, found.outcome, found.note) == (plan.pk, "query", "Who asked?")
    assert found.reviewed_by == otto
    assert found.plan_version == plan.history.latest().pk
    assert "Not reviewed yet" in page.content.decode()
    assert "Who asked?" in client.get(f"/reviews/{plan.pk}/").content.decode()


@pytest.mark.parametrize("outcome", ["query", "escalated"])
def test_a_query_and_an_escalation_need_a_note(sign_in, otto, outcome):
    plan = make_plan()
    sent = {"outcome": outcome, "note": " ", "plan_version": 1, "booking_version": 0}

    content = sign_in(otto).post(f"/reviews/{plan.pk}/", sent).content.decode()

    assert "Say in the note what you ask, or why it is escalated." in content
    assert not PlanReview.objects.exists()


def test_the_database_wants_the_note_too(otto):
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanReview.objects.create(
            plan_id=1, plan_version=1, outcome="query", note="", reviewed_by=otto
        )


def test_a_later_sign_off_is_added_and_none_is_overwritten(sign_in, otto):
    plan = make_plan()
    review(plan, otto, "query", "Who asked?")
    review(plan, make_auditor("Ada"), "ok", "The owner did")

    content = sign_in(otto).get(f"/reviews/{plan.pk}/").content.decode()

    assert reviewed(plan.pk).outcome == "ok"
    assert content.index("The owner did") < content.index("Who asked?")
    for write in (
        lambda: PlanReview.objects.update(note="Never said"),
        lambda: PlanReview.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            write()


def test_no_request_may_change_or_delete_a_sign_off(otto):
    review(make_plan(), otto)

    for sql in ("UPDATE workbench_planreview SET note = 'x'", "DELETE FROM workbench_planreview"):
        with pytest.raises(DatabaseError, match="permission denied"), held_to(otto):
            connection.cursor().execute(sql)


@pytest.mark.parametrize("what", ["plan", "booking"])
def test_who_made_a_change_does_not_review_it(what):
    booking = make_booking()
    made_it = make_auditor("Was a manager before")
    with acting(made_it, source=Source.CONSOLE):
        record = booking if what == "booking" else booking.away_plan
        type(record).objects.filter(pk=record.pk).update(
            **({"guest_name": "Gus"} if what == "booking" else {"notes": "Mine"})
        )

    with pytest.raises(Refused, match="yourself: somebody else has to"):
        review(booking.away_plan, made_it)

    assert review(booking.away_plan, make_auditor("Ada")).outcome == "ok"


def test_managers_look_and_sign_nothing_off(sign_in):
    plan = make_plan()
    client = sign_in(make_manager())

    assert "Sign off" not in client.get(f"/reviews/{plan.pk}/").content.decode()
    assert client.post(f"/reviews/{plan.pk}/", {"outcome": "ok"}).status_code == 403
    assert not PlanReview.objects.exists()


def test_staff_are_turned_away(sign_in):
    plan = make_plan(make_property("06511"))
    client = sign_in(make_staff(zips=("06511",)))

    assert client.get("/reviews/").status_code == 403
    assert client.get(f"/reviews/{plan.pk}/").status_code == 403
    assert client.post(f"/reviews/{plan.pk}/", {"outcome": "ok"}).status_code == 403


def test_lock_2_shows_staff_no_review(otto):
    review(make_plan(make_property("06511")), otto)

    with pytest.raises(DatabaseError, match="permission denied"), held_to(make_staff()):
        list(PlanReview.objects.all())


def test_what_came_while_somebody_looked_is_not_signed_off_with_it(sign_in, otto):
    plan = make_plan()
    client = sign_in(otto)
    seen = client.get(f"/reviews/{plan.pk}/").context["form"].initial
    change(plan, notes="Meanwhile")

    client.post(f"/reviews/{plan.pk}/", {"outcome": "ok", **seen})

    assert is_stale(reviewed(plan.pk))


def test_nobody_signs_off_what_is_still_to_come(otto):
    plan = make_plan()

    sign_off(plan.pk, Seen(10**12, 10**12), outcome="ok", note="", by=otto)
    change(plan, notes="Later")

    assert is_stale(reviewed(plan.pk))


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"outcome": "fine", "plan_version": 1, "booking_version": 0},
        {"outcome": "ok", "plan_version": "x", "booking_version": "½"},
        {"outcome": "ok", "plan_version": "9" * 40, "booking_version": -1},
        {"outcome": "ok", "note": "x" * 2001, "plan_version": 1, "booking_version": 0},
    ],
)
def test_what_can_not_be_read_signs_nothing_off(sign_in, otto, sent):
    plan = make_plan()

    response = sign_in(otto).post(f"/reviews/{plan.pk}/", sent)

    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert not PlanReview.objects.exists()


def test_a_plan_that_never_was_is_not_found(sign_in, otto):
    client = sign_in(otto)

    for plan in (99_999_999, "9" * 30):
        assert client.get(f"/reviews/{plan}/").status_code == 404
        assert client.post(f"/reviews/{plan}/", {"outcome": "ok"}).status_code == 404


# Stale


@pytest.mark.parametrize("what", ["plan", "booking", "new booking", "deleted booking"])
def test_a_later_change_of_the_plan_or_a_booking_makes_it_stale(otto, what):
    booking = make_booking()
    plan = booking.away_plan
    found = review(plan, otto)
    other = make_booking(make_plan(make_property("02116"), status="approved", hosting_allowed=True))
    assert not is_stale(found)

    Booking.objects.filter(pk=other.pk).update(guest_name="Of another plan")
    assert not is_stale(found)
    if what == "plan":
        change(plan, notes="Later")
    elif what == "booking":
        Booking.objects.filter(pk=booking.pk).update(guest_name="Gus")
    elif what == "new booking":
        make_booking(plan, arrives_on=plan.starts_on + days(3), departs_on=plan.ends_on)
    else:
        Booking.objects.filter(pk=booking.pk).delete()

    assert is_stale(found)


def test_a_booking_is_found_where_the_home_lay_then(otto):
    booking = make_booking()
    found = review(booking.away_plan, otto)
    home = booking.property
    home.zip_code = make_zip("02116")
    home.save()

    assert is_stale(found)
    assert not is_stale(review(booking.away_plan, otto))


# The queue


def test_the_longest_waiting_comes_first_and_flagged_ones_before_it(sign_in, otto):
    first, second, flagged = (make_plan(make_property(name=name)) for name in ("A", "B", "C"))
    mona = make_manager()
    AwayPlan.objects.filter(pk=flagged.pk).update(notes="Filed", filed_by=mona)
    with because("Nobody else was in"):
        AwayPlan.objects.filter(pk=flagged.pk).update(status="approved", decided_by=mona)
    client = sign_in(otto)

    assert waiting(client) == [flagged.pk, first.pk, second.pk]
    assert waiting(client, "tab=flagged") == [flagged.pk]
    [row] = queue(client, "tab=flagged")["rows"]
    assert [flag.slug for flag in row["flags"]] == ["quick", "self-approved"]


def test_what_is_signed_off_waits_no_more_until_it_changes(sign_in, otto):
    plan = make_booking().away_plan
    client = sign_in(otto)
    assert waiting(client) == [plan.pk]

    review(plan, otto)
    assert waiting(client) == []

    Booking.objects.filter(away_plan=plan).update(guest_name="Gus")
    [row] = queue(client)["rows"]
    assert (row["row"].plan, row["row"].is_stale, row["row"].count) == (plan.pk, True, 1)


def test_tabs_count(sign_in, otto):
    plans = [make_plan(make_property(owner=make_rerenter())) for _ in range(5)]
    for plan, outcome in zip(plans, ("ok", "query", "escalated", "escalated"), strict=False):
        review(plan, otto, outcome, "Why")
    review(plans[3], otto, "ok")
    client = sign_in(otto)

    found = queue(client)

    counts = {name: count for name, _, count in found["tabs"]}
    assert counts == {"todo": 1, "flagged": 0, "ok": 2, "query": 1, "escalated": 1}
    [escalated] = queue(client, "tab=escalated")["rows"]
    assert (escalated["review"].plan_id, escalated["by"]) == (plans[2].pk, str(otto))


def test_the_queue_looks_back_to_the_day_that_is_asked_for(sign_in, otto):
    make_plan()
    client = sign_in(otto)

    assert waiting(client, f"since={today()}")
    assert waiting(client, f"since={today() + days(1)}") == []


@pytest.mark.parametrize("page", ["/", "/reviews/", "/reviews/?tab=flagged"])
def test_nothing_is_said_to_be_signed_off_where_nothing_changed(sign_in, otto, page):
    client = sign_in(otto)
    empty = client.get(page).content.decode()
    plan = make_plan()
    review(plan, otto, "ok")

    signed_off = client.get(page).content.decode()

    assert "so there is nothing to review" in empty
    assert "Nothing waits" not in empty
    assert "so there is nothing to review" not in signed_off
    assert ("Nothing waits" in signed_off) is (page != "/reviews/?tab=flagged")


def test_a_deleted_plan_waits_like_another(sign_in, otto):
    plan = make_plan(make_property(name="Maple House"))
    AwayPlan.objects.filter(pk=plan.pk).delete()
    client = sign_in(otto)

    content = client.get("/reviews/").content.decode()
    page = client.get(f"/reviews/{plan.pk}/").content.decode()

    assert "Maple House" in content
    assert "(deleted)" in content
    assert "deleted away plan" in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("tab=x", "There is no such list"),
        ("p=x", "There is no such page"),
        ("p=0", "There is no such page"),
        ("p=99999999999999999999", "There is no such page"),
        ("since=x", "Enter a valid date"),
        ("since=9999-12-31", "Choose a day between 2000 and 2199."),
    ],
)
def test_what_can_not_be_read_of_the_address_is_said(sign_in, otto, query, sentence):
    response = sign_in(otto).get(f"/reviews/?{query}")

    assert response.status_code == 200
    assert sentence in response.content.decode()


def test_pages_go_on(sign_in, otto):
    for number in range(30):
        make_plan(make_property(name=f"Home {number}"))
    client = sign_in(otto)

    first, second = waiting(client), waiting(client, "p=2")

    assert (len(first), len(second)) == (25, 5)
    assert not set(first) & set(second)
    assert "There are no more." in client.get("/reviews/?p=3").content.decode()


def test_queries_are_as_many_for_3_plans_as_for_30(sign_in, otto):
    client = sign_in(otto)

    def count(path):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    def fill(rows):
        for _ in range(rows):
            plan = make_booking().away_plan
            later = {"starts_on": today() + days(60), "ends_on": today() + days(70)}
            review(make_plan(plan.property, **later), otto)
        return plan

    plan = fill(3)
    change(plan, notes="Note")
    paths = ("/reviews/", "/reviews/?tab=ok", f"/reviews/{plan.pk}/")
    [count(path) for path in paths]
    few = [count(path) for path in paths]
    fill(27)
    for number in range(27):
        change(plan, notes=f"Note {number}")

    assert [count(path) for path in paths] == few
    assert max(few) <= 35


def test_a_change_tells_whether_it_was_reviewed(sign_in, otto):
    plan = make_plan()
    client = sign_in(otto)
    path = f"/changes/plan/{plan.history.latest().pk}/"
    before = client.get(path).content.decode()
    review(plan, otto)
    after = client.get(path).content.decode()
    change(plan, notes="Later")
    later = client.get(f"/changes/plan/{plan.history.latest().pk}/").content.decode()

    assert "not reviewed yet" in before
    assert "OK, by Otto Auditor" in after
    assert "the plan was reviewed before this change" in later
