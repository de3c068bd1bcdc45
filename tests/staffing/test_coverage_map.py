"""The map of "Who covers what": what each ZIP code is called, and where it stands."""

from __future__ import annotations

import re

import pytest

from bookings.models import Property
from staffing import maps, places
from staffing.maps import MARGIN, WIDTH, panels_of
from staffing.models import ZipCode
from staffing.places import Cover, Place
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db

PAGE = "/staffing/zipassignment/coverage/"


@pytest.fixture
def open_map(sign_in):
    client = sign_in(make_manager())

    def opened(**asked):
        page = client.get(PAGE, {"view": "map", **asked})
        assert page.status_code == 200
        return page

    return opened


def told(page) -> list[tuple[str, str]]:
    return [(place.code, place.cover.value) for place in page.context["rows"]]


def place_at(code: str, latitude: float | None, longitude: float | None, homes: int = 1) -> Place:
    return Place(int(code), code, "Town", "CT", True, latitude, longitude, Cover.NOBODY, homes)


def test_each_zip_code_says_who_is_there_the_worst_first(open_map):
    assign(make_staff("Ana"), "06510")
    assign(make_staff("Ben"), "06510", duty="backup")
    assign(make_staff("Cem"), "06511", duty="backup")
    assign(make_staff("Dee"), "06512", duty="cover", ends_on=today() + days(2))
    for code in ("06513", "06514", "06514"):
        make_property(code)
    make_zip("06515")
    make_plan(make_property("06516"), starts_on=today())
    make_zip("06517", is_served=False)

    page = open_map()

    assert told(page) == [
        ("06516", "alone"),
        ("06514", "nobody"),
        ("06513", "nobody"),
        ("06511", "backup"),
        ("06512", "backup"),
        ("06510", "primary"),
        ("06515", "empty"),
    ]
    assert [number for *_, number in page.context["map"]["shapes"]] == [1, 0, 2, 2, 1, 1]
    assert [code for code, _ in told(open_map(order="code"))] == sorted(dict(told(page)))
    assert told(open_map(order="homes"))[0] == ("06514", "nobody")


def test_a_zip_code_that_is_not_served_is_told_while_it_has_homes(open_map):
    for code in ("06511", "06512", "06514"):
        make_property(code)
    make_property("06513")
    make_plan(make_property("06515"), starts_on=today())
    make_zip("06516")  # without homes
    assign(make_staff("Ana"), "06512")
    Property.objects.filter(zip_code__code="06513").update(lifecycle="archived")
    ZipCode.objects.exclude(code="06514").update(is_served=False)

    page = open_map()

    assert told(page) == [
        ("06515", "alone"),
        ("06511", "not-served"),
        ("06512", "not-served"),
        ("06514", "nobody"),
    ]
    content = page.content.decode()
    assert "06515 New Haven: Nobody, while residents are away, and not served, 1 home" in content
    assert "06511 New Haven: Not served, with homes or plans, 1 home" in content
    serve = [
        code
        for code in ("06511", "06512", "06514")
        if f'Serve<span class="sr-only"> {code}' in content
    ]
    assert serve == ["06511", "06512"]


def test_who_left_and_who_is_not_there_on_the_day_is_nobody(open_map):
    make_property("06511")
    assign(make_staff("Gone", is_active=False), "06511")
    assign(make_staff("Later"), "06511", starts_on=today() + days(3))

    assert told(open_map()) == [("06511", "nobody")]
    assert told(open_map(as_of=today() + days(3))) == [("06511", "primary")]


def test_residents_who_are_back_are_not_away(open_map):
    make_plan(make_property("06511"), starts_on=today() - days(4), ends_on=today())

    assert told(open_map()) == [("06511", "nobody")]


def test_a_mark_leads_to_its_row_on_the_page_where_that_is(open_map, monkeypatch):
    monkeypatch.setattr("staffing.admin.coverage.PAGE", 1)
    for code in ("06511", "06512"):
        make_property(code)

    first = open_map(q="065").content.decode()
    [way] = re.findall(r'href="(\?view=map[^"]*#zip-06512)"', first)
    second = open_map(**dict(re.findall(r"(\w+)=([^&#]+)", way.replace("&amp;", "&"))))

    assert "q=065" in way
    assert 'id="zip-06512"' not in first
    assert 'id="zip-06512"' in second.content.decode()
    assert "06512 East Haven: Nobody, 1 home</title>" in first
    assert "style=" not in re.findall(r"<figure.*</figure>", first, re.S)[0]


def test_auditors_look_and_staff_do_not(sign_in):
    make_property("06511")

    auditor = sign_in(make_auditor()).get(PAGE, {"view": "map"})
    staff = sign_in(make_staff(zips=("06511",))).get(PAGE, {"view": "map"})

    assert "06511 New Haven: Primary there" not in staff.content.decode()
    assert (auditor.status_code, staff.status_code) == (200, 403)
    assert told(auditor)[0][0] == "06511"
    assert "assign/?zip_codes=" not in auditor.content.decode()


def test_what_is_left_out_is_said(open_map, monkeypatch):
    monkeypatch.setattr(places, "MOST", 2)
    monkeypatch.setattr(maps, "MOST_PANELS", 1)
    for code in ("06511", "02116", "06512"):
        make_property(code)
    assign(make_staff(), "06512")

    page = open_map()

    assert sorted(code for code, _ in told(page)) == ["02116", "06511"]  # both have nobody
    assert page.context["map"]["left_out"] == 1
    assert "1 more are left out" in page.content.decode()
    assert "1 lies in other places" in page.content.decode()


def test_what_has_no_coordinates_stands_in_the_table(open_map):
    make_property("06511")
    ZipCode.objects.update(latitude=None)

    page = open_map()

    assert told(page) == [("06511", "nobody")]
    assert page.context["map"]["panels"] == []
    assert "1 of them has no coordinates" in page.content.decode()


# Where marks stand


def test_far_places_have_panels_of_their_own_the_larger_first():
    boston, allston = place_at("02116", 42.35, -71.08), place_at("02134", 42.36, -71.13)
    los_angeles = place_at("90012", 34.06, -118.24, homes=9)

    panels = panels_of([boston, los_angeles, allston])

    assert [[m.place.code for m in panel.marks] for panel in panels] == [
        ["90012"],
        ["02116", "02134"],
    ]


def test_a_mile_is_as_long_across_as_up_and_north_is_up():
    degree_of_longitude = 0.7431  # as a part of one of latitude, at 42 degrees north
    corner = place_at("00001", 41.9, -71.0)
    north, east = place_at("00002", 42.1, -71.0), place_at("00003", 41.9, -70.8)

    [panel] = panels_of([corner, north, east])

    zero, up, across = panel.marks
    assert up.y < zero.y
    assert (across.x - zero.x) / (zero.y - up.y) == pytest.approx(degree_of_longitude, abs=0.002)
    for mark in panel.marks:
        assert MARGIN <= mark.x <= WIDTH - MARGIN
        assert MARGIN <= mark.y <= panel.height - MARGIN


def test_a_place_alone_stands_in_the_middle():
    [panel] = panels_of([place_at("06511", 41.3, -72.9)])

    assert panel.marks[0].x == WIDTH / 2
    assert (panel.title, panel.marks[0].is_labelled) == ("Town, CT", True)


def test_marks_grow_with_homes_up_to_a_limit_and_codes_never_cover_each_other():
    few, many = place_at("00001", 41.3, -72.9), place_at("00002", 41.3, -72.9, homes=999)

    [panel] = panels_of([few, many])

    assert panel.marks[0].reach < panel.marks[1].reach <= 16
    assert [mark.is_labelled for mark in panel.marks] == [False, True]


def test_three_thousand_zip_codes_are_drawn():
    whole = [place_at(f"{n:05}", 30 + n % 60 / 10, -120 + n // 60 / 4) for n in range(3000)]

    drawn = [mark for panel in panels_of(whole) for mark in panel.marks]

    assert len(drawn) == 3000
