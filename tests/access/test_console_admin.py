"""What ConsoleAdmin refuses by itself, each lock without the others around it."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from bookings import services
from bookings.models import AwayPlan, Property
from opsconsole.access.roles import role_required
from opsconsole.admin import ReadOnly
from opsconsole.database.refusals import Refused
from opsconsole.site import ConsoleSite
from tests.bulk import confirmed
from tests.factories import (
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_staff,
    make_zip,
)

pytestmark = pytest.mark.django_db


def page_of(model):
    return admin.site._registry[model]


def request_of(person, path: str = "/"):
    request = RequestFactory().get(path)
    request.user = person
    return request


def test_a_row_that_would_lie_outside_is_refused_at_the_last_moment():
    ana = make_staff(zips=("06511",))
    home = make_property("06511")
    home.zip_code = make_zip("02116")

    with pytest.raises(PermissionDenied, match="outside your ZIP codes"):
        page_of(Property).save_model(request_of(ana), home, None, True)

    home.refresh_from_db()
    assert home.zip_code.code == "06511"


def test_a_row_that_left_the_scope_during_the_save_is_refused(monkeypatch):
    ana, home = make_staff(zips=("06511",)), make_property("06511")
    page = page_of(Property)
    moved = {"zip_code": make_zip("02116")}
    move = lambda *args, **kwargs: Property.objects.update(**moved)  # noqa: E731
    monkeypatch.setattr(page, "save_record", move)

    with pytest.raises(Refused, match="left your ZIP codes meanwhile"):
        page.save_model(request_of(ana), home, SimpleNamespace(cleaned_data={}), True)

    home.refresh_from_db()
    assert home.zip_code.code == "06511"


def test_what_is_there_to_be_read_is_nobodys_to_change_whatever_their_permissions():
    ursula = make_manager(is_superuser=True)
    pages = [page for page in admin.site._registry.values() if isinstance(page, ReadOnly)]

    assert pages
    for page in pages:
        for verb in ("add", "change", "delete"):
            assert not getattr(ReadOnly, f"has_{verb}_permission")(page, request_of(ursula))


def test_pages_that_libraries_bring_stay_out():
    site = ConsoleSite()
    site.register(Permission, ModelAdmin)
    site.register(Permission)

    assert not site.is_registered(Permission)


def test_a_list_has_its_links(sign_in):
    page = sign_in(make_manager()).get("/bookings/property/").content.decode()

    assert 'href="/bookings/property/import/"' in page


@pytest.mark.parametrize("as_id", [False, True])
@pytest.mark.parametrize("verb", ["view", "change"])
def test_permissions_ask_the_scope_for_an_object_and_for_its_id(verb, as_id):
    ana = make_staff(zips=("06511",))
    mine, theirs = make_property("06511"), make_property("02116")
    allowed = getattr(page_of(Property), f"has_{verb}_permission")

    answers = [allowed(request_of(ana), str(home.pk) if as_id else home) for home in (mine, theirs)]

    assert answers == [True, False]


def test_an_action_that_declares_no_permission_is_offered_to_nobody(monkeypatch):
    def mark(model_admin, request, queryset):
        """Mark them."""

    monkeypatch.setattr(page_of(Property), "actions", [mark])

    actions = page_of(Property).get_actions(request_of(make_manager()))

    assert "mark" not in actions


@pytest.mark.parametrize("to_field", ["external_ref", "owner", "name"])
def test_objects_are_addressed_by_their_primary_key_alone(to_field):
    page = page_of(Property)

    assert page.to_field_allowed(request_of(make_manager()), "id")
    assert not page.to_field_allowed(request_of(make_manager()), to_field)


def test_a_view_for_one_role_says_who_may_not():
    @role_required("bookings.import_property", to="import properties")
    def view(request):
        return "opened"

    assert view(request_of(make_manager())) == "opened"
    with pytest.raises(PermissionDenied, match="Your role may not import properties"):
        view(request_of(make_staff()))


def test_an_error_in_a_page_leaves_nothing_half_done(sign_in, monkeypatch):
    plan = make_plan()
    client = sign_in(make_manager())
    client.raise_request_exception = False

    def broken(plan, **more):
        AwayPlan.objects.filter(pk=plan.pk).update(notes="Half done")
        raise RuntimeError

    monkeypatch.setattr(services, "approve", broken)
    response = client.post(
        "/bookings/awayplan/",
        confirmed("approve", plan),
    )

    plan.refresh_from_db()
    assert response.status_code == 500
    assert plan.notes == ""


def test_an_engineers_password_is_not_a_managers_to_set(sign_in):
    erin = make_person("Erin", "manager", is_superuser=True)
    before = erin.password

    sign_in(make_manager()).post(
        f"/staffing/user/{erin.pk}/password/",
        {"password1": "orchard-lantern-42", "password2": "orchard-lantern-42"},
    )

    erin.refresh_from_db()
    assert erin.password == before


def test_no_two_bases_of_a_page_share_a_private_name():
    """A page is put together of several bases: one would answer for the other, unnoticed."""
    ours = ("bookings.", "staffing.", "opsconsole.")
    for page in admin.site._registry.values():
        bases = [base for base in type(page).__mro__ if base.__module__.startswith(ours)]
        names = [name for base in bases for name in vars(base) if re.match("_[a-z]", name)]
        assert len(names) == len(set(names)), page
