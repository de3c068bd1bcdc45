"""What folds out below a row of a list, asked for when it is folded out."""

from __future__ import annotations

import pytest

from opsconsole.admin import sections
from tests.factories import (
    days,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    today,
)

pytestmark = pytest.mark.django_db


def below(client, record) -> str:
    response = client.get(f"/bookings/{record._meta.model_name}/{record.pk}/below/")
    assert response.status_code == 200
    return response.content.decode()


def test_a_home_folds_out_its_open_plans_in_words(sign_in):
    home = make_property()
    make_plan(home, status="approved", hosting_allowed=True)
    make_plan(home, status="withdrawn", starts_on=today() + days(90), ends_on=today() + days(95))

    part = below(sign_in(make_manager()), home)

    assert "Open away plans" in part
    assert '<th class="font-semibold px-3 py-2 text-left" scope="col">Away from</th>' in part
    assert ">Approved</td>" in part
    assert "Withdrawn" not in part
    assert "<html" not in part


def test_where_there_is_nothing_a_sentence_says_so(sign_in):
    client = sign_in(make_manager())

    assert "No open away plans." in below(client, make_property())
    assert "No bookings in this plan." in below(client, make_plan())


def test_what_guests_wrote_is_text(sign_in):
    stay = make_booking(guest_name="<b>Gus</b>")

    assert "&lt;b&gt;Gus&lt;/b&gt;" in below(sign_in(make_manager()), stay.away_plan)


def test_of_very_many_the_first_are_shown_and_it_is_said(sign_in, monkeypatch):
    monkeypatch.setattr(sections, "MOST", 2)
    home = make_property()
    for number in range(3):
        first = today() + days(10 * number)
        make_plan(home, starts_on=first, ends_on=first + days(3))

    part = below(sign_in(make_manager()), home)

    assert part.count("</tr>") == 3  # with the headings
    assert "(the first 2)" in part


@pytest.mark.parametrize("address", ["{}/below/", "9{}/below/", "x/below/", "%C2%BD/below/"])
def test_of_others_there_is_as_little_as_of_nothing(sign_in, address):
    home = make_plan(make_property("02116")).property
    client = sign_in(make_staff(zips=("06511",)))

    assert client.get(f"/bookings/property/{address.format(home.pk)}").status_code == 404


def test_a_list_asks_for_none_of_it(sign_in):
    plan = make_plan(make_property(), status="approved")

    page = sign_in(make_manager()).get("/bookings/property/?p=1").content.decode()

    assert f'data-below="/bookings/property/{plan.property_id}/below/"' in page
    assert "Approved" not in page
