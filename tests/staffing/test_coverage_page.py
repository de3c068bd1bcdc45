"""The page "Who covers what": who may open it, and what each of its views says."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from bookings.models import Property
from staffing.models import ZipAssignment, ZipCode
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db

PAGE = "/staffing/zipassignment/coverage/"
ASSIGN = "/staffing/zipassignment/assign/"


@pytest.fixture
def open_page(sign_in):
    client = sign_in(make_manager())

    def opened(view="", **asked):
        page = client.get(PAGE, {"view": view, **asked})
        assert page.status_code == 200
        return page

    return opened


def text(page) -> str:
    """What a page says between its tags, each run of blanks as one."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


# Who may look


def test_managers_look_and_act(sign_in):
    make_staff(zips=("06511",))

    page = sign_in(make_manager()).get(PAGE)

    assert page.status_code == 200
    assert ASSIGN in page.content.decode()


def test_auditors_look_and_are_offered_nothing(sign_in):
    make_staff(zips=("06511",))
    client = sign_in(make_auditor())

    for view in ("people", "zip-codes", "map", "gaps", "overlaps", "changes"):
        page = client.get(PAGE, {"view": view})
        assert page.status_code == 200
        assert ASSIGN not in page.content.decode()


def test_staff_are_told_that_it_is_not_for_them(sign_in):
    ana = make_staff(zips=("06511",))
    make_staff("Ben Colleague", zips=("02116",))

    page = sign_in(ana).get(PAGE)

    assert page.status_code == 403
    assert "Your role may not see who covers what" in page.content.decode()
    assert "Ben Colleague" not in page.content.decode()


def test_who_is_not_signed_in_is_asked_to(client: Client):
    for path in (PAGE, ASSIGN, "/staffing/zipassignment/end/"):
        assert client.get(path)["Location"].startswith("/login/")


def test_only_managers_open_the_page_that_assigns(sign_in):
    for role, status in (("manager", 200), ("auditor", 403), ("staff", 403)):
        assert sign_in(make_person(user_type=role)).get(ASSIGN).status_code == status


@pytest.mark.parametrize(("role", "there"), [("manager", 2), ("auditor", 1), ("staff", 0)])
def test_the_list_of_assignments_leads_here(sign_in, role, there):
    page = sign_in(make_person(user_type=role)).get("/staffing/zipassignment/").content.decode()

    in_content = page[page.index("<main") :]
    assert (PAGE in in_content) + (ASSIGN in in_content) == there


# By person


def test_by_person_tells_zip_codes_duties_and_homes(open_page):
    ana, ben = make_staff("Ana Lee", zips=("06511",)), make_staff("Ben Ito")
    assign(ana, "06512", duty="cover", covers_for=ben, ends_on=today() + days(9))
    assign(ana, "06513", starts_on=today() + days(3))
    assign(ana, "06514", starts_on=today() - days(9), ends_on=today())
    for code in ("06511", "06511", "06512", "06513"):
        make_property(code)
    make_property("06511", lifecycle="archived")

    page = open_page("people")

    [(first, homes, more), (second, none, _)] = page.context["rows"]
    assert (first, homes, more) == (ana, 3, 0)
    assert [held.zip_code.code for held in first.held] == ["06511", "06512"]
    assert (second, none, second.held) == (ben, 0, [])
    assert f"06512 cover for Ben Ito until {today() + days(9):%b}" in text(page).replace(
        "temporary ", ""
    )


def test_another_day_has_other_people(open_page):
    ana = make_staff("Ana")
    assign(ana, "06513", starts_on=today() + days(3))

    [(now, *_)] = open_page("people").context["rows"]
    [(then, *_)] = open_page("people", as_of=today() + days(3)).context["rows"]

    assert (len(now.held), len(then.held)) == (0, 1)


def test_a_person_of_many_zip_codes_is_cut_short(open_page):
    ana = make_staff("Ana")
    for code in range(30):
        place = {"city": "Town", "state": "CT", "timezone": "America/New_York"}
        zip_code = ZipCode.objects.create(code=f"{code:05}", **place)
        ZipAssignment.objects.create(user=ana, content_object=zip_code, starts_on=today())

    page = open_page("people")

    assert "and 18 more" in text(page)


def test_who_left_looks_after_nothing(open_page):
    make_staff("Gone", zips=("06511",), is_active=False)
    make_property("06511")

    assert open_page("people").context["rows"] == []
    [(_, duties, _)] = open_page("zip-codes").context["rows"]
    assert [held for _, held in duties] == [[], [], []]
    assert [gap.code for gap, _ in open_page("gaps").context["rows"]] == ["06511"]


# By ZIP code


def test_by_zip_code_tells_each_duty(open_page):
    assign(make_staff("Ana"), "06511", duty="primary")
    assign(make_staff("Ben"), "06511", duty="backup")
    assign(make_staff("Cem"), "06511", duty="cover", ends_on=today() + days(2))
    make_zip("06512")
    make_zip("06513", is_served=False)
    make_property("06511")

    rows = open_page("zip-codes").context["rows"]

    [(first, duties, homes), (second, nobody, _)] = rows
    assert (first.code, second.code, homes) == ("06511", "06512", 1)
    assert [[a.user.full_name for a in held] for _, held in duties] == [["Ana"], ["Ben"], ["Cem"]]
    assert [held for _, held in nobody] == [[], [], []]


def test_by_zip_code_tells_what_is_not_served_and_has_homes_or_plans(open_page):
    make_property("06511")
    make_plan(make_property("06512", lifecycle="archived"), status="draft")
    make_zip("06513")
    ZipCode.objects.update(is_served=False)

    page = open_page("zip-codes")

    assert [row.code for row, *_ in page.context["rows"]] == ["06511", "06512"]
    assert text(page).count("Not served") == 2
    assert text(page).count("Serve 0651") == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [("0651", 2), ("06511", 1), ("new haven", 1), ("ana", 1), ("zanzibar", 0), ("%", 0)],
)
def test_a_search_finds_codes_cities_and_names(open_page, query, found):
    make_zip("06511")
    assign(make_staff("Ana"), "06518")
    make_zip("02116")

    page = open_page("zip-codes", q=query)

    assert len(page.context["rows"]) == found
    assert page.context["form"]["q"].value() == query


def test_fifty_on_a_page(open_page):
    for number in range(60):
        make_staff(f"Person {number:02}")

    assert len(open_page("people").context["rows"]) == 50
    assert len(open_page("people", p=2).context["rows"]) == 10
    assert len(open_page("people", p="nonsense").context["rows"]) == 50


# Gaps


def gaps_of(page) -> dict[str, list[tuple[str, str]]]:
    return {gap.code: lines for gap, lines in page.context["rows"]}


def test_a_zip_code_with_homes_and_nobody_is_a_gap(open_page):
    make_property("06511")
    make_zip("06512")  # no homes: nothing to look after
    make_property("06513", lifecycle="archived")

    gaps = gaps_of(open_page("gaps"))

    assert list(gaps) == ["06511"]
    [(what, span)] = gaps["06511"]
    assert (what, span.startswith("from ")) == ("Nobody assigned", True)


def test_a_home_where_nothing_is_served_is_a_gap_and_the_way_to_serve_it_is_there(open_page):
    for code in ("06511", "06512", "06513"):
        make_property(code)
        assign(make_staff(), code)
    make_property("06514")
    Property.objects.filter(zip_code__code="06513").update(lifecycle="archived")
    ZipCode.objects.exclude(code="06511").update(is_served=False)

    page = open_page("gaps")

    assert [(gap.code, gap.homes, gap.reasons) for gap, _ in page.context["rows"]] == [
        ("06514", 1, ["Not served", "Nobody assigned"]),
        ("06512", 1, ["Not served"]),
    ]
    assert gaps_of(page)["06512"] == [("Not served", "")]
    page_to_serve = f"/staffing/zipcode/{ZipCode.objects.get(code='06514').pk}/change/#id_is_served"
    assert page_to_serve in page.content.decode()
    assert f"{ASSIGN}?zip_codes=06514" not in page.content.decode()  # it would be refused


def test_an_unserved_zip_code_is_urgent_while_residents_are_away_and_nobody_is_assigned(open_page):
    for code in ("06511", "06512"):
        make_plan(make_property(code))
    assign(make_staff(), "06512")
    ZipCode.objects.update(is_served=False)

    rows = open_page("gaps").context["rows"]

    assert [(gap.code, gap.is_urgent) for gap, _ in rows] == [("06511", True), ("06512", False)]
    assert list(gaps_of(open_page("uncovered"))) == ["06511"]


def test_a_gap_says_from_which_day_to_which(open_page):
    make_property("06511")
    day = today()
    assign(make_staff("Ana"), "06511", ends_on=day + days(10))
    assign(make_staff("Ben"), "06511", starts_on=day + days(13))
    assign(make_staff("Cem"), "06511", duty="backup", ends_on=day + days(11))

    lines = gaps_of(open_page("gaps"))["06511"]

    def say(date):
        return f"{date:%b} {date.day}, {date.year}"

    assert lines == [
        ("No primary", f"on {say(day + days(10))}"),
        ("Nobody assigned", f"{say(day + days(11))} to {say(day + days(12))}"),
    ]


def test_what_lies_beyond_sixty_days_is_no_gap_yet(open_page):
    make_property("06511")
    given = assign(make_staff("Ana"), "06511", ends_on=today() + days(60))

    assert gaps_of(open_page("gaps")) == {}
    given.ends_on = today() + days(59)
    given.save()
    assert list(gaps_of(open_page("gaps"))) == ["06511"]


def test_a_backup_alone_is_no_primary_and_a_cover_is_somebody(open_page):
    make_property("06511")
    assign(make_staff("Ben"), "06511", duty="backup")
    make_property("06512")
    assign(make_staff("Cem"), "06512", duty="cover", ends_on=today() + days(99))

    gaps = gaps_of(open_page("gaps"))

    assert {what for lines in gaps.values() for what, _ in lines} == {"No primary"}
    assert len(gaps) == 2


def test_a_plan_with_nobody_there_is_urgent_and_first(open_page):
    make_property("06510")
    make_plan(make_property("06515"), starts_on=today() + days(30), ends_on=today() + days(40))

    rows = open_page("gaps").context["rows"]

    assert [(gap.code, gap.is_urgent) for gap, _ in rows] == [("06515", True), ("06510", False)]
    assert "Urgent" in text(open_page("gaps"))


@pytest.mark.parametrize(
    "plan",
    [
        {"status": "cancelled", "decision_reason": "x"},
        {"starts_on": today() + days(61), "ends_on": today() + days(70)},
        {"starts_on": today() - days(9), "ends_on": today()},
        {"starts_on": today() + days(5), "ends_on": today() + days(8)},  # Ana is there then
    ],
)
def test_a_plan_that_nobody_misses_is_not_urgent(open_page, plan):
    make_plan(make_property("06511"), **plan)
    assign(make_staff("Ana"), "06511", ends_on=today() + days(8))

    [(gap, _)] = open_page("gaps").context["rows"]

    assert not gap.is_urgent


def test_an_open_plan_alone_needs_somebody_too(open_page):
    make_plan(make_property("06511"))
    Property.objects.update(lifecycle="archived")

    assert list(gaps_of(open_page("gaps"))) == ["06511"]


def test_gaps_are_searched_and_dated(open_page):
    for code in ("06511", "02116"):
        make_property(code)
        assign(make_staff(), code, ends_on=today() + days(100))

    assert gaps_of(open_page("gaps")) == {}
    later = today() + days(50)
    assert list(gaps_of(open_page("gaps", as_of=later))) == ["02116", "06511"]
    assert list(gaps_of(open_page("gaps", as_of=later, q="065"))) == ["06511"]


# Overlaps


def test_two_primaries_at_once_are_told_once(open_page):
    assign(make_staff("Ana"), "06511", ends_on=today() + days(20))
    assign(make_staff("Ben"), "06511", starts_on=today() + days(10))
    assign(make_staff("Cem"), "06511", duty="backup")
    assign(make_staff("Dee"), "06512")

    page = open_page("overlaps")

    [row] = page.context["rows"]
    assert {row.user.full_name, row.other_name} == {"Ana", "Ben"}
    assert (row.both_from, row.both_until) == (today() + days(10), today() + days(20))
    assert "are both primary from" in text(page)


@pytest.mark.parametrize(("name", "found"), [("ana", 1), ("ben", 1), ("06511", 1), ("cem", 0)])
def test_overlaps_are_found_by_either_name(open_page, name, found):
    assign(make_staff("Ana"), "06511")
    assign(make_staff("Ben"), "06511")

    assert len(open_page("overlaps", q=name).context["rows"]) == found


def test_primaries_one_after_the_other_do_not_overlap(open_page):
    assign(make_staff("Ana"), "06511", ends_on=today() + days(10))
    assign(make_staff("Ben"), "06511", starts_on=today() + days(10))
    assign(make_staff("Cem"), "06511", starts_on=today() - days(9), ends_on=today())

    assert open_page("overlaps").context["rows"] == []
    assert "has two primaries at once" in text(open_page("overlaps"))


# Upcoming changes


def told(page) -> list[str]:
    return [str(change) for change in page.context["rows"]]


def test_changes_are_told_in_order_and_in_plain_words(open_page):
    day = today() + days(10)
    assign(make_staff("Ana"), "06511", ends_on=day)
    assign(make_staff("Ben"), "06512", ends_on=day)
    assign(make_staff("Cem"), "06512", duty="backup")
    assign(make_staff("Dee"), "06513", starts_on=today() + days(2))
    say = f"{day:%b} {day.day}, {day.year}"

    lines = told(open_page("changes"))

    assert lines[0].startswith("Dee starts as primary in 06513 on")
    assert lines[0].endswith("; nobody else is there.")
    assert lines[1:] == [
        f"Ana stops being primary in 06511 on {say}; nobody follows.",
        f"Ben stops being primary in 06512 on {say}; nobody follows as primary, Cem is backup.",
    ]


def test_who_follows_is_named(open_page):
    day = today() + days(10)
    assign(make_staff("Ana"), "06511", ends_on=day)
    assign(make_staff("Ben"), "06511", starts_on=day)

    ends, starts = told(open_page("changes"))

    assert ends.endswith("; Ben is primary.")
    assert starts.startswith("Ben starts as primary")


def test_only_sixty_days_ahead(open_page):
    assign(make_staff("Ana"), "06511", ends_on=today() + days(60))
    assign(make_staff("Ben"), "06512", ends_on=today() + days(61))
    assign(make_staff("Cem"), "06513", starts_on=today())

    assert [line[:3] for line in told(open_page("changes"))] == ["Ana"]
    assert told(open_page("changes", q="cem")) == []


# Wrong input


@pytest.mark.parametrize(
    "view", ["people", "zip-codes", "map", "gaps", "overlaps", "changes", "½", ""]
)
@pytest.mark.parametrize(
    "asked",
    [
        {"as_of": "9999-12-31"},
        {"as_of": "0001-01-01"},
        {"as_of": "never"},
        {"as_of": "2199-12-31"},
        {"as_of": "2000-01-01"},
        {"q": "x" * 50_000},
        {"q": "%_'\"<script>{}"},
        {"page": "9" * 30},
        {"page": "-1"},
        {"order": "½"},
    ],
)
def test_no_address_is_too_strange(open_page, view, asked):
    make_property("06511")
    make_staff(zips=("06511",))

    page = open_page(view, **asked)

    if asked.get("as_of") in ("9999-12-31", "0001-01-01"):
        assert "Choose a day between 2000 and 2199." in page.content.decode()
    assert "<script>{}" not in page.content.decode()


def test_of_an_empty_console_no_view_says_that_all_is_well(open_page):
    said = {
        "people": "There is no active staff yet",
        "zip-codes": "No ZIP code is served yet",
        "map": "No ZIP code is served yet",
        "gaps": "There are no homes yet, so there is nothing to cover",
        "uncovered": "There are no homes yet, so there is nothing to cover",
        "overlaps": "There are no assignments yet",
        "changes": "There are no assignments yet",
    }

    for view, sentence in said.items():
        assert open_page(view).context["nothing"].startswith(sentence)
        assert sentence in text(open_page(view))
        assert open_page(view, q="nothing-like-it").context["rows"] == []


def test_all_is_well_only_among_so_many(open_page):
    make_property("06511")
    make_plan(make_property("06512"))
    for code in ("06511", "06512"):
        assign(make_staff(), code)
    said = {
        "gaps": "No gap in 2 ZIP codes with homes: each is served, and has a primary on all of "
        "these sixty days.",
        "uncovered": "Residents are away in 1 ZIP code, with somebody assigned on all of their "
        "days.",
        "overlaps": "No ZIP code has two primaries at once.",
        "changes": "Nothing starts or ends in these sixty days.",
    }

    assert {view: open_page(view).context["nothing"] for view in said} == said
    assert open_page("gaps", q="06511").context["nothing"].startswith("No gap there in 1 ZIP code")
    assert open_page("gaps", q="02116").context["nothing"].startswith("No home lies in")
    nobody_away = open_page("uncovered", q="06511").context["nothing"]
    assert nobody_away.startswith("No residents are away there in these sixty days")
    assert open_page("gaps", as_of=today() + days(9)).context["rows"] == []
