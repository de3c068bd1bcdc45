"""The command palette finds records by their words, among those that a person may see."""

from __future__ import annotations

import pytest

from bookings.models import AwayPlan
from opsconsole import palette
from tests.factories import (
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
)


@pytest.fixture
def search(sign_in, db):
    def searched(person, term):
        return sign_in(person).get("/search/", {"s": term}).content.decode()

    return searched


def test_a_home_is_found_with_its_open_plans(search):
    home = make_property(name="Heron House", street="9 Quay Rd")
    waiting = make_plan(home, status=AwayPlan.Status.SUBMITTED)
    over = make_plan(home, status=AwayPlan.Status.COMPLETED)

    found = search(make_manager(), "heron")

    assert f'href="/bookings/property/{home.pk}/change/"' in found
    assert "9 Quay Rd" in found
    assert f'href="/bookings/awayplan/{waiting.pk}/change/"' in found
    assert f"/bookings/awayplan/{over.pk}/" not in found


def test_guests_owners_and_zip_codes_are_found(search):
    stay = make_booking(guest_name="Gustav Guest")
    owner = make_rerenter("Olga Owner")

    mona = make_manager()

    assert f"/bookings/booking/{stay.pk}/change/" in search(mona, "gustav")
    assert f"/staffing/user/{owner.pk}/change/" in search(mona, "OLGA own")
    assert f"/staffing/zipcode/{stay.zip_code_id}/change/" in search(mona, "065")


def test_staff_find_nothing_outside_their_zip_codes(search):
    far = make_property("10001", name="Far House")
    make_booking(make_plan(far, status="approved", hosting_allowed=True), guest_name="Fay Farmost")
    near = make_property("06511", name="Near House")
    ana = make_staff(zips=("06511",))

    assert f"/bookings/property/{near.pk}/change/" in search(ana, "house")
    assert "Far House" not in search(ana, "house")
    for term in ("far", "farmost", "10001"):
        assert "Nothing matched" in search(ana, term)


def test_more_than_a_few_are_a_link_to_the_list(search):
    for number in range(palette.SHOWN + 1):
        make_property(name=f"Heron {number}", street=f"{number} Quay Rd")

    found = search(make_auditor(), "heron")

    assert found.count('<li class="group"') == palette.SHOWN + 1
    assert 'href="/bookings/property/?q=heron"' in found


@pytest.mark.parametrize("term", ["h", "\x00", "%", "'", '"', "x" * 5000, "\\", "(", "é́"])
def test_whatever_is_typed_is_answered(sign_in, db, term):
    make_property(name="Heron House")

    response = sign_in(make_manager()).get("/search/", {"s": term})

    assert response.status_code in {200, 400}
    assert "Heron" not in response.content.decode()
