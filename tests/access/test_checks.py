"""The system checks: each refuses to start a console with the hole that it is about."""

from __future__ import annotations

import importlib

import pytest
from django.contrib import admin
from django.core.management.base import SystemCheckError
from import_export.resources import ModelResource
from unfold.contrib.filters.admin import RelatedDropdownFilter

from bookings.models import AwayPlan, Booking, Property
from opsconsole import wsgi
from opsconsole.access import checks, registry
from staffing.models import User


def page_of(model):
    return admin.site._registry[model]


def ids(check) -> list[str]:
    return [message.id for message in check(None)]


CHECKS = [
    checks.check_veto_is_first,
    checks.check_registered_models_are_scoped,
    checks.check_no_raw_ids,
    checks.check_no_way_back,
    checks.check_resources_name_their_fields,
    checks.check_nothing_is_done_by_a_link,
    checks.check_actions_declare_permissions,
    checks.check_filters_are_scoped,
]


@pytest.mark.parametrize("check", CHECKS)
def test_the_console_as_it_is_has_no_hole(check):
    assert ids(check) == []


def test_another_backend_before_the_veto(settings):
    settings.AUTHENTICATION_BACKENDS = settings.AUTHENTICATION_BACKENDS[::-1]

    assert ids(checks.check_veto_is_first) == ["access.E001"]


@pytest.mark.parametrize("model", [Property, Booking])  # pages; Booking is an inline as well
def test_a_model_that_nobody_registered(monkeypatch, model):
    monkeypatch.delitem(registry._scopes, model)

    assert ids(checks.check_registered_models_are_scoped) == ["access.E002"]


def test_an_inline_of_a_model_that_nobody_registered(monkeypatch):
    monkeypatch.delitem(registry._scopes, AwayPlan)
    monkeypatch.delitem(admin.site._registry, AwayPlan)

    assert ids(checks.check_registered_models_are_scoped) == ["access.E002"]


def test_a_raw_id_widget(monkeypatch):
    monkeypatch.setattr(page_of(Booking), "raw_id_fields", ["away_plan"])

    assert ids(checks.check_no_raw_ids) == ["access.E003"]


@pytest.mark.parametrize(
    ("model", "option", "path"),
    [
        (User, "search_fields", "properties__street"),
        (Property, "search_fields", "^away_plans__bookings__guest_name"),
        (User, "list_filter", "properties__city"),
    ],
)
def test_a_search_or_a_filter_through_many_rows(monkeypatch, model, option, path):
    monkeypatch.setattr(page_of(model), option, [path])

    assert ids(checks.check_no_way_back) == ["access.E004"]


@pytest.mark.parametrize("fields", [None, ["id", "name"]])
def test_a_resource_without_fields_of_its_own(fields):
    meta = type("Meta", (), {"model": Property, **({"fields": fields} if fields else {})})
    resource = type("Careless", (ModelResource,), {"Meta": meta})

    found = [message.obj for message in checks.check_resources_name_their_fields(None)]

    assert resource in found
    del resource._meta  # subclasses are found for as long as they live
    resource._meta = type("Gone", (), {"model": None})


@pytest.mark.parametrize("option", checks.UNSAFE)
def test_an_action_behind_a_link(monkeypatch, option):
    monkeypatch.setattr(page_of(AwayPlan), option, ["approve"])

    assert ids(checks.check_nothing_is_done_by_a_link) == ["access.E006"]


@pytest.mark.parametrize("option", ["actions", "actions_submit_line"])
def test_an_action_without_permissions(monkeypatch, option):
    def mark(model_admin, request, queryset):
        """Mark them."""

    monkeypatch.setattr(page_of(AwayPlan), option, [mark])

    assert ids(checks.check_actions_declare_permissions) == ["access.E007"]


@pytest.mark.parametrize("entry", ["zip_code", ("zip_code", RelatedDropdownFilter), "owner__email"])
def test_a_filter_that_names_every_related_row(monkeypatch, entry):
    monkeypatch.setattr(page_of(Property), "list_filter", [entry])

    assert ids(checks.check_filters_are_scoped) == ["access.E008"]


def test_a_server_does_not_start_with_a_hole(settings):
    settings.AUTHENTICATION_BACKENDS = settings.AUTHENTICATION_BACKENDS[::-1]

    with pytest.raises(SystemCheckError, match=r"access\.E001"):
        importlib.reload(wsgi)
