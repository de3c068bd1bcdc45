"""The number of queries of a page is the same for 3 rows and for 30."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, Property
from opsconsole.imports.models import ImportBatch
from tests.factories import (
    assign,
    days,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db

MOST = 25
CODES = ["06510", "06511", "06512", "06513", "06515", "06516"]


def fill(rows: int, staff) -> None:
    for number in range(rows):
        code = CODES[number % len(CODES)]
        home = make_property(code, owner=make_rerenter(f"Owner {number}"))
        plan = make_plan(home, status="approved", hosting_allowed=True, starts_on=today())
        make_booking(plan, arrives_on=today())
        make_plan(home, starts_on=today() + days(40), ends_on=today() + days(50))
        assign(make_staff(f"Helper {rows} {number}"), code)
        ImportBatch.objects.create(
            resource="properties", file_name=f"{number}.csv", content=b"", uploaded_by=staff
        )


def count(client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(path)
    assert response.status_code == 200
    return len(captured)


LISTS = [
    "/",
    "/bookings/property/",
    "/bookings/awayplan/",
    "/bookings/booking/",
    "/staffing/user/",
    "/staffing/zipcode/",
    "/staffing/zipassignment/",
    "/imports/importbatch/",
    "/bookings/property/?q=home",
    "/bookings/awayplan/?status__exact=submitted",
    "/autocomplete/?app_label=bookings&model_name=awayplan&field_name=property&term=home",
]


@pytest.mark.parametrize(
    ("role", "path"),
    [
        *[("manager", path) for path in LISTS],
        *[("staff", path) for path in LISTS if "importbatch" not in path],  # the office's alone
    ],
)
def test_lists(sign_in, role, path):
    for code in CODES:
        make_zip(code)
    person = make_manager() if role == "manager" else make_staff(zips=tuple(CODES))
    client = sign_in(person)
    fill(3, person)
    client.get(path)

    few = count(client, path)
    fill(27, person)
    many = count(client, path)

    assert few == many
    assert many <= MOST


@pytest.mark.parametrize("role", ["manager", "staff"])
def test_forms(sign_in, role):
    person = make_manager() if role == "manager" else make_staff(zips=tuple(CODES))
    client = sign_in(person)
    home = make_property()
    plan = make_plan(home, status="approved", hosting_allowed=True, ends_on=today() + days(200))
    booking = make_booking(plan)
    pages = [
        f"/bookings/property/{home.pk}/change/",
        f"/bookings/awayplan/{plan.pk}/change/",
        f"/bookings/booking/{booking.pk}/change/",
        f"/staffing/user/{home.owner.pk}/change/",
        f"/staffing/zipcode/{home.zip_code.pk}/change/",
    ]
    assign(make_staff("Sam"), "06511")  # a page without any row saves a query
    for page in pages:
        client.get(page)

    few = [count(client, page) for page in pages]
    for number in range(1, 10):
        make_booking(
            plan,
            arrives_on=plan.starts_on + days(3 * number),
            departs_on=plan.starts_on + days(3 * number + 2),
        )
        make_plan(
            home,
            starts_on=today() + days(300 + 10 * number),
            ends_on=today() + days(305 + 10 * number),
        )
        make_property(owner=home.owner)
        assign(make_staff(f"Helper {number}"), "06511")
    many = [count(client, page) for page in pages]

    assert Booking.objects.count() == 10
    assert Property.objects.count() == 10
    assert few == many
    assert max(many) <= MOST
