"""Whoever changes a plan, by whatever path, leaves exactly one version."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection, transaction
from django.test import Client

from bookings import services
from bookings.models import AwayPlan, Property
from opsconsole.access.acting import Source, acting, because
from staffing.sign_in_links import make_links
from tests.factories import (
    PASSWORD,
    days,
    loaded,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db


def last_version(obj):
    return obj.history.order_by("-history_id").first()


def test_a_new_plan_has_one_version():
    plan = make_plan()

    versions = plan.history.all()

    assert [version.history_type for version in versions] == ["+"]
    assert versions[0].zip_code_id == plan.property.zip_code_id


def test_a_change_by_the_form_names_actor_reason_and_request(sign_in):
    ana = make_staff(zips=("06511",))
    plan = make_plan(filed_by=ana)

    sign_in(ana).post(
        f"/bookings/awayplan/{plan.pk}/change/",
        {
            "starts_on": plan.starts_on,
            "ends_on": plan.ends_on + days(1),
            "notes": "",
            "change_reason": "Flight moved",
            "bookings-TOTAL_FORMS": 0,
            "bookings-INITIAL_FORMS": 0,
            **loaded(plan),
        },
    )

    version = last_version(plan)
    assert version.history_user == ana
    assert version.history_change_reason == "Flight moved"
    assert version.changed_fields == ["ends_on"]
    assert version.source == "console"
    assert version.request_id is not None


def test_update_of_a_queryset_writes_a_version_for_each_row():
    plans = [make_plan() for _ in range(3)]
    mona = make_manager()

    with acting(mona, source=Source.COMMAND):
        AwayPlan.objects.filter(pk__in=[plan.pk for plan in plans]).update(notes="Call first")

    for plan in plans:
        version = last_version(plan)
        assert (version.history_type, version.changed_fields) == ("~", ["notes"])
        assert (version.history_user, version.source) == (mona, "command")


def test_raw_sql_is_recorded_as_the_database_users():
    plan = make_plan()

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bookings_awayplan SET hosting_allowed = true WHERE id = %s", [plan.pk]
        )

    version = last_version(plan)
    assert version.history_user is None
    assert version.source.startswith("database:")
    assert version.changed_fields == ["hosting_allowed"]


def test_bulk_create_and_bulk_update_write_versions():
    home = make_property()
    plans = AwayPlan.objects.bulk_create(
        AwayPlan(
            property=home,
            zip_code=home.zip_code,
            starts_on=today() + days(10 * n),
            ends_on=today() + days(10 * n + 5),
        )
        for n in range(1, 4)
    )
    for plan in plans:
        plan.notes = "Two cats"

    AwayPlan.objects.bulk_update(plans, ["notes"])

    for plan in plans:
        kinds = [version.history_type for version in plan.history.order_by("history_id")]
        assert kinds == ["+", "~"]


def test_a_save_that_changes_nothing_writes_nothing():
    plan = make_plan()

    plan.save()
    AwayPlan.objects.filter(pk=plan.pk).update(notes=plan.notes)

    assert plan.history.count() == 1


def test_deleting_writes_a_last_version_with_the_values_it_had():
    plan = make_plan(notes="Gone soon")
    pk = plan.pk

    plan.delete()

    version = AwayPlan.history.filter(id=pk).order_by("-history_id").first()
    assert (version.history_type, version.notes) == ("-", "Gone soon")


def test_a_zip_code_change_cascades_with_a_version_of_all_that_moves():
    plan = make_plan(status="approved", hosting_allowed=True)
    booking = make_booking(plan)
    home = plan.property
    elsewhere = make_zip("02116")

    with acting(make_manager(), source=Source.CONSOLE, reason="Wrong ZIP code on file"):
        home.zip_code = elsewhere
        home.save()

    for record in (plan, booking):
        record.refresh_from_db()
        version = last_version(record)
        assert record.zip_code_id == elsewhere.pk
        assert version.changed_fields == ["zip_code"]
        assert version.history_change_reason == "Wrong ZIP code on file"


def test_the_versions_of_one_request_share_its_id():
    request_id = uuid.uuid4()
    plans = [make_plan(), make_plan()]

    with acting(make_manager(), source=Source.CONSOLE, request_id=request_id):
        for plan in plans:
            plan.notes = "Together"
            plan.save()

    assert {last_version(plan).request_id for plan in plans} == {request_id}


def test_who_acts_is_forgotten_when_the_block_ends():
    plan = make_plan()

    with acting(make_manager(), source=Source.CONSOLE, reason="Inside"):
        pass
    plan.notes = "Outside"
    plan.save()

    version = last_version(plan)
    assert (version.history_user, version.history_change_reason) == (None, None)


def test_a_reason_inside_a_reason_holds_for_its_block_alone():
    plan = make_plan()
    mona = make_manager()

    with acting(mona, source=Source.CONSOLE, reason="Outer"):
        with because("Inner"):
            plan.notes = "1"
            plan.save()
        plan.notes = "2"
        plan.save()

    reasons = [v.history_change_reason for v in plan.history.order_by("history_id")]
    assert reasons[1:] == ["Inner", "Outer"]


def test_a_refused_block_leaves_the_settings_around_it():
    plan = make_plan()
    mona = make_manager()

    with acting(mona, source=Source.CONSOLE, reason="Outer"):
        with pytest.raises(ZeroDivisionError), because("Inner"):
            raise ZeroDivisionError
        plan.notes = "after"
        plan.save()

    assert last_version(plan).history_change_reason == "Outer"


def test_a_rolled_back_change_leaves_no_version():
    plan = make_plan()

    with transaction.atomic():
        plan.notes = "never"
        plan.save()
        transaction.set_rollback(True)

    assert plan.history.count() == 1


def test_properties_bookings_and_assignments_are_tracked_too():
    ana = make_staff(zips=("06511",))
    booking = make_booking()

    assert booking.history.count() == 1
    assert booking.property.history.count() == 1
    assert ana.zip_assignments.get().history.count() == 1


def test_a_service_records_for_whom_it_was_done():
    plan = make_plan()
    mona = make_manager()

    services.decline(plan, by=mona, reason="The home is being painted")

    version = last_version(plan)
    assert version.history_user == mona
    assert version.history_change_reason == "The home is being painted"
    assert "status" in version.changed_fields


def test_one_statement_over_many_rows_writes_a_version_of_each():
    home = make_property()
    AwayPlan.objects.bulk_create(
        AwayPlan(
            property=home,
            zip_code=home.zip_code,
            starts_on=today() + days(n),
            ends_on=today() + days(n + 1),
        )
        for n in range(2_000)
    )

    AwayPlan.objects.filter(property=home).update(notes="All")

    assert AwayPlan.history.filter(history_type="~").count() == 2_000


def test_history_reads_as_of_an_instant():
    home = make_property(name="Before")
    instant = home.history.get().history_date

    Property.objects.filter(pk=home.pk).update(name="After")

    as_it_was = Property.history.as_of(instant).get(pk=home.pk)
    assert as_it_was.name == "Before"


def test_people_are_tracked_without_their_passwords():
    ana = make_staff()
    mona = make_manager()

    [link] = make_links([ana], by=mona).values()
    client = Client()
    form = client.get(link)["Location"]
    client.post(
        form, {"new_password1": "orchard-lantern-42", "new_password2": "orchard-lantern-42"}
    )

    version = last_version(ana)
    assert (version.history_user, version.changed_fields) == (ana, ["password_set_at"])
    assert not hasattr(version, "password")


def test_signing_in_is_no_change_of_a_person(client):
    ana = make_staff()

    client.post("/login/", {"username": ana.email, "password": PASSWORD})

    ana.refresh_from_db()
    assert ana.last_login is not None
    assert ana.history.count() == 1
