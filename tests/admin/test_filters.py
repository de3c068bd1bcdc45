"""Filters of lists: short ones name their choices, long ones are searched."""

from __future__ import annotations

import pytest

from opsconsole.admin import filters
from tests.factories import make_manager, make_property, make_staff, make_zip

pytestmark = pytest.mark.django_db

HOMES = "/bookings/property/"
SEARCHED = 'data-ajax--url="/autocomplete/"'


@pytest.fixture
def homes(monkeypatch):
    """Homes in three ZIP codes, one more than are listed."""
    monkeypatch.setattr(filters, "MANY", 2)
    return [make_property(code) for code in ("06510", "06511", "02116")]


def test_many_choices_are_searched(sign_in, homes):
    page = sign_in(make_manager()).get(HOMES).content.decode()

    assert SEARCHED in page
    assert '<option value="' + str(homes[0].zip_code_id) not in page


def test_few_choices_are_listed(sign_in, homes):
    page = sign_in(make_staff(zips=("06510", "06511"))).get(HOMES).content.decode()

    assert SEARCHED not in page
    assert str(homes[0].zip_code) in page
    assert str(homes[2].zip_code) not in page


def test_what_was_chosen_by_search_filters_and_is_named(sign_in, homes):
    client = sign_in(make_manager())

    response = client.get(HOMES, {"zip_code__id__exact": homes[2].zip_code_id})

    assert [home.pk for home in response.context["cl"].result_list] == [homes[2].pk]
    chosen = f'<option value="{homes[2].zip_code_id}" selected>{homes[2].zip_code}</option>'
    assert chosen in response.content.decode()


def test_a_chosen_zip_code_of_others_is_not_named(sign_in, homes):
    make_property("06512")
    client = sign_in(make_staff(zips=("06510", "06511", "06512")))

    page = client.get(HOMES, {"zip_code__id__exact": homes[2].zip_code_id}).content.decode()

    assert SEARCHED in page
    assert str(homes[2].zip_code) not in page


@pytest.mark.parametrize("value", ["abc", "½", "9" * 40, "-1", ""])
def test_a_choice_that_is_none_is_no_error(sign_in, homes, value):
    response = sign_in(make_manager()).get(HOMES, {"zip_code__id__exact": value}, follow=True)

    assert response.status_code == 200


def test_the_search_finds_zip_codes_of_ones_own_alone(sign_in, homes):
    make_zip("02117")
    asked = {"app_label": "bookings", "model_name": "property", "field_name": "zip_code"}

    found = sign_in(make_staff(zips=("06510",))).get("/autocomplete/", {**asked, "term": "0"})

    assert [each["id"] for each in found.json()["results"]] == [str(homes[0].zip_code_id)]
