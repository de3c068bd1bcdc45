"""What a person, or a program, can send and no form would: a sentence or a 400, never a 500."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import PASSWORD, make_manager, make_plan, make_property, make_staff

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/login/", "/nope"])
def test_a_cookie_with_a_nul(path):
    client = Client(headers={"cookie": r'sessionid="\000abcdefghij"'})

    assert client.get(path).status_code == 400


@pytest.mark.parametrize("header", ["user-agent", "accept", "referer"])
def test_a_header_with_a_nul(header):
    client = Client(headers={header: "a\0b"})

    response = client.post("/login/", {"username": "a@example.com", "password": "x"})

    assert response.status_code == 400


def test_a_name_longer_than_any_email(client):
    response = client.post("/login/", {"username": "x" * 400, "password": "y"})

    assert response.status_code == 200


LISTS = {
    "property": ["lifecycle__exact=%00", "q=%00", "o=99", "p=-1", "p=x"],
    "awayplan": [
        "status__exact=%00",
        "starts_on__year=9999&starts_on__month=12",
        "starts_on__year=9999&starts_on__month=12&starts_on__day=31",
        "starts_on__year=" + "9" * 30,
        "starts_on_from=x&starts_on_to=%C2%BD",
    ],
    "booking": ["channel__exact=%00", "arrives_on__year=9999&arrives_on__month=12"],
}


@pytest.mark.parametrize(
    ("model", "query"), [(model, query) for model, queries in LISTS.items() for query in queries]
)
def test_filters_that_make_no_sense(sign_in, model, query):
    response = sign_in(make_manager()).get(f"/bookings/{model}/?{query}")

    assert response.status_code in (200, 302, 400)


@pytest.mark.parametrize("wrong", ["abc", "½", "-", "9" * 40])
def test_an_action_on_ids_that_are_none(sign_in, wrong):
    response = sign_in(make_manager()).post(
        "/bookings/awayplan/",
        {"action": "approve_selected", "_selected_action": [wrong], "select_across": 0},
    )

    assert response.status_code in (200, 302)


@pytest.mark.parametrize("wrong", ["abc", "½", "9" * 40, "1,2"])
def test_a_choice_that_is_the_id_of_nothing(sign_in, wrong):
    client = sign_in(make_manager())

    shown = client.get("/bookings/awayplan/add/", {"property": wrong})
    posted = client.post("/bookings/awayplan/add/", {"property": wrong, "starts_on": "x"})

    assert shown.status_code == 200
    assert posted.status_code == 200
    assert "property" in posted.context["adminform"].form.errors


@pytest.mark.parametrize("page", ["½", "²", "0", "-1", "x", "9" * 30])
def test_a_page_of_related_rows_that_is_none(sign_in, page):
    home = make_property()
    make_plan(home)

    response = sign_in(make_manager()).get(
        f"/bookings/property/{home.pk}/change/", {"away_plans-page": page}
    )

    assert response.status_code == 200


def test_an_email_is_locked_in_all_its_spellings():
    ana = make_staff()
    client = Client()
    for spelling in (ana.email, ana.email.upper(), ana.email.title(), f" {ana.email}") * 2:
        last = client.post("/login/", {"username": spelling, "password": "wrong"})

    right = client.post("/login/", {"username": ana.email.swapcase(), "password": PASSWORD})

    assert (last.status_code, right.status_code) == (429, 429)


@pytest.mark.parametrize("path", ["/password_change/", "/password_change/done/", "/"])
def test_no_cache_keeps_a_page_that_names_the_person(sign_in, path):
    assert "no-store" in sign_in(make_staff()).get(path)["Cache-Control"]
