"""The registry and the veto: who may see what, without any page in between."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from guardian.shortcuts import assign_perm

from bookings.models import AwayPlan, Booking, ChecklistItem, Property, Task
from opsconsole.access import registry
from opsconsole.imports.models import ImportBatch, StagedRow
from staffing.models import User, ZipAssignment, ZipCode
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_booking,
    make_item,
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_task,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db


def test_each_model_reaches_its_zip_code():
    mine = make_booking(make_plan(make_property("06511"), status="approved", hosting_allowed=True))
    make_booking(make_plan(make_property("02116"), status="approved", hosting_allowed=True))
    item = make_item(make_task(mine.property))
    make_item(make_task(make_property("02116")))
    ana = make_staff(zips=("06511",))
    make_staff("Ben", zips=("02116",))

    assert list(Property.objects.visible_to(ana)) == [mine.property]
    assert list(AwayPlan.objects.visible_to(ana)) == [mine.away_plan]
    assert list(Booking.objects.visible_to(ana)) == [mine]
    assert list(Task.objects.visible_to(ana)) == [item.task]
    assert list(registry.visible(ChecklistItem.objects.all(), ana)) == [item]
    assert {*User.objects.visible_to(ana)} == {ana, mine.property.owner}
    assert [zip_code.code for zip_code in ZipCode.objects.visible_to(ana)] == ["06511"]
    assert list(ZipAssignment.objects.visible_to(ana)) == list(ana.zip_assignments.all())


@pytest.mark.parametrize("make", [make_manager, make_auditor])
def test_managers_and_auditors_see_every_zip_code(make):
    make_property("06511")
    make_property("02116")

    assert Property.objects.visible_to(make()).count() == 2


def test_nobody_signed_in_sees_nothing():
    make_property()

    assert not Property.objects.visible_to(AnonymousUser()).exists()
    assert not Property.objects.visible_to(make_rerenter()).exists()


def test_a_deactivated_person_sees_nothing():
    make_property("06511")
    ana = make_staff(zips=("06511",))
    mona = make_manager()
    ana.is_active = mona.is_active = False

    assert not Property.objects.visible_to(ana).exists()
    assert not ZipAssignment.objects.visible_to(ana).exists()
    assert not Property.objects.visible_to(mona).exists()


def test_an_unregistered_model_is_visible_to_nobody_but_engineers():
    session = Session.objects.create(
        session_key="k", session_data="", expire_date="2030-01-01T00:00Z"
    )

    rows = Session.objects.filter(pk=session.pk)

    assert not registry.visible(rows, make_manager()).exists()
    assert registry.visible(rows, make_person("Erin", "manager", is_superuser=True)).exists()


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [(-1, None, True), (0, None, True), (1, None, False), (-5, 1, True), (-5, 0, False)],
)
def test_an_assignment_holds_within_its_dates_alone(starts, ends, holds):
    ana = make_staff()
    assign(
        ana,
        "06511",
        starts_on=today() + days(starts),
        ends_on=None if ends is None else today() + days(ends),
    )

    assert bool(ana.zip_code_ids()) is holds


def test_an_assignment_with_another_permission_grants_no_scope():
    ana = make_staff(zips=("06511",))
    other = Permission.objects.get(codename="view_zipcode")

    ZipAssignment.objects.update(permission=other)

    assert User.objects.get(pk=ana.pk).zip_code_ids() == []


def test_the_role_and_the_scope_both_have_to_allow():
    mine, theirs = make_property("06511"), make_property("02116")
    ana = make_staff(zips=("06511",))

    assert ana.has_perm("bookings.change_property", mine)
    assert not ana.has_perm("bookings.change_property", theirs)
    assert not ana.has_perm("bookings.delete_property", mine)
    assert not make_auditor().has_perm("bookings.change_property", mine)
    assert make_manager().has_perm("bookings.change_property", theirs)


def test_a_stray_object_permission_widens_nothing():
    theirs = make_property("02116")
    ana = make_staff(zips=("06511",))

    assign_perm("bookings.view_property", ana, theirs)

    assert not ana.has_perm("bookings.view_property", theirs)


def test_a_permission_of_ones_own_or_of_a_group_adds_nothing_to_the_role():
    ana = make_staff(zips=("06511",))
    content_type = ContentType.objects.get_for_model(Property)
    import_property = Permission.objects.get(content_type=content_type, codename="import_property")

    ana.user_permissions.add(import_property)

    assert not User.objects.get(pk=ana.pk).has_perm("bookings.import_property")


def test_what_would_lie_outside_is_refused_before_it_is_saved():
    ana = make_staff(zips=("06511",))
    home = make_property("06511")
    assert registry.may_become(ana, home)

    home.zip_code = make_zip("02116")

    assert not registry.may_become(ana, home)
    assert registry.may_become(make_manager(), home)


def test_the_ids_are_resolved_once_a_request(django_assert_num_queries):
    ana = User.objects.get(pk=make_staff(zips=("06511",)).pk)

    with django_assert_num_queries(1):
        ana.zip_code_ids()
        ana.zip_code_ids()


def test_the_scope_is_one_typed_array():
    ana = make_staff(zips=("06511",))

    sql = str(Property.objects.visible_to(ana).query)

    assert "::bigint[]" in sql


def test_what_is_no_record_is_nobodys():
    assert not make_manager().has_perm("bookings.change_property", "1")


def test_an_import_is_its_uploaders_and_the_offices():
    ana, ben, mona = make_staff(zips=("06511",)), make_staff("Ben"), make_manager()
    batch = ImportBatch.objects.create(
        resource="properties", file_name="homes.csv", uploaded_by=ana
    )
    row = StagedRow.objects.create(batch=batch, row=1, line=2, action="create")

    for person, seen in ((ana, True), (ben, False), (mona, True)):
        assert ImportBatch.objects.visible_to(person).exists() is seen
        assert registry.visible(StagedRow.objects.filter(pk=row.pk), person).exists() is seen


def test_ones_own_assignments_and_their_zip_codes_are_seen_whatever_the_dates():
    ana = make_staff(zips=("06511",))
    assign(ana, "02116", starts_on=today() - days(9), ends_on=today())
    assign(make_staff("Ben"), "06515")

    seen = {zip_code.code for zip_code in ZipCode.objects.visible_to(ana)}

    assert seen == {"06511", "02116"}
    assert ZipAssignment.objects.visible_to(ana).count() == 2
    assert [ZipCode.objects.get(pk=pk).code for pk in ana.zip_code_ids()] == ["06511"]


def test_engineers_are_for_engineers_alone():
    erin, mona = make_person("Erin", "manager", is_superuser=True), make_manager()

    assert erin not in User.objects.visible_to(mona)
    assert erin in User.objects.visible_to(erin)


def test_what_rows_in_scope_name_is_seen_as_far_as_it_would_be_by_itself():
    homes = [make_property(code, owner=make_rerenter()) for code in ("06511", "06511", "02116")]
    engineer = {"is_superuser": True, "is_staff": True, "user_type": "manager"}
    User.objects.filter(pk=homes[1].owner_id).update(**engineer)
    people = [make_staff(zips=("06511",)), make_manager(), AnonymousUser()]
    people.append(make_person("Erin", "manager", is_superuser=True))

    for person in people:
        rows = Property.objects.visible_to(person)
        for name in ("owner", "zip_code"):
            field = Property._meta.get_field(name)
            named = field.related_model._base_manager.filter(pk__in=rows.values(name))
            seen = registry.visible_named_by(field, person)
            assert {*named & seen} == {*registry.visible(named, person)}, (person, name)


@pytest.mark.parametrize(("model", "name"), [(AwayPlan, "filed_by"), (Property, "zip_code")])
def test_what_no_row_opens_by_naming_it_is_in_scope_by_itself(model, name):
    ana, field = make_staff(zips=("06511",)), model._meta.get_field(name)
    make_property("02116")

    seen = registry.visible_named_by(field, ana)

    assert {*seen} == {*registry.visible(field.related_model._base_manager.all(), ana)}
    assert seen.count() == 1
