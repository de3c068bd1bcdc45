"""No page tells staff anything of a home outside their ZIP codes.

Foreign records carry a marker in every field that a page could print; each page that a member of
staff can open is searched for it.
"""

from __future__ import annotations

import pytest

from tests.factories import (
    assign,
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    today,
)

pytestmark = pytest.mark.django_db

MARKER = "Zanzibar"


class World:
    """One home in Ana's ZIP code, and one outside it that nobody may mention to her."""

    def __init__(self) -> None:
        self.ana = make_staff(zips=("06511",))
        self.owner = make_rerenter("Rosa Lee")
        self.mine = make_property("06511", name="My home", owner=self.owner)
        self.plan = make_plan(self.mine, status="approved", hosting_allowed=True)
        self.booking = make_booking(self.plan)
        make_property("02116", name=f"{MARKER} second home", owner=self.owner)
        self.their_owner = make_rerenter(f"{MARKER} Owner")
        self.theirs = make_property(
            "02116",
            name=f"{MARKER} home",
            street=f"1 {MARKER} Road",
            external_ref=f"{MARKER}-1",
            owner=self.their_owner,
        )
        self.their_plan = make_plan(
            self.theirs, status="approved", hosting_allowed=True, notes=f"{MARKER} notes"
        )
        self.their_booking = make_booking(self.their_plan, guest_name=f"{MARKER} guest")
        self.ben = make_staff(f"{MARKER} Ben", zips=("02116",))


@pytest.fixture
def world() -> World:
    return World()


LISTS = [
    "/",
    "/bookings/property/",
    "/bookings/awayplan/",
    "/bookings/booking/",
    "/staffing/user/",
    "/staffing/zipcode/",
    "/staffing/zipassignment/",
    "/bookings/awayplan/add/",
    "/bookings/booking/add/",
    "/search/?s=zanzibar",
    "/bookings/",
    "/staffing/",
]
SEARCHES = [
    "/bookings/property/?q=zanzibar",
    "/bookings/awayplan/?q=zanzibar",
    "/bookings/booking/?q=zanzibar",
    "/staffing/user/?q=zanzibar",
    "/staffing/zipcode/?q=02116",
    "/autocomplete/?app_label=bookings&model_name=awayplan&field_name=property&term=zanz",
    "/autocomplete/?app_label=bookings&model_name=booking&field_name=away_plan&term=zanz",
    "/autocomplete/?app_label=bookings&model_name=property&field_name=owner&term=zanz",
    "/autocomplete/?app_label=bookings&model_name=property&field_name=zip_code&term=02116",
]


def leaks(response) -> bool:
    content = response.content.decode()
    for echo in (f'value="{MARKER.lower()}"', "term=zanz", "q=zanzibar"):
        content = content.replace(echo, "")
    return MARKER in content or "02116" in content.replace('value="02116"', "").replace(
        "q=02116", ""
    )


@pytest.mark.parametrize("path", LISTS + SEARCHES)
def test_staff_read_nothing_foreign(world, sign_in, path):
    response = sign_in(world.ana).get(path)

    assert response.status_code in (200, 403)
    assert not leaks(response)


@pytest.mark.parametrize("path", LISTS + SEARCHES)
def test_managers_would_read_it_so_the_test_can_fail(world, sign_in, path):
    response = sign_in(make_manager()).get(path)

    assert response.status_code == 200


@pytest.mark.parametrize(
    "path", ["/bookings/property/", "/bookings/awayplan/", "/bookings/booking/", "/staffing/user/"]
)
def test_managers_see_the_marker_in_each_list(world, sign_in, path):
    assert leaks(sign_in(make_manager()).get(path))


PAGES = ["change/", "history/", "access/", "delete/"]


def address(obj, page: str) -> str:
    return f"/{obj._meta.app_label}/{obj._meta.model_name}/{obj.pk}/{page}"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("which", ["theirs", "their_plan", "their_booking", "their_owner", "ben"])
def test_a_foreign_page_and_a_missing_one_look_the_same(world, sign_in, which, page):
    client = sign_in(world.ana)
    foreign = getattr(world, which)
    missing = type(foreign)(pk=99_999_999)

    there = client.get(address(foreign, page), follow=True)
    absent = client.get(address(missing, page), follow=True)

    assert there.status_code == absent.status_code
    assert [status for _, status in there.redirect_chain] == [
        status for _, status in absent.redirect_chain
    ]
    assert not leaks(there)


@pytest.mark.parametrize("page", ["change/", "history/", "access/"])
@pytest.mark.parametrize("which", ["mine", "plan", "booking", "owner"])
def test_ones_own_pages_open(world, sign_in, which, page):
    response = sign_in(world.ana).get(address(getattr(world, which), page))

    assert response.status_code == 200
    assert not leaks(response)


def test_a_foreign_plan_can_not_be_changed_by_post(world, sign_in):
    sign_in(world.ana).post(
        address(world.their_plan, "change/"),
        {"starts_on": today(), "ends_on": today() + days(90), "notes": "Mine now"},
    )

    world.their_plan.refresh_from_db()
    assert world.their_plan.notes == f"{MARKER} notes"


def test_a_plan_can_not_be_filed_for_a_foreign_home(world, sign_in):
    posted = {"starts_on": today() + days(50), "ends_on": today() + days(60), "notes": ""}

    response = sign_in(world.ana).post(
        "/bookings/awayplan/add/", {**posted, "property": world.theirs.pk}
    )
    missing = sign_in(world.ana).post("/bookings/awayplan/add/", {**posted, "property": 99_999_999})

    assert response.status_code == 200
    assert world.theirs.away_plans.count() == 1
    errors = response.context["adminform"].form.errors
    assert errors == missing.context["adminform"].form.errors


def test_the_address_can_not_preselect_a_foreign_home(world, sign_in):
    response = sign_in(world.ana).get(f"/bookings/awayplan/add/?property={world.theirs.pk}")

    assert not leaks(response)


def test_staff_change_neither_owner_nor_zip_code_nor_reference(world, sign_in):
    client = sign_in(world.ana)
    before = world.mine
    form = {
        "name": "Renamed",
        "external_ref": "STOLEN",
        "owner": world.their_owner.pk,
        "zip_code": world.theirs.zip_code_id,
        "lifecycle": "active",
        "property_type": "house",
        "street": before.street,
        "unit": "",
        "bedrooms": 1,
        "bathrooms": 1,
        "max_guests": 4,
        "check_in_from": "15:00",
        "check_out_until": "11:00",
        "amenities": "",
        "away_plans-TOTAL_FORMS": 0,
        "away_plans-INITIAL_FORMS": 0,
    }

    client.post(address(before, "change/"), form)

    world.mine.refresh_from_db()
    assert world.mine.name == "Renamed"
    assert world.mine.external_ref == before.external_ref
    assert world.mine.owner_id == before.owner_id
    assert world.mine.zip_code_id == before.zip_code_id


def test_filters_offer_only_ones_own_zip_codes(world, sign_in):
    response = sign_in(world.ana).get("/bookings/property/")

    assert "06511 New Haven" in response.content.decode()
    assert not leaks(response)


def test_a_filter_for_a_foreign_zip_code_finds_nothing(world, sign_in):
    make_property("06515")
    assign(world.ana, "06515")  # with one choice alone Django ignores a filter
    response = sign_in(world.ana).get(
        f"/bookings/property/?zip_code__id__exact={world.theirs.zip_code_id}"
    )

    assert not leaks(response)
    assert response.context["cl"].result_count == 0


@pytest.mark.parametrize(
    "query",
    [
        "external_ref__startswith=Zan",
        "owner__full_name__startswith=Zan",
        "owner__password__startswith=p",
        "away_plans__notes__contains=Zan",
    ],
)
def test_values_can_not_be_guessed_through_lookups(world, sign_in, query):
    assert sign_in(world.ana).get(f"/bookings/property/?{query}").status_code == 400


def test_a_foreign_plan_in_an_action_is_left_alone(world, sign_in):
    waiting = make_plan(world.theirs, starts_on=today() + days(60), ends_on=today() + days(70))

    sign_in(world.ana).post(
        "/bookings/awayplan/",
        {"action": "approve_selected", "_selected_action": [waiting.pk], "select_across": 0},
    )

    waiting.refresh_from_db()
    assert waiting.status == "submitted"


def test_staff_without_a_zip_code_see_nothing_and_are_told_whom_to_ask(world, sign_in):
    nobody = make_staff("New Hire")
    client = sign_in(nobody)

    home = client.get("/").content.decode()
    homes = client.get("/bookings/property/")

    assert "No ZIP code is assigned to you today" in home
    assert homes.context["cl"].result_count == 0


def test_an_ended_assignment_bites_on_the_next_request(world, sign_in):
    client = sign_in(world.ana)
    assert client.get(address(world.plan, "change/")).status_code == 200

    world.ana.zip_assignments.update(ends_on=today())

    assert client.get(address(world.plan, "change/")).status_code == 302
    assert client.get("/bookings/awayplan/").context["cl"].result_count == 0


def test_badges_count_only_what_one_may_see(world, sign_in):
    make_plan(world.mine, starts_on=today() + days(50), ends_on=today() + days(55))
    for number in range(3):
        make_plan(
            world.theirs,
            starts_on=today() + days(60 + 10 * number),
            ends_on=today() + days(65 + 10 * number),
        )

    mine = sign_in(world.ana).get("/").context["sidebar_navigation"]
    all_of_them = sign_in(make_manager()).get("/").context["sidebar_navigation"]

    def badge(navigation):
        items = [item for group in navigation for item in group["items"]]
        [plans] = [item for item in items if item["title"] == "Away plans"]
        return str(plans["badge_callback"])

    assert badge(mine) == "1"
    assert badge(all_of_them) == "4"


def test_engineers_are_invisible_to_others(sign_in):
    make_person("Erin Engineer", "manager", is_superuser=True)

    page = sign_in(make_manager()).get("/staffing/user/").content.decode()

    assert "Erin Engineer" not in page


def test_auditors_see_every_zip_code_and_change_nothing(world, sign_in):
    client = sign_in(make_auditor())

    page = client.get(address(world.their_plan, "change/"))
    client.post(address(world.their_plan, "change/"), {"notes": "Changed"})

    assert leaks(page)
    world.their_plan.refresh_from_db()
    assert world.their_plan.notes == f"{MARKER} notes"
