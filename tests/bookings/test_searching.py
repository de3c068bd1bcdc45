"""Homes and people are found by their words: the same ones with the index as without it."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db import connection
from django.test import RequestFactory

from bookings import querysets
from bookings.models import Property
from opsconsole.access.lock import held_to
from staffing.models import User
from tests.factories import make_manager, make_property, make_rerenter

TERMS = [
    "willow", "WILLOW yard", "yard willow", "7", '"Yard 7"', "7 canal", '"7 12 Canal"', "abc-1",
    "ana", "ana@example", "ñandú", "100%", "willow_yard", "nobody", "'", '"', "\\", "willow owner",
]  # fmt: skip


@pytest.fixture
def homes(db):
    ana = make_rerenter("Ana Owner", email="ana@example.com")
    bo = make_rerenter("Bo Ñandú", email="bo@example.com")
    return [
        make_property(name="Willow Yard 7", street="12 Canal St", external_ref="ABC-1", owner=ana),
        make_property(name="Willow Barn", street="7 Canal St", external_ref="ABC-22", owner=bo),
        make_property(name="Barn 100% Oak", street="9_B Elm", external_ref="Z-3", owner=bo),
    ]


@pytest.mark.parametrize("most_owners", [0, 1000])
@pytest.mark.parametrize("term", TERMS)
def test_the_index_finds_what_reading_everything_finds(homes, term, most_owners, monkeypatch):
    monkeypatch.setattr(querysets, "MANY_OWNERS", most_owners)
    page = admin.site._registry[Property]
    request = RequestFactory().get("/")
    request.user = make_manager()

    found, _ = page.get_search_results(request, Property.objects.all(), term)
    by_reading, _ = ModelAdmin.get_search_results(page, request, Property.objects.all(), term)

    assert set(found) == set(by_reading)


def test_managers_search_by_the_index(homes):
    with held_to(make_manager()), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Property.objects.order_by().matching("willow").explain()

    assert "properties_by_words" in plan


def test_owners_are_found_by_their_index(homes):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = User.objects.rerenters().order_by().with_word("nobody").explain()

    assert "people_by_words" in plan
