"""Nobody edits their own role, grants one above it, or edits a person above themselves."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from staffing.models import User
from tests.factories import (
    loaded,
    make_auditor,
    make_manager,
    make_person,
    make_staff,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    """An auditor who, in a company with other rules than ours, may also look after people."""
    extra = Permission.objects.filter(codename__in=["change_user", "add_user"])
    Group.objects.get(name="auditor").permissions.add(*extra)
    return make_auditor("Ada")


def form(person, **changed):
    return {
        "full_name": person.full_name,
        "email": person.email,
        "user_type": person.user_type,
        "is_active": "on",
        "zip_assignments-TOTAL_FORMS": 0,
        "zip_assignments-INITIAL_FORMS": 0,
        **loaded(person),
        **changed,
    }


@pytest.mark.parametrize(("role", "granted"), [("auditor", True), ("manager", False)])
def test_nobody_grants_a_role_above_their_own(sign_in, ada, role, granted):
    sam = make_staff("Sam")

    sign_in(ada).post(f"/staffing/user/{sam.pk}/change/", form(sam, user_type=role))

    sam.refresh_from_db()
    assert (sam.user_type == role) is granted


def test_nobody_adds_somebody_of_a_role_above_their_own(sign_in, ada):
    new = {"full_name": "Mallory", "email": "mallory@example.com", "user_type": "manager"}

    page = sign_in(ada).post("/staffing/user/add/", new)

    assert page.status_code == 200
    assert not User.objects.filter(email="mallory@example.com").exists()


def test_nobody_edits_a_person_above_themselves(sign_in, ada):
    mona = make_manager("Mona")
    client = sign_in(ada)

    client.post(f"/staffing/user/{mona.pk}/change/", form(mona, full_name="Renamed"))
    link = client.post(f"/staffing/user/{mona.pk}/link/")

    mona.refresh_from_db()
    assert (mona.full_name, mona.link_made_at) == ("Mona", None)
    assert link.status_code == 403


@pytest.mark.parametrize(
    "make", [make_manager, lambda: make_person("Erin", "manager", is_superuser=True)]
)
def test_nobody_edits_their_own_role(sign_in, make):
    me = make()

    sign_in(me).post(f"/staffing/user/{me.pk}/change/", form(me, user_type="auditor"))

    before = me.user_type
    me.refresh_from_db()
    assert me.user_type == before


@pytest.mark.parametrize("field", ["is_superuser", "is_staff", "groups", "user_permissions"])
def test_no_form_makes_an_engineer(sign_in, field):
    sam = make_staff("Sam")

    sign_in(make_manager()).post(f"/staffing/user/{sam.pk}/change/", form(sam, **{field: 1}))

    sam.refresh_from_db()
    assert not sam.is_superuser
    assert not sam.groups.exists()
    assert not sam.user_permissions.exists()


def test_who_becomes_a_rerenter_is_out_on_the_next_request(sign_in):
    sam = make_staff("Sam")
    client = sign_in(sam)
    assert client.get("/").status_code == 200

    sam.user_type = "rerenter"
    sam.save()

    assert client.get("/").status_code == 302
    assert not sam.has_usable_password()
