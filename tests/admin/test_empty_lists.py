"""What a list says that has no rows: what comes first, and only ways that the person may go."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.factories import (
    make_auditor,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
)

pytestmark = pytest.mark.django_db

HOMES, PLANS, TASKS = "/bookings/property/", "/bookings/awayplan/", "/bookings/task/"
ZIP_CODES, ASSIGNMENTS = "/staffing/zipcode/", "/staffing/zipassignment/"


def nothing(client, path: str):
    """What the list says instead of rows."""
    page = client.get(path, follow=True)
    assert page.status_code == 200
    assert 'id="nothing"' in page.content.decode()
    return page.context["cl"].empty


def links(empty) -> dict[str, str]:
    return {link.title: link.path for link in empty.links}


@pytest.fixture
def mona():
    return make_manager()


def test_every_list_has_a_sentence_for_where_it_is_empty():
    pages = admin.site._registry.values()

    assert [str(page) for page in pages if not getattr(page, "if_empty", "").endswith(".")] == []


def test_no_list_says_what_unfold_says_of_every_empty_one(sign_in, mona):
    client, empty = sign_in(mona), []
    for model in admin.site._registry:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        page = client.get(path, {"p": 1})
        content = page.content.decode()
        assert "yielded into no results" not in content
        if not page.context["cl"].result_list:
            empty.append(model._meta.verbose_name_plural)
            assert f"No {model._meta.verbose_name_plural} yet" in content
            assert "Reset filters" not in content

    assert len(empty) == 9  # all but people, of whom there is one


def test_an_empty_list_says_what_comes_first_and_leads_to_each_way_to_fill_it(sign_in, mona):
    empty = nothing(sign_in(mona), HOMES)

    assert (empty.title, empty.text) == (
        "No properties yet",
        "A home has an owner and lies in a ZIP code: served ZIP codes and people come first.",
    )
    assert links(empty) == {
        "Import properties": f"{HOMES}import/",
        "Add property": f"{HOMES}add/",
        "Template for properties": f"{HOMES}import/template/",
    }
    assert list(links(nothing(sign_in(mona), ASSIGNMENTS))) == [
        "Import ZIP assignments",
        "Assign ZIP codes",
        "Template for ZIP assignments",
    ]


@pytest.mark.parametrize("path", [HOMES, PLANS, TASKS, ASSIGNMENTS, "/imports/importbatch/"])
def test_every_way_that_is_offered_is_open(sign_in, mona, path):
    client = sign_in(mona)

    offered = links(nothing(client, path))

    assert offered
    assert {title: client.get(way).status_code for title, way in offered.items()} == dict.fromkeys(
        offered, 200
    )


def test_auditors_are_told_the_same_and_offered_nothing(sign_in):
    client = sign_in(make_auditor())

    for path in (HOMES, PLANS, TASKS, ASSIGNMENTS, "/bookings/booking/"):
        empty = nothing(client, path)
        assert empty.title.endswith("yet")
        assert links(empty) == {}


def test_staff_without_a_zip_code_are_told_whom_to_ask(sign_in):
    make_property("06511")
    client = sign_in(make_staff())

    for path in (HOMES, PLANS, TASKS, ZIP_CODES, ASSIGNMENTS):
        empty = nothing(client, path)
        assert "No ZIP code is assigned to you today" in empty.text
        assert links(empty) == {}


def test_staff_are_told_of_their_own_zip_codes(sign_in):
    make_property("02116")
    client = sign_in(make_staff(zips=("06511",)))

    assert nothing(client, HOMES).title == "No properties in your ZIP codes yet"
    assert links(nothing(client, HOMES)) == {}
    assert links(nothing(client, PLANS)) == {"Add away plan": f"{PLANS}add/"}


def test_where_nothing_is_like_the_filter_the_whole_list_is_a_click_away(sign_in, mona):
    make_plan(make_property(), status="draft")
    client = sign_in(mona)

    for path in (f"{PLANS}?status__exact=approved", f"{HOMES}?q=zanzibar", f"{PLANS}?waits=day"):
        empty = nothing(client, path)
        assert empty.title == "Nothing matches these filters"
        assert links(empty) == {"Reset filters": "?p=1"}
    assert client.get(f"{PLANS}?p=1").context["cl"].result_count == 1


def test_a_filter_on_nothing_at_all_is_not_to_blame(sign_in, mona):
    ana = make_staff(zips=("06511",))

    assert nothing(sign_in(mona), f"{HOMES}?q=zanzibar").title == "No properties yet"
    assert nothing(sign_in(ana), TASKS).title == "No tasks in your ZIP codes yet"  # opens as a view


@pytest.mark.parametrize("asked", ["?q=\ud800", "?p=99", "?lifecycle__exact=%F0", "?o=1.2"])
def test_no_address_of_an_empty_list_is_too_strange(sign_in, mona, asked):
    page = sign_in(mona).get(HOMES + asked.encode("utf-8", "surrogatepass").decode("latin-1"))

    assert page.status_code in (200, 302)


# ZIP codes are there before anybody serves one


def test_the_list_of_zip_codes_says_that_none_is_served(sign_in, mona):
    make_zip("06511", is_served=False)

    for person, told in ((mona, True), (make_auditor(), True), (make_staff(), False)):
        content = sign_in(person).get(ZIP_CODES).content.decode()
        assert ("No ZIP code is served yet" in content) is told
    make_zip("06512")
    content = sign_in(mona).get(ZIP_CODES).content.decode()
    assert "No ZIP code is served yet" not in content
    assert re.search(r"06511</a>", content)
