"""What folds out below a row of a list."""

from __future__ import annotations

import pytest

from tests.factories import make_booking, make_manager, make_plan, make_property

pytestmark = pytest.mark.django_db


def test_a_home_folds_out_its_open_plans_in_words(sign_in):
    make_plan(make_property(), status="approved", hosting_allowed=True)

    page = sign_in(make_manager()).get("/bookings/property/").content.decode()

    assert "Open away plans" in page
    assert '<th class="font-semibold px-3 py-2 text-left" scope="col">Away from</th>' in page
    assert ">Approved</td>" in page


def test_where_there_is_nothing_a_sentence_says_so(sign_in):
    make_property()
    make_plan()
    client = sign_in(make_manager())

    assert "No open away plans." in client.get("/bookings/property/").content.decode()
    assert "No bookings in this plan." in client.get("/bookings/awayplan/").content.decode()


def test_what_guests_wrote_is_text(sign_in):
    make_booking(guest_name="<b>Gus</b>")

    page = sign_in(make_manager()).get("/bookings/awayplan/").content.decode()

    assert "&lt;b&gt;Gus&lt;/b&gt;" in page
