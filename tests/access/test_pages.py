"""What staff are told by the pages they may open: counts, and whom to ask.

That no page tells anything of another ZIP code is shown by tests/test_access.py.
"""

from __future__ import annotations

import pytest

from opsconsole.imports.models import ImportBatch
from tests.factories import (
    days,
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_staff,
    today,
)

pytestmark = pytest.mark.django_db


def test_staff_without_a_zip_code_see_nothing_and_are_told_whom_to_ask(sign_in):
    make_property()
    client = sign_in(make_staff("New Hire"))

    home = client.get("/").content.decode()
    homes = client.get("/bookings/property/")

    assert "No ZIP code is assigned to you today" in home
    assert homes.context["cl"].result_count == 0


def test_badges_count_only_what_one_may_see(sign_in):
    mine, theirs = make_property("06511"), make_property("02116")
    make_plan(mine, starts_on=today() + days(50), ends_on=today() + days(55))
    for number in range(3):
        make_plan(
            theirs,
            starts_on=today() + days(60 + 10 * number),
            ends_on=today() + days(65 + 10 * number),
        )

    for_ana = sign_in(make_staff(zips=("06511",))).get("/").context["sidebar_navigation"]
    for_mona = sign_in(make_manager()).get("/").context["sidebar_navigation"]

    def badge(navigation):
        items = [item for group in navigation for item in group["items"]]
        [plans] = [item for item in items if item["title"] == "Away plans"]
        return plans["count"]

    assert badge(for_ana) == 1
    assert badge(for_mona) == 4


def test_engineers_are_invisible_to_others(sign_in):
    erin = make_person("Erin Engineer", "manager", is_superuser=True)
    client = sign_in(make_manager())

    listed = client.get("/staffing/user/").content.decode()
    pages = [client.get(f"/staffing/user/{erin.pk}/{page}/") for page in ("change", "history")]

    assert "Erin Engineer" not in listed
    assert [page.status_code for page in pages] == [302, 302]


def test_an_engineers_import_is_listed_with_the_name(sign_in):
    erin = make_person("Erin Engineer", "manager", is_superuser=True)
    batch = ImportBatch.objects.create(
        resource="properties", file_name="homes.csv", uploaded_by=erin
    )
    client = sign_in(make_manager())

    for path in ("/imports/importbatch/", f"/imports/importbatch/{batch.pk}/change/"):
        page = client.get(path).content.decode()
        assert "homes.csv" in page
        assert "Erin Engineer" in page
