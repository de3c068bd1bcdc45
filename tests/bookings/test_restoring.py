"""Restoring an earlier version: what changes, what stays, what refuses, and how it is recorded."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import services
from bookings.models import AwayPlan, Booking, Property
from bookings.restoring import BOOKING, HOME, PLAN
from opsconsole.access.acting import Source, acting, restoring
from opsconsole.database.refusals import ReasonMissing
from opsconsole.history.restoring import NOTHING_TO_RESTORE, restore
from opsconsole.history.versions import newest_version
from opsconsole.history.words import told_fields
from tests.factories import (
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db

HOW = {AwayPlan: PLAN, Booking: BOOKING, Property: HOME}


def first_of(record):
    return record.history.earliest()


def page_of(record, version=None) -> str:
    version = version or first_of(record)
    meta = record._meta
    return f"/{meta.app_label}/{meta.model_name}/{record.pk}/restore/{version.history_id}/"


def write(record, **fields):
    """Change a record past all services; the version of before is there to restore."""
    type(record).objects.filter(pk=record.pk).update(**fields)
    record.refresh_from_db()
    return record


def ask(client, record, version=None, *, reason="Typed wrong", newest=None):
    newest = newest_version(type(record), record.pk) if newest is None else newest
    return client.post(page_of(record, version), {"reason": reason, "newest": newest})


def refused(client, record, sentence: str, version=None) -> None:
    """Asking is answered with the sentence on the page; nothing is written, the reason is kept."""
    before = list(type(record).objects.filter(pk=record.pk).values()), record.history.count()

    response = ask(client, record, version)

    assert response.status_code == 200
    assert response.context["refusal"] == sentence
    page = response.content.decode()
    assert "Typed wrong" in page
    assert (
        list(type(record).objects.filter(pk=record.pk).values()),
        record.history.count(),
    ) == before


def lines(response, name="lines"):
    return {line.label: (line.now, line.then) for line in response.context[name]}


@pytest.fixture
def mona():
    return make_manager()


@pytest.fixture
def client(sign_in, mona):
    return sign_in(mona)


# What is restored


def test_a_home_is_what_it_was_and_all_that_hangs_from_it_follows(client, mona):
    rosa = make_rerenter("Rosa Lee")
    home = make_property("06511", owner=rosa, name="Elm House", amenities="Sauna", max_guests=6)
    plan = make_plan(home)
    elsewhere = make_zip("02116")
    home.owner, home.name, home.zip_code, home.lifecycle = (
        make_rerenter("Tom Bell"), "Oak", elsewhere, "paused",
    )  # fmt: skip
    home.save()

    shown = client.get(page_of(home))
    response = ask(client, home)

    assert lines(shown) == {
        "Name": ("Oak", "Elm House"),
        "Owner": ("Tom Bell", "Rosa Lee"),
        "ZIP code": ("02116 Boston", "06511 New Haven"),
        "Lifecycle": ("Paused", "Active"),
    }
    assert "go to that ZIP code with it" in shown.content.decode()
    assert (response.status_code, response.url) == (302, f"/bookings/property/{home.pk}/history/")
    home.refresh_from_db()
    plan.refresh_from_db()
    assert (home.name, home.owner, home.zip_code.code) == ("Elm House", rosa, "06511")
    assert (home.lifecycle, home.timezone) == ("active", "America/New_York")
    assert plan.zip_code.code == "06511"


def test_a_plan_is_what_it_was(client):
    plan = make_plan(notes="A cat stays", status="draft")
    starts_on = plan.starts_on
    write(plan, notes="No cat", starts_on=starts_on + days(2), hosting_allowed=True)

    shown = client.get(page_of(plan))
    ask(client, plan)

    assert lines(shown)["Notes"] == ("No cat", "A cat stays")
    assert lines(shown)["Hosting allowed"] == ("yes", "no")
    plan.refresh_from_db()
    assert (plan.notes, plan.starts_on, plan.hosting_allowed) == ("A cat stays", starts_on, False)


def test_a_booking_is_what_it_was(client):
    stay = make_booking(guest_name="Gus Guest", party_size=2, price="240.00")
    write(stay, guest_name="Gil Gale", party_size=1, price=None)

    shown = client.get(page_of(stay))
    ask(client, stay)

    assert lines(shown)["Price"] == ("nothing", "240.00")
    stay.refresh_from_db()
    assert (stay.guest_name, stay.party_size, str(stay.price)) == ("Gus Guest", 2, "240.00")


def test_a_version_in_between_is_restored_and_not_the_first(client):
    plan = make_plan(notes="First", status="draft")
    write(plan, notes="Second")
    second = plan.history.latest()
    write(plan, notes="Third")

    ask(client, plan, second)

    plan.refresh_from_db()
    assert plan.notes == "Second"


# What stays


def test_a_status_stays_and_the_page_says_why(client):
    plan = make_plan(notes="Before")
    services.decline(plan, by=make_manager(), reason="Too short")
    write(plan, notes="After")

    shown = client.get(page_of(plan))
    ask(client, plan)

    assert lines(shown) == {"Notes": ("After", "Before")}
    assert lines(shown, "kept")["Status"] == ("Declined", "Submitted")
    why = {line.label: line.why for line in shown.context["kept"]}
    assert why["Status"].startswith("A status changes by its steps alone")
    plan.refresh_from_db()
    assert (plan.status, plan.decision_reason, plan.notes) == ("declined", "Too short", "Before")


def test_an_archived_home_is_not_opened_again_and_says_so(client):
    home = make_property(name="Elm House", amenities="Sauna")
    write(home, lifecycle="archived", amenities="")

    shown = client.get(page_of(home))
    ask(client, home)

    assert {line.label: line.why for line in shown.context["kept"]} == {
        "Lifecycle": "Elm House is archived: it can't become active."
    }
    home.refresh_from_db()
    assert (home.lifecycle, home.amenities) == ("archived", "Sauna")


def test_where_only_what_stays_was_otherwise_there_is_nothing_to_restore(client):
    plan = make_plan()
    services.decline(plan, by=make_manager(), reason="Too short")

    shown, answer = client.get(page_of(plan)), ask(client, plan)

    for response in (shown, answer):
        assert NOTHING_TO_RESTORE in response.content.decode()
        assert 'id="restore"' not in response.content.decode()
    assert plan.history.count() == 2


@pytest.mark.parametrize("model", HOW)
def test_every_field_is_restored_or_says_why_not(model):
    how = HOW[model]
    told = {field.name for field in told_fields(model)}

    assert {*how.fields} | {*how.stays} == told
    assert not {*how.fields} & {*how.stays}
    assert all(sentence.endswith(".") for sentence in how.stays.values())


@pytest.mark.parametrize("make", [make_property, make_plan, make_booking])
def test_what_is_restored_is_what_the_form_edits(make, mona):
    record = make()
    request = RequestFactory().get("/")
    request.user = mona
    page = admin.site._registry[type(record)]
    form = page.get_form(request, record, change=True)

    assert {*form.base_fields} - {"change_reason"} == {*HOW[type(record)].fields}


# Who asks for more than was approved


def test_an_approved_plan_that_asks_for_more_goes_back_and_who_restored_has_filed_it(client, mona):
    plan = make_plan(status="approved", filed_by=make_staff("Ana"), ends_on=today() + days(30))
    write_approved(plan, ends_on=today() + days(20))

    shown = client.get(page_of(plan))
    ask(client, plan)

    assert "the plan needs a new decision" in shown.content.decode()
    plan.refresh_from_db()
    assert (plan.status, plan.filed_by, plan.ends_on) == (
        "submitted", mona, today() + days(30),
    )  # fmt: skip
    with pytest.raises(ReasonMissing):
        services.approve(plan, by=mona)


def test_a_plan_that_waits_is_filed_by_who_restores_its_dates(client, mona):
    plan = make_plan(filed_by=make_staff("Ana"), hosting_allowed=True)
    write(plan, hosting_allowed=False)

    shown = client.get(page_of(plan))
    ask(client, plan)

    assert "somebody else decides" in shown.content.decode()
    plan.refresh_from_db()
    assert (plan.status, plan.filed_by) == ("submitted", mona)


def test_an_approved_plan_is_shortened_without_a_new_decision(client):
    plan = make_plan(status="approved", filed_by=None)
    write_approved(plan, ends_on=plan.ends_on + days(5))

    shown = client.get(page_of(plan))
    ask(client, plan)

    assert "new decision" not in shown.content.decode()
    plan.refresh_from_db()
    assert (plan.status, plan.filed_by) == ("approved", None)


def write_approved(plan, **fields):
    with acting(source=Source.COMMAND, reason="Because they asked"):
        return write(plan, **fields)


# What refuses


def test_a_plan_that_has_ended_keeps_its_dates(client):
    plan = make_plan(status="completed")
    write(plan, ends_on=plan.ends_on + days(1))

    refused(client, plan, "This plan is completed: file a new one for other dates.")


def test_a_plan_that_is_on_is_not_extended(client):
    plan = make_plan(status="active")
    write_approved(plan, ends_on=plan.ends_on - days(1))

    assert "new decision" not in client.get(page_of(plan)).content.decode()

    refused(
        client,
        plan,
        "This plan is active: it can be shortened, not extended. "
        "File a second plan for the added days.",
    )


def test_two_plans_never_overlap(client):
    plan = make_plan()
    first = plan.starts_on
    write(plan, starts_on=first + days(20), ends_on=first + days(30))
    make_plan(plan.property, starts_on=first, ends_on=first + days(5))

    refused(
        client,
        plan,
        "Another plan of this property covers some of these dates. "
        "Change the dates, or withdraw the other plan first.",
    )


def test_bookings_stay_inside_their_plan(client):
    plan = make_plan(status="approved", hosting_allowed=True)
    write_approved(plan, ends_on=plan.ends_on + days(10))
    make_booking(plan, arrives_on=plan.ends_on - days(3), departs_on=plan.ends_on)

    refused(
        client,
        plan,
        "This plan has bookings that would fall outside of it. Move or cancel them first.",
    )


def test_a_booking_stays_inside_its_plan(client):
    stay = make_booking()
    plan = stay.away_plan
    last = plan.ends_on
    write(stay, arrives_on=last - days(2), departs_on=last)
    write_approved(plan, starts_on=plan.starts_on + days(5))

    refused(
        client,
        stay,
        "A booking must lie inside an approved plan that allows hosting. "
        "Check the dates, and whether the plan is approved.",
    )


def test_two_bookings_never_overlap(client):
    stay = make_booking()
    plan = stay.away_plan
    write(stay, arrives_on=plan.starts_on + days(4), departs_on=plan.starts_on + days(6))
    make_booking(plan)

    refused(client, stay, "Another booking of this property covers some of these nights.")


def test_a_party_fits_into_the_home_of_now(client):
    stay = make_booking(party_size=4)
    write(stay, party_size=2)
    write(stay.property, max_guests=2)

    refused(client, stay, f"{stay.property} has room for 2 guests, not 4.")


def test_a_reference_that_another_booking_has_is_not_restored(client):
    stay = make_booking(source_ref="B-1")
    write(stay, source_ref="B-2")
    plan = stay.away_plan
    later = {"arrives_on": plan.starts_on + days(4), "departs_on": plan.starts_on + days(6)}
    make_booking(plan, source_ref="B-1", **later)

    refused(client, stay, "This reference can't be used: check it, or leave it empty.")


def test_an_address_that_another_home_has_is_not_restored(client):
    home = make_property(street="12 Elm Street")
    write(home, street="14 Elm Street")
    make_property(street="12 Elm St.")

    refused(client, home, "Another property has this address (street, unit and ZIP code).")


def test_an_owner_has_one_default_home(client):
    home = make_property(is_default=True)
    write(home, is_default=False)
    make_property(owner=home.owner, is_default=True)

    refused(client, home, "This owner has another default property.")


def test_a_reference_of_another_home_is_not_restored(client):
    home = make_property(external_ref="H-1")
    write(home, external_ref="H-2")
    make_property(external_ref="H-1")

    refused(client, home, "Another property has this reference.")


def test_what_no_form_takes_is_not_restored_either(client):
    home = make_property(latitude="123.00000")
    write(home, latitude=None)
    stay = make_booking(guest_phone="call me")
    write(stay, guest_phone="")

    refused(client, home, "Latitude: Ensure this value is less than or equal to 90.")
    assert "Guest phone: " in ask(client, stay).context["refusal"]


def test_an_owner_who_works_here_by_now_is_not_restored(client):
    rosa = make_rerenter("Rosa Lee")
    home = make_property(owner=rosa)
    write(home, owner=make_rerenter("Tom Bell"))
    make_staff_of(rosa)

    assert "Owner: " in ask(client, home).context["refusal"]
    home.refresh_from_db()
    assert home.owner.full_name == "Tom Bell"


def make_staff_of(person):
    type(person).objects.filter(pk=person.pk).update(user_type="staff", is_staff=True)


# Why


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_it_is_not_done_without_a_reason(client, reason):
    plan = write(make_plan(notes="Before"), notes="After")

    response = ask(client, plan, reason=reason)

    assert response.status_code == 200
    assert response.context["form"].errors["reason"]
    plan.refresh_from_db()
    assert plan.notes == "After"


def test_the_service_asks_for_a_reason_as_well(mona):
    plan = write(make_plan(notes="Before"), notes="After")

    with pytest.raises(ReasonMissing, match="Say why this version is restored"):
        restore(plan, first_of(plan), PLAN, by=mona, reason=" ")


@pytest.mark.parametrize("make", [make_property, make_plan, make_booking])
def test_the_database_asks_for_a_reason_on_every_path(make):
    record = make()
    field = {Property: "amenities", AwayPlan: "notes", Booking: "guest_name"}[type(record)]

    with (
        pytest.raises(IntegrityError, match="Say why this version is restored"),
        transaction.atomic(),
        acting(source=Source.COMMAND),
        restoring(first_of(record)),
    ):
        write(record, **{field: "Past every service"})


# How it is recorded


def test_the_version_says_that_and_which_version_was_restored_and_why(client, mona):
    plan = write(make_plan(notes="Before"), notes="After")
    first = first_of(plan)
    when = first.history_date.astimezone(timezone.get_default_timezone())

    ask(client, plan)

    version = plan.history.latest()
    assert version.changed_fields == ["notes"]
    assert version.history_user == mona
    assert version.history_change_reason == "Typed wrong"
    assert version.source == f"restore:bookings.awayplan:{first.history_id}"
    told = f"by restoring the away plan as of {when:%B} {when.day}, {when.year}"
    for path in (
        f"/bookings/awayplan/{plan.pk}/history/",
        "/changes/?source=restore",
        f"/changes/plan/{version.history_id}/",
    ):
        page = client.get(path).content.decode()
        assert told in page, path
        assert "Typed wrong" in page, path


def test_what_follows_a_home_says_so_in_its_own_story(client):
    home = make_property("06511")
    plan = make_plan(home)
    home.zip_code = make_zip("02116")
    home.save()

    ask(client, home)

    story = client.get(f"/bookings/awayplan/{plan.pk}/history/").content.decode()
    assert "by restoring the property as of" in story


def test_to_whom_the_restored_version_is_none_of_theirs_it_is_an_earlier_one(sign_in, client):
    home = make_property("02116", amenities="Sauna")
    home.zip_code, home.amenities = make_zip("06511"), "Pool"
    home.save()
    write(home, amenities="")
    second = list(home.history.order_by("history_id"))[1]
    ask(client, home, second)
    write(home, zip_code_id=make_zip("06511").pk)
    secret = first_of(home)
    with acting(make_manager(), source=Source.CONSOLE, reason="Measured"), restoring(secret):
        write(home, max_guests=3)

    story = sign_in(make_staff(zips=("06511",))).get(f"/bookings/property/{home.pk}/history/")

    assert "by restoring the property as of" in story.content.decode()
    assert "by restoring an earlier version" in story.content.decode()


@pytest.mark.parametrize(
    "source", ["restore:", "restore:x", "restore:no.model:1", "restore:bookings.awayplan:½"]
)
def test_a_source_that_no_service_writes_is_told_all_the_same(client, source):
    plan = make_plan()
    with acting(source=Source.COMMAND, reason="By hand"), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('console.source', %s, true)", [source])
        write(plan, notes="After")

    page = client.get(f"/bookings/awayplan/{plan.pk}/history/").content.decode()

    assert "by restoring an earlier version" in page


def test_the_list_of_changes_finds_restores_alone(client):
    plan = write(make_plan(notes="Before"), notes="After")
    ask(client, plan)

    page = client.get("/changes/?source=restore")

    assert [each.number for each in page.context["told"]] == [plan.history.latest().history_id]


# Over what it is done


def test_a_change_made_meanwhile_is_shown_and_not_overwritten(client):
    plan = make_plan(notes="Before", status="draft")
    write(plan, notes="After")
    seen = client.get(page_of(plan)).context["newest"]
    write(plan, notes="Meanwhile")

    stale = ask(client, plan, newest=seen)

    assert stale.context["refusal"].startswith("Somebody changed this record since you opened")
    assert lines(stale)["Notes"] == ("Meanwhile", "Before")
    assert "Typed wrong" in stale.content.decode()
    plan.refresh_from_db()
    assert plan.notes == "Meanwhile"

    again = ask(client, plan, newest=stale.context["newest"])

    assert again.status_code == 302
    plan.refresh_from_db()
    assert plan.notes == "Before"


@pytest.mark.parametrize("newest", ["", "½", "-1", "9" * 40])
def test_a_page_that_does_not_say_what_it_showed_restores_nothing(client, newest):
    plan = write(make_plan(notes="Before"), notes="After")

    response = ask(client, plan, newest=newest)

    assert response.context["refusal"].startswith("Somebody changed this record")
    plan.refresh_from_db()
    assert plan.notes == "After"


def test_looking_changes_nothing(client):
    plan = write(make_plan(notes="Before"), notes="After")

    client.get(page_of(plan), {"reason": "x", "newest": newest_version(AwayPlan, plan.pk)})

    assert plan.history.count() == 2
    assert client.put(page_of(plan)).status_code == 405


# Who may


@pytest.mark.parametrize("make", [lambda: make_staff(zips=("06511",)), make_auditor])
def test_others_are_refused(sign_in, make, locks):
    records = [
        write(make_plan(notes="Before"), notes="After"),
        write(make_booking(guest_name="Gus"), guest_name="Gil"),
        write(make_property(amenities="Sauna"), amenities=""),
    ]
    client = sign_in(make())

    for record in records:
        assert client.get(page_of(record)).status_code == 403
        assert ask(client, record).status_code == 403
        assert record.history.count() == 2


def test_an_engineer_may(sign_in):
    plan = write(make_plan(notes="Before"), notes="After")

    ask(sign_in(make_person("Erin", "manager", is_superuser=True)), plan)

    plan.refresh_from_db()
    assert plan.notes == "Before"


def test_a_version_that_is_not_the_records_answers_like_a_missing_one(client, locks):
    plan = write(make_plan(notes="Before"), notes="After")
    other = make_plan(notes="Others’")
    gone = make_plan(status="draft")
    numbers = [first_of(other).history_id, 10**15, 0, "abc", "½", "9" * 40, "-1"]
    deleted_pk, deleted = gone.pk, first_of(gone)
    gone.delete()
    paths = [f"/bookings/awayplan/{plan.pk}/restore/{number}/" for number in numbers]
    paths.append(f"/bookings/awayplan/{deleted_pk}/restore/{deleted.history_id}/")
    paths.append(f"/bookings/awayplan/abc/restore/{first_of(plan).history_id}/")

    for path in paths:
        for response in (client.get(path), client.post(path, {"reason": "x", "newest": 1})):
            assert (response.status_code, response.url) == (302, "/"), path
    assert plan.history.count() == 2


# The way there


def test_the_story_leads_there_from_all_but_the_newest_version(client):
    plan = write(make_plan(notes="Before", status="approved", hosting_allowed=True), notes="After")
    stay = write(make_booking(plan, guest_name="Gus"), guest_name="Gil")

    told = client.get(f"/bookings/awayplan/{plan.pk}/history/").context["told"]

    paths = [way.path for each in told for way in each.ways if way.title == "Restore this version"]
    assert sorted(paths) == sorted([page_of(plan), page_of(stay)])


def test_a_change_leads_there_too(client):
    plan = write(make_plan(notes="Before"), notes="After")
    numbers = [first_of(plan).history_id, plan.history.latest().history_id]

    pages = [client.get(f"/changes/plan/{number}/").content.decode() for number in numbers]

    assert [page_of(plan) in page for page in pages] == [True, False]
    assert "/restore/" not in pages[1]


@pytest.mark.parametrize("make", [lambda: make_staff(zips=("06511",)), make_auditor])
def test_nobody_else_is_led_there(sign_in, make):
    plan = write(make_plan(notes="Before"), notes="After")

    page = sign_in(make()).get(f"/bookings/awayplan/{plan.pk}/history/").content.decode()

    assert "/restore/" not in page


def test_its_queries_do_not_grow_with_versions(client):
    counts = []
    for number in (3, 30):
        plan = make_plan()
        for change in range(number):
            write(plan, notes=f"Change {change}", hosting_allowed=bool(change % 2))
        client.get(page_of(plan))
        with CaptureQueriesContext(connection) as looking:
            client.get(page_of(plan))
        with CaptureQueriesContext(connection) as restoring_:
            ask(client, plan)
        counts.append((len(looking), len(restoring_)))

    assert counts[0] == counts[1]
    assert max(counts[1]) <= 45
