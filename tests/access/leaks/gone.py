"""Attacks on what the console does not have: whoever adds it has to write a real case first."""

from __future__ import annotations

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.urls import NoReverseMatch, reverse
from guardian.admin import GuardedModelAdminMixin

from bookings.models import Property
from staffing.models import User
from tests.access.addresses import ROUTES
from tests.access.leak_map import attack
from tests.access.leaks.asking import (
    ANA,
    get,
    is_not_there,
    page,
    page_of,
    pages,
    post,
    request_of,
)
from tests.access.world import DESK, World


@attack("m2m-assign-foreign", "add-initial-m2m", "import-m2m-foreign")
def relations_of_many_to_many(world: World) -> None:
    """No record of ours has one, but for Django's groups and permissions, which no form shows."""
    ours = [
        model
        for model in apps.get_models()
        if model._meta.app_label in ("staffing", "bookings", "imports")
    ]
    found = {field.name for model in ours for field in model._meta.many_to_many}
    assert found == {"groups", "user_permissions"}
    form = page_of(User).get_form(request_of(world.people["engineer"]), world.near.owner)
    assert found.isdisjoint(form.base_fields)
    preset = f"/bookings/awayplan/add/?contacts={world.far.owner.pk}"
    assert get(world, preset).tells(world.secrets_from(ANA)) == []


@attack("view-on-site")
def the_redirect_to_any_object(world: World) -> None:
    content_type = ContentType.objects.get_for_model(Property)
    for pk in (world.near.home.pk, world.far.home.pk, world.absent.home.pk):
        for kind in (ANA, "manager", "engineer"):
            assert get(world, f"/r/{content_type.pk}/{pk}/", kind).status == 404
    with_address = [p for p in pages() if p.get_view_on_site_url(world.near.home)]
    assert with_address == []


@attack("guardian-perm-view", "guardian-foreign-perm-view")
def pages_of_permissions(world: World) -> None:
    for record in (world.near.zip_code, world.near.home, world.far.home):
        is_not_there(world, page(record, "permissions"))
        for kind in (ANA, "manager"):
            answer = get(world, page(record, "permissions"), kind)
            assert answer.tells([DESK.lower(), "cal 10", "cal 20"]) == []
    assert not any(isinstance(console_page, GuardedModelAdminMixin) for console_page in pages())
    assert [name for name in ROUTES if "permissions" in name] == []


@attack("guardian-grant", "guardian-user-enum")
def pages_that_grant(world: World) -> None:
    person = world.people[ANA].pk
    for record in (world.near.zip_code, world.near.home):
        path = page(record, "permissions")
        for tail in (f"user-manage/{person}/", f"user-manage/{world.far.colleague.pk}/"):
            is_not_there(world, f"{path}{tail}")
            told = get(world, f"{path}{tail}")
            assert told.tells([DESK.lower(), str(world.far.colleague).lower()]) == []
    for name in ("permissions", "permissions_manage_user"):
        try:
            reverse(f"admin:staffing_zipcode_{name}", args=[1])
        except NoReverseMatch:
            continue
        raise AssertionError(f"There is a page {name}.")


@attack("dataset-noperm", "dataset-action-no-parent-check")
def datasets(world: World) -> None:
    """unfold's datasets ask no permission, so no page has one; a post for one does nothing."""
    for console_page in pages():
        request = request_of(world.people["engineer"])
        assert not console_page.change_form_datasets
        assert not console_page.get_changeform_datasets(request)
    data = {"dataset": "AwayPlan", "action": "approve_selected"}
    chosen = {"_selected_action": [world.far.waiting.pk], "select_across": 0}
    for record in (world.near.home, world.far.home):
        assert post(world, page(record), {**data, **chosen}).changed == []
