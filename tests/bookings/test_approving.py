"""The queue of plans that wait for a decision, and deciding from it."""

from __future__ import annotations

import datetime

import pgtrigger
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import services
from bookings.models import AwayPlan, Property
from opsconsole.access.lock import held_to
from opsconsole.history.versions import newest_version
from staffing.models import OnDuty, ZipCode
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db

QUEUE = "/bookings/awayplan/waiting/"
ABSENT = 99_999_999


def page_of(plan) -> str:
    return f"{QUEUE}{plan if isinstance(plan, int) else plan.pk}/"


def seen(plan, step: str = "approve", **more):
    """What the card of a plan sends, as it stands now."""
    return {"step": step, "version": newest_version(AwayPlan, plan.pk), **more}


def cards(response):
    return response.context["cards"]


def plans(response) -> list[AwayPlan]:
    return [card.plan for card in cards(response)]


def said(response) -> list[str]:
    return [str(message) for message in response.context["said"]]


def answer(response, plan) -> str:
    """What is said at the card of a plan."""
    [card] = [card for card in cards(response) if card.plan == plan]
    return card.answer.sentence if card.answer else ""


def status(plan) -> str:
    return AwayPlan.objects.values_list("status", flat=True).get(pk=plan.pk)


@pytest.fixture
def ana():
    return make_staff(zips=("06511",))


@pytest.fixture
def mona():
    return make_manager()


# Which plans, in which order


def test_plans_that_wait_are_listed_oldest_submission_first(sign_in, mona):
    draft = make_plan(status="draft")
    first, second = make_plan(), make_plan()
    make_plan(status="approved")
    services.submit(draft, by=mona)

    response = sign_in(mona).get(QUEUE)

    assert plans(response) == [first, second, draft]


def test_a_change_keeps_its_place_and_a_new_submission_does_not(sign_in, mona):
    changed, extended, other = make_plan(), make_plan(status="approved"), make_plan()
    changed.notes = "A cat stays"
    services.revise(changed, by=mona)
    extended.ends_on += days(3)
    services.revise(extended, by=mona, reason="They stay longer")

    response = sign_in(mona).get(QUEUE)

    assert plans(response) == [changed, other, extended]


def test_a_plan_that_came_with_its_home_is_the_oldest_to_staff(sign_in, ana):
    here, home = make_plan(), make_property("02116")
    brought = make_plan(home)
    Property.objects.filter(pk=home.pk).update(zip_code=make_zip("06511"))

    response = sign_in(ana).get(QUEUE)

    assert plans(response) == [brought, here]
    assert cards(response)[0].waits == "since before it came into your ZIP codes"


def test_staff_see_what_waits_in_their_zip_codes(sign_in, ana, locks):
    mine = make_plan()
    make_plan(make_property("02116", name="Far House"))

    response = sign_in(ana).get(QUEUE)

    assert plans(response) == [mine]
    assert "Far House" not in response.content.decode()


def test_there_are_25_on_a_page(sign_in, mona):
    all_of_them = [make_plan() for _ in range(26)]
    client = sign_in(mona)

    first, second = client.get(QUEUE), client.get(f"{QUEUE}?p=2")

    assert plans(first) + plans(second) == all_of_them
    assert len(plans(second)) == 1
    assert plans(client.get(f"{QUEUE}?p=x")) == plans(first)


def test_of_no_plans_at_all_none_is_said_to_wait(sign_in, mona, ana):
    for person, where in ((mona, ""), (ana, " in your ZIP codes")):
        content = sign_in(person).get(QUEUE).content.decode()
        assert f"There are no away plans{where} yet." in content
        assert "No plan waits" not in content


def test_nothing_waits(sign_in, mona):
    make_plan(status="approved")

    content = sign_in(mona).get(QUEUE).content.decode()

    assert "No plan waits for a decision." in content
    assert "All away plans" in content


@pytest.mark.parametrize("rows", [3, 30])
def test_queries_do_not_grow_with_plans(sign_in, rows):
    ana = make_staff(zips=("06511", "02116"))
    fay = make_staff("Fay Filer", zips=("06511",))
    client = sign_in(ana)
    client.get(QUEUE)  # what is kept for the life of a process is kept now
    for number in range(rows):
        home = make_property("06511" if number % 2 else "02116")
        make_plan(home, filed_by=fay)
        make_plan(home, status="draft")

    with CaptureQueriesContext(connection) as captured:
        response = client.get(QUEUE)

    assert len(plans(response)) == min(rows, 25)
    assert len(captured) == 16


# What is told beside each plan


def test_a_card_tells_the_plan(sign_in, ana):
    fay = make_staff("Fay Filer")
    plan = make_plan(make_property(name="Elm House"), filed_by=fay, notes="Two cats stay")

    response = sign_in(ana).get(QUEUE)

    content = response.content.decode()
    [card] = cards(response)
    assert (card.filed_by, card.waits, card.leaves) == (
        "Fay Filer",
        "since today",
        "begins in 10 days",
    )
    for words in ("Elm House", "06511", plan.dates, "10 nights", "No guests", "Two cats stay"):
        assert words in content


@pytest.mark.parametrize(
    ("ago", "words"), [(0, "since today"), (1, "since yesterday"), (5, "for 5 days")]
)
def test_how_long_a_plan_waits(sign_in, mona, ago, words):
    plan = make_plan()
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        AwayPlan.history.filter(id=plan.pk).update(
            history_date=AwayPlan.history.get(id=plan.pk).history_date
            - datetime.timedelta(days=ago)
        )
        cursor.execute("SET LOCAL session_replication_role = origin")

    [card] = cards(sign_in(mona).get(QUEUE))

    assert card.waits == words


@pytest.mark.parametrize(
    ("starts", "ends", "state", "words"),
    [
        (15, 25, "draft", "Overlaps another plan, draft"),
        (19, 25, "draft", "Overlaps another plan, draft"),
        (20, 25, "approved", "Right after it another plan, approved"),
        (5, 10, "active", "Right before it another plan, active"),
        (5, 11, "draft", "Overlaps another plan, draft"),
        (21, 25, "approved", None),
        (5, 9, "draft", None),
        (12, 15, "declined", None),
        (12, 15, "withdrawn", None),
    ],
)
def test_other_plans_of_the_home_are_conflicts(sign_in, ana, starts, ends, state, words):
    plan = make_plan()
    dates = {"starts_on": today() + days(starts), "ends_on": today() + days(ends)}
    other = make_plan(plan.property, status=state, decision_reason="Why", **dates)
    make_plan(status="draft", **dates)  # of another home

    response = sign_in(ana).get(QUEUE)

    [card] = cards(response)
    assert [conflict.words for conflict in card.conflicts] == ([words] if words else [])
    assert (f"/bookings/awayplan/{other.pk}/change/" in response.content.decode()) == bool(words)


@pytest.mark.parametrize(
    ("plan", "stay", "words"),
    [
        ({"hosting_allowed": True}, (10, 12), None),
        ({"hosting_allowed": True}, (18, 21), "A booking would lie outside of it, confirmed"),
        ({"hosting_allowed": False}, (10, 12), "A booking would lie in it, without hosting"),
    ],
)
def test_bookings_that_would_be_outside_are_conflicts(sign_in, ana, plan, stay, words):
    waits = make_plan(**plan)
    with pgtrigger.ignore("bookings.Booking:stay_inside_plan"):
        arrives, departs = (today() + days(count) for count in stay)
        make_booking(waits, arrives_on=arrives, departs_on=departs)

    [card] = cards(sign_in(ana).get(QUEUE))

    assert [conflict.words.startswith(words or "-") for conflict in card.conflicts] == (
        [True] if words else []
    )


def test_a_booking_of_another_plan_in_these_nights_is_a_conflict(sign_in, ana):
    plan = make_plan(hosting_allowed=True)
    other = make_plan(plan.property, status="draft", starts_on=today() + days(15))
    with pgtrigger.ignore("bookings.Booking:stay_inside_plan"):
        make_booking(other)

    [card] = cards(sign_in(ana).get(QUEUE))

    assert "A booking would lie outside of it, confirmed" in [c.words for c in card.conflicts]


def test_a_home_that_is_not_active_is_told(sign_in, ana):
    make_plan(make_property(lifecycle="paused"))

    assert "The home is paused." in sign_in(ana).get(QUEUE).content.decode()


# Who is there meanwhile


def cover(response) -> tuple[list[str], list[str], list[str]]:
    """Of the only card: the days without anybody, without a primary, and who is there when."""
    [card] = cards(response)
    told = [
        f"{turns.duty}: {turn.name} {turn.days}".strip()
        for turns in card.cover.by_duty
        for turn in turns.told
    ]
    return card.cover.nobody, card.cover.only_no_primary, told


def test_who_is_assigned_during_the_dates(sign_in, ana, locks):
    make_plan()
    ben, cy = make_staff("Ben Backup"), make_staff("Cy Cover")
    assign(ben, "06511", duty="backup", starts_on=today() + days(12), note="Private words")
    cover_dates = {"starts_on": today() + days(1), "ends_on": today() + days(11)}
    assign(cy, "06511", duty="cover", **cover_dates)
    assign(make_staff("Far Away"), "02116")
    assign(make_staff("Late Comer"), "06511", starts_on=today() + days(20))
    assign(make_staff("Gil Gone", is_active=False), "06511")

    response = sign_in(ana).get(QUEUE)

    nobody, no_primary, told = cover(response)
    assert (nobody, no_primary) == ([], [])
    assert [line.partition(" on ")[0][:20] for line in told] == [
        "Primary: Ana Staff",
        "Backup: Ben Backup D",
        "Temporary cover: Cy ",
    ]
    assert "(you)" in response.content.decode()
    assert "Private words" not in response.content.decode()


def test_days_without_anybody_are_told(sign_in, mona):
    make_plan()
    ben = make_staff("Ben")
    assign(ben, "06511", duty="backup", starts_on=today() + days(12), ends_on=today() + days(19))

    nobody, no_primary, told = cover(sign_in(mona).get(QUEUE))

    assert len(nobody) == 2
    assert nobody[1].startswith("on ")
    assert len(no_primary) == 1
    assert told == [f"Backup: Ben {no_primary[0]}"]


def test_a_zip_code_that_is_not_served_is_told_with_the_way_to_serve_it(sign_in, mona, ana):
    plan = make_plan()
    assert "Not served" not in sign_in(mona).get(QUEUE).content.decode()
    ZipCode.objects.update(is_served=False)

    told = {person: sign_in(person).get(QUEUE).content.decode() for person in (mona, ana)}

    serve = f"/staffing/zipcode/{plan.zip_code_id}/change/#id_is_served"
    assert ["Not served" in page for page in told.values()] == [True, True]
    assert [serve in page for page in told.values()] == [True, False]


def test_the_first_and_last_day_decide_who_covers(sign_in, mona):
    make_plan()
    assign(make_staff("Too Early"), "06511", ends_on=today() + days(10))
    assign(
        make_staff("All Along"), "06511", starts_on=today() + days(10), ends_on=today() + days(20)
    )

    assert cover(sign_in(mona).get(QUEUE)) == ([], [], ["Primary: All Along"])


def test_each_plan_tells_who_is_there_in_its_own_dates(sign_in, mona):
    make_plan()
    make_plan(starts_on=today() + days(40), ends_on=today() + days(45))
    assign(make_staff("Now Here"), "06511", ends_on=today() + days(30))
    assign(make_staff("Then There"), "06511", starts_on=today() + days(31))

    told = [
        [turn.name for turns in card.cover.by_duty for turn in turns.told]
        for card in cards(sign_in(mona).get(QUEUE))
    ]

    assert told == [["Now Here"], ["Then There"]]


def test_the_application_tells_staff_who_is_on_duty_in_their_zip_codes_alone(ana, mona):
    assign(make_staff("Ben"), "02116")

    there = [
        {entry.name for entry in OnDuty.objects.visible_to(who)}
        for who in (ana, mona, make_staff())
    ]

    assert there == [{"Ana Staff"}, {"Ana Staff", "Ben"}, set()]


def test_a_crowd_is_counted(sign_in, mona):
    make_plan()
    for number in range(9):
        assign(make_staff(f"Helper {number}"), "06511", duty="backup")

    response = sign_in(mona).get(QUEUE)

    assert len(cover(response)[2]) == 6
    assert "and 3 more" in response.content.decode()


def test_the_database_tells_staff_who_is_on_duty_in_their_zip_codes_alone(ana, mona):
    ben, nia = make_staff("Ben", zips=("06511", "02116")), make_staff("Nia Nowhere")
    rows = OnDuty._base_manager.order_by("name", "zip_code__code")

    with held_to(ana):
        assert list(rows.values_list("name", flat=True)) == ["Ana Staff", "Ben"]
    with held_to(nia):
        assert not rows.exists()
    with held_to(mona):
        assert rows.filter(person_id=ben.pk).count() == 2


# Deciding


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_approving_goes_on_to_the_next(sign_in, ana, mona, role):
    by = ana if role == "staff" else mona
    first, plan, following = make_plan(), make_plan(), make_plan()

    response = sign_in(by).post(page_of(plan), seen(plan))

    plan.refresh_from_db()
    assert (plan.status, plan.decided_by) == ("approved", by)
    assert response.url == f"{QUEUE}#plan-{following.pk}"
    shown = sign_in(by).get(QUEUE)
    assert plans(shown) == [first, following]


def test_what_was_done_is_said_in_the_queue(sign_in, ana):
    plan = make_plan()

    response = sign_in(ana).post(page_of(plan), seen(plan), follow=True)

    assert said(response) == [f"{plan}: approved."]
    assert response.content.decode().count(f"{plan}: approved.".replace("’", "&#x27;")) == 1


def test_after_the_last_comes_the_first_and_after_the_only_one_none(sign_in, ana):
    first, last = make_plan(), make_plan()
    client = sign_in(ana)

    back = client.post(page_of(last), seen(last))
    done = client.post(page_of(first), seen(first))

    assert (back.url, done.url) == (f"{QUEUE}#plan-{first.pk}", QUEUE)


def test_the_next_one_may_stand_on_another_page(sign_in, mona):
    waiting = [make_plan() for _ in range(28)]
    client = sign_in(mona)

    response = client.post(page_of(waiting[26]), seen(waiting[26]))

    assert response.url == f"{QUEUE}?p=2#plan-{waiting[27].pk}"
    assert waiting[27] in plans(client.get(response.url))


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_declining_says_why(sign_in, ana, mona, role):
    by = ana if role == "staff" else mona
    plan = make_plan()

    sign_in(by).post(page_of(plan), seen(plan, "decline", reason="No heating"))

    plan.refresh_from_db()
    assert (plan.status, plan.decision_reason, plan.decided_by) == ("declined", "No heating", by)
    assert plan.history.first().history_change_reason == "No heating"


def test_declining_without_a_reason_is_refused_at_the_card(sign_in, ana):
    other, plan = make_plan(), make_plan()

    response = sign_in(ana).post(page_of(plan), seen(plan, "decline", reason=" "))

    assert status(plan) == "submitted"
    assert answer(response, plan) == "Say why it is declined."
    assert answer(response, other) == ""


def test_what_was_typed_stays(sign_in, ana):
    plan = make_plan()

    response = sign_in(ana).post(page_of(plan), seen(plan, "decline", reason="z" * 501))

    assert status(plan) == "submitted"
    assert answer(response, plan) == "Say why in at most 500 characters; it has 501 now."
    assert "z" * 501 in response.content.decode()


@pytest.mark.parametrize("step", ["", "cancel", "withdraw", "approve'"])
def test_no_other_step_is_taken(sign_in, mona, step):
    plan = make_plan()

    response = sign_in(mona).post(page_of(plan), seen(plan, step, reason="Why"))

    assert status(plan) == "submitted"
    assert answer(response, plan) == "Nothing was decided: choose to approve or to decline."


@pytest.mark.parametrize("method", ["get", "put"])
def test_nothing_is_decided_by_a_link(sign_in, mona, method):
    plan = make_plan()

    response = getattr(sign_in(mona), method)(f"{page_of(plan)}?step=approve")

    assert (response.status_code, status(plan)) == (405, "submitted")


def test_auditors_neither_see_the_queue_nor_decide(sign_in):
    plan, client = make_plan(), sign_in(make_auditor())

    responses = [client.get(QUEUE), client.post(page_of(plan), seen(plan))]

    assert [response.status_code for response in responses] == [403, 403]
    assert "Your role may not decide away plans." in responses[0].content.decode()
    assert status(plan) == "submitted"


# Four eyes


def test_staff_do_not_approve_what_they_filed(sign_in, ana):
    plan = make_plan(filed_by=ana)
    client = sign_in(ana)

    page = client.get(QUEUE)
    response = client.post(page_of(plan), seen(plan, reason="It is fine"))

    assert cards(page)[0].approving == ""
    assert 'value="approve"' not in page.content.decode()
    assert "somebody else has to approve it" in page.content.decode()
    assert status(plan) == "submitted"
    assert answer(response, plan) == (
        "You filed this plan yourself: somebody else has to approve it."
    )


def test_staff_decline_what_they_filed(sign_in, ana):
    plan = make_plan(filed_by=ana)

    sign_in(ana).post(page_of(plan), seen(plan, "decline", reason="My mistake"))

    assert status(plan) == "declined"


def test_managers_approve_what_they_filed_with_a_reason(sign_in, mona):
    plan = make_plan(filed_by=mona)
    client = sign_in(mona)

    page = client.get(QUEUE)
    refused = client.post(page_of(plan), seen(plan))
    before = status(plan)
    client.post(page_of(plan), seen(plan, reason="Nobody else is in"))

    assert cards(page)[0].approving == "with a reason"
    assert f'id="plan-{plan.pk}-approve"' in page.content.decode()
    assert answer(refused, plan).endswith("say why you approve it all the same.")
    assert (before, status(plan)) == ("submitted", "approved")


# What changed meanwhile


def test_a_plan_that_changed_is_not_decided_as_it_was_seen(sign_in, ana, mona):
    plan = make_plan()
    sent = seen(plan)
    plan.ends_on += days(5)
    services.revise(plan, by=mona)
    client = sign_in(ana)

    response = client.post(page_of(plan), sent)

    assert status(plan) == "submitted"
    assert answer(response, plan) == (
        "This plan changed since you saw it, by Mona Manager (back on, filed by). "
        "Nothing was decided: look at it as it is now, and decide again."
    )
    client.post(page_of(plan), seen(plan))
    assert status(plan) == "approved"


def test_the_card_of_an_answer_carries_the_version_of_now(sign_in, ana, mona):
    plan = make_plan()
    sent = seen(plan)
    plan.notes = "A cat stays"
    services.revise(plan, by=mona)

    response = sign_in(ana).post(page_of(plan), sent)

    [card] = cards(response)
    assert card.plan.version == newest_version(AwayPlan, plan.pk) != sent["version"]


@pytest.mark.parametrize("step", ["approve", "decline"])
def test_a_plan_that_was_decided_meanwhile_says_so(sign_in, ana, mona, step):
    plan, other = make_plan(), make_plan()
    sent = seen(plan, step, reason="Too late")
    services.decline(plan, by=mona, reason="No heating")

    response = sign_in(ana).post(page_of(plan), sent)

    plan.refresh_from_db()
    assert (plan.status, plan.decided_by, plan.decision_reason) == ("declined", mona, "No heating")
    assert response.context["elsewhere"].sentence == (
        "This plan does not wait any more: it is declined, by Mona Manager. Nothing was decided."
    )
    assert "Too late" in response.content.decode()
    assert plans(response) == [other]


def test_sending_twice_decides_once(sign_in, ana):
    plan = make_plan()
    sent, client = seen(plan), sign_in(ana)

    client.post(page_of(plan), sent)
    again = client.post(page_of(plan), sent)

    assert "it is approved, by Ana Staff" in again.context["elsewhere"].sentence
    assert plan.history.count() == 2


@pytest.mark.parametrize("version", [None, "", "x", "-1", "9" * 30, "²"])
def test_a_page_that_does_not_say_what_was_seen_decides_nothing(sign_in, mona, version):
    plan = make_plan()
    sent = {"step": "approve"} | ({} if version is None else {"version": version})

    response = sign_in(mona).post(page_of(plan), sent)

    assert status(plan) == "submitted"
    assert answer(response, plan).startswith("This page did not say which version")


# Scope


def test_a_foreign_plan_answers_like_a_missing_one(sign_in, ana, locks):
    far = make_plan(make_property("02116", name="Far House"))
    client = sign_in(ana)

    foreign = client.post(page_of(far), seen(far), follow=True)
    absent = client.post(page_of(ABSENT), seen(far), follow=True)

    assert status(far) == "submitted"
    assert said(foreign) == said(absent) != []
    assert foreign.redirect_chain == absent.redirect_chain == [(QUEUE, 302)]
    assert "Far House" not in foreign.content.decode()


@pytest.mark.parametrize("wrong", ["abc", "1/2", "-1", "9" * 40, "%C2%BD"])
def test_an_address_that_is_none_is_missing(sign_in, mona, wrong):
    response = sign_in(mona).post(f"{QUEUE}{wrong}/", {"step": "approve", "version": 1})

    assert (response.status_code, response.url) == (302, QUEUE)


def test_those_who_decide_find_the_queue_from_the_list(sign_in, ana):
    links = [
        [link["title"] for link in sign_in(who).get("/bookings/awayplan/").context["actions_list"]]
        for who in (ana, make_manager(), make_auditor())
    ]

    assert ["To decide" in each for each in links] == [True, True, False]
