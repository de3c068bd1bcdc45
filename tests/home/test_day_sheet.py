"""The day sheet: a day's homes to print, for staff their own, for others of whom they choose."""

from __future__ import annotations

from typing import Any

import pytest

from staffing.models import User
from tests.factories import (
    days,
    make_booking,
    make_code,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    today,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return make_staff("Ana Staff", ("06511",))


def arriving(code: str, name: str, on: int = 0) -> Any:
    home = make_property(code, name=name)
    make_code(home, "4711#")
    plan = make_plan(
        home, status="active", hosting_allowed=True, starts_on=today(), ends_on=today() + days(40)
    )
    guest = {"guest_name": f"Guest of {name}", "guest_phone": "+12035550100"}
    return make_booking(
        plan, arrives_on=today() + days(on), departs_on=today() + days(on + 2), **guest
    )


def sheet(client: Any, query: str = "") -> str:
    response = client.get(f"/day-sheet/{query}")
    assert response.status_code == 200
    return str(response.content.decode())


def test_staff_print_the_homes_of_their_zip_codes(sign_in, ana, locks):
    stay = arriving("06511", "Elm House")
    arriving("02116", "Far House")
    task = make_task(stay.property, assignee=ana, status="assigned")
    make_item(task, text="Water the fern")

    page = sheet(sign_in(ana))

    assert "Guests arrive: Guest of Elm House, party of 2" in page
    assert "+12035550100" in page
    assert "☐</span> Water the fern" in page
    assert page.count('<section class="sheet-home"') == 1
    assert "Far House" not in page
    assert "4711" not in page


def test_another_day_has_what_is_on_then(sign_in, ana):
    arriving("06511", "Elm House", on=3)
    client = sign_in(ana)

    assert "Guest of Elm House" not in sheet(client)
    assert "Guest of Elm House" in sheet(client, f"?day={today() + days(3)}")


def test_a_day_without_anything_is_not_one_without_homes(sign_in, ana):
    client = sign_in(ana)
    assert "There are no homes in the ZIP codes of Ana Staff" in sheet(client)
    make_property("06511")

    assert "Nothing is on that day in the homes of Ana Staff" in sheet(client)


@pytest.mark.parametrize("day", ["x", "9999-12-31", "2001-01-01", "%00"])
def test_a_day_that_can_t_be_told_says_so(sign_in, ana, day):
    response = sign_in(ana).get(f"/day-sheet/?day={day}")

    assert response.status_code in (200, 400)
    assert response.status_code == 400 or response.context["form"].errors["day"]


def test_managers_choose_whose_day(sign_in, ana):
    arriving("06511", "Elm House")
    arriving("02116", "Far House")
    client = sign_in(make_manager())

    assert "Choose somebody, to see" in sheet(client)
    page = sheet(client, f"?person={ana.pk}")
    assert "Elm House" in page
    assert "Far House" not in page


def test_staff_print_nobody_else_s_day(sign_in, ana):
    ben = make_staff("Ben Elsewhere", ("02116",))
    arriving("02116", "Far House")

    assert "Far House" not in sheet(sign_in(ana), f"?person={ben.pk}")
