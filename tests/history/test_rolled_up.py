"""A record's story tells the changes of what belongs to it too, a page at a time."""

from __future__ import annotations

from datetime import UTC

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import AwayPlan, Booking, Property
from opsconsole.access.acting import Source, acting
from opsconsole.history.names import Names
from opsconsole.history.story import HIDDEN
from opsconsole.history.strands import Place, page_of
from staffing.models import User, ZipCode
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
)

pytestmark = pytest.mark.django_db


def history_of(record) -> str:
    return f"/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/history/"


def change_of(record) -> str:
    return f"/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/"


def entries(client, record, **query):
    return [each.entry for each in client.get(history_of(record), query).context["told"]]


def said(client, record, **query) -> list[tuple[str, str | None]]:
    return [(entry.verb, entry.subject) for entry in entries(client, record, **query)]


@pytest.fixture
def stay():
    home = make_property("06511", name="Elm House")
    plan = make_plan(home, status="approved", hosting_allowed=True)
    booking = make_booking(plan, guest_name="Gus Guest", status="held")
    Booking.objects.filter(pk=booking.pk).update(status="confirmed")
    return booking


@pytest.mark.parametrize("make", [make_manager, make_auditor, lambda: make_staff(zips=("06511",))])
def test_a_plan_tells_of_its_bookings_and_a_home_of_both(sign_in, stay, make):
    client, plan, home = sign_in(make()), stay.away_plan, stay.property
    make_booking(
        make_plan(make_property("06511", name="Other"), status="approved", hosting_allowed=True),
        guest_name="Somebody Else",
    )

    assert said(client, plan) == [
        ("confirmed", str(stay)),
        ("created", str(stay)),
        ("created", None),
    ]
    assert said(client, home) == [
        ("confirmed", str(stay)),
        ("created", str(stay)),
        ("created", str(plan)),
        ("created", None),
    ]
    page = client.get(history_of(home)).content.decode()
    assert f'href="{change_of(stay)}"' in page
    assert f'href="{change_of(plan)}"' in page


def test_the_filter_leaves_its_own_changes(sign_in, stay):
    client = sign_in(make_manager())

    assert said(client, stay.property, only="own") == [("created", None)]
    assert "Only this property" in client.get(history_of(stay.property)).content.decode()


def test_a_person_tells_of_their_zip_codes_and_a_zip_code_of_its_people(sign_in):
    client, ana = sign_in(make_manager()), make_staff("Ana")
    duty = assign(ana, "06511")

    assert said(client, ana) == [("created", str(duty)), ("created", None)]
    assert said(client, duty.zip_code) == [("created", str(duty)), ("created", None)]


def test_staff_read_no_version_of_what_belongs_to_it_from_elsewhere(sign_in, stay, locks):
    Booking.objects.filter(pk=stay.pk).update(guest_name="Old Secret")
    home = Property.objects.get(pk=stay.property_id)
    for code, guest in (("02116", "Other Secret"), ("06510", "")):
        Booking.objects.filter(pk=stay.pk).update(guest_name="Gus Guest")
        home.zip_code = make_zip(code)  # its bookings move with it
        home.save()
        Booking.objects.filter(pk=stay.pk).update(guest_name=guest or "Gus Gale")
    client = sign_in(make_staff(zips=("06510",)))

    page = client.get(history_of(home)).content.decode()

    assert "Gus Gale" in page
    assert "Secret" not in page


def test_what_is_gone_is_told_to_the_office_by_its_last_name(sign_in, locks):
    home = make_property("06511", name="Elm House")
    plan = make_plan(home, notes="A parrot stays")
    name = str(plan)
    AwayPlan.objects.filter(pk=plan.pk).delete()
    manager, staff = sign_in(make_manager()), sign_in(make_staff(zips=("06511",)))

    gone, made, _ = entries(manager, home)

    assert (gone.verb, gone.subject, gone.is_there) == ("deleted", f"{name} (deleted)", False)
    assert made.verb == "created"
    assert change_of(plan) not in manager.get(history_of(home)).content.decode()
    assert said(staff, home) == [("created", None)]
    assert "parrot" not in staff.get(history_of(home)).content.decode()


def test_what_a_version_names_and_is_gone_has_its_last_name(sign_in):
    rosa, tom = make_rerenter("Rosa Lee"), make_rerenter("Tom Bell")
    home = make_property("06511", owner=rosa)
    User.objects.filter(pk=rosa.pk).update(full_name="Rosa Lee-Bell")
    old_place, home.owner, home.zip_code = home.zip_code, tom, make_zip("06510")
    home.save()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM staffing_user WHERE id = %s", [rosa.pk])
        cursor.execute("DELETE FROM staffing_zipcode WHERE id = %s", [old_place.pk])

    [moved, _] = entries(sign_in(make_manager()), home)
    [told_to_staff] = entries(sign_in(make_staff(zips=("06510",))), home)

    old = {change.label: change.old for change in moved.changes}
    assert old["Owner"] == "Rosa Lee-Bell (deleted)"
    assert old["ZIP code"] == "a ZIP code of New Haven, CT (deleted)"
    assert not ZipCode.objects.filter(pk=old_place.pk).exists()
    assert {change.label: change.old for change in told_to_staff.changes}["Owner"] in ("", HIDDEN)


def test_a_gone_plan_of_a_gone_home_has_its_last_name():
    home = make_property("06511", name="Elm House")
    plan = make_plan(home, status="cancelled", decision_reason="Ill", hosting_allowed=True)
    booking = make_booking(plan, status="cancelled", cancel_reason="Ill")
    name, plan_id, home_id = str(plan), plan.pk, home.pk
    for record in (booking, plan, home):
        type(record).objects.filter(pk=record.pk).delete()

    wanted = {AwayPlan: {plan_id}, Property: {home_id}}
    told_to_the_office = Names(make_manager(), wanted, UTC)
    told_to_staff = Names(make_staff(zips=("06511",)), wanted, UTC)

    assert told_to_the_office.of(AwayPlan, plan_id) == f"{name} (deleted)"
    assert told_to_the_office.of(Property, home_id) == "Elm House (deleted)"
    assert told_to_staff.of(AwayPlan, plan_id) == told_to_staff.of(Property, home_id) == HIDDEN


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_follow_one_another_without_gap_or_overlap(stay, size):
    home, mona = stay.property, make_manager()
    plan = make_plan(
        home, starts_on=stay.away_plan.ends_on, ends_on=stay.away_plan.ends_on + days(9)
    )
    for word in "abc":  # each statement writes versions of one moment
        AwayPlan.objects.filter(property=home).update(notes=word)
        Booking.objects.update(guest_phone="", guest_name=word)
        Property.objects.filter(pk=home.pk).update(name=word)
    whole = [(e.model, e.number) for e in page_of(home, mona, 100).entries]
    assert len(whole) == len(set(whole)) == 4 + 1 + 3 * 4
    assert plan.history.count() == 4

    there, page = [], page_of(home, mona, size)
    assert page.newer is None
    while page.entries:
        there.append([(e.model, e.number) for e in page.entries])
        last = page
        if page.older is None:
            break
        page = page_of(home, mona, size, before=Place.read(str(page.older)))
    back = [there[-1]]
    while last.newer:
        last = page_of(home, mona, size, after=Place.read(str(last.newer)))
        back.insert(0, [(e.model, e.number) for e in last.entries])

    assert [each for page in there for each in page] == whole
    assert [each for page in back for each in page] == whole


def test_what_is_written_meanwhile_moves_no_page(sign_in):
    plan, client = make_plan(), sign_in(make_manager())
    for number in range(30):
        AwayPlan.objects.filter(pk=plan.pk).update(notes=f"Change {number}")
    older = str(client.get(history_of(plan)).context["page"].older)
    before = [entry.number for entry in entries(client, plan, before=older)]

    AwayPlan.objects.filter(pk=plan.pk).update(notes="One more")

    assert [entry.number for entry in entries(client, plan, before=older)] == before


def test_old_values_come_from_the_page_after(sign_in):
    plan, client = make_plan(), sign_in(make_manager())
    for number in range(30):
        AwayPlan.objects.filter(pk=plan.pk).update(notes=f"Change {number}")

    last = entries(client, plan)[-1]

    assert [(c.old, c.new) for c in last.changes] == [("Change 4", "Change 5")]


@pytest.mark.parametrize("make", [make_manager, lambda: make_staff(zips=("06511",))])
def test_the_queries_are_the_same_for_3_versions_and_30_plans_and_bookings(sign_in, make):
    client, counts = sign_in(make()), []

    for number in (3, 30):
        home = make_property("06511")
        for week in range(number):
            dates = {
                "starts_on": home.today + days(7 * week),
                "ends_on": home.today + days(7 * week + 6),
            }
            plan = make_plan(home, status="approved", hosting_allowed=True, **dates)
            booking = make_booking(plan)
            Booking.objects.filter(pk=booking.pk).update(guest_name="Gus")
        client.get(history_of(home))
        for record in (home, plan, booking):
            with CaptureQueriesContext(connection) as captured:
                client.get(history_of(record))
            counts.append(len(captured))

    assert all(many <= few for few, many in zip(counts[:3], counts[3:], strict=True))
    assert max(counts) <= 35


def test_a_step_is_told_by_its_verb_with_who_and_why(sign_in):
    plan, mona = make_plan(), make_manager("Mona Manager")
    with acting(mona, source=Source.CONSOLE, reason="All is well"):
        AwayPlan.objects.filter(pk=plan.pk).update(status="approved")

    page = sign_in(mona).get(history_of(plan)).content.decode()

    assert "Mona Manager approved it in the console" in page
    assert "All is well" in page
