"""The home pages of managers and auditors: each number is that of the list it leads to."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.utils import timezone

from bookings.waiting import by_age
from opsconsole.exports.models import Export
from opsconsole.home.load import NOBODY, load
from opsconsole.imports.models import ImportBatch
from staffing.models import Viewing, ZipCode
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    today,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mona():
    return make_manager()


def submitted(days_ago: float, code: str = "06511") -> None:
    """A plan that has waited for so many days."""
    plan = make_plan(make_property(code))
    moment = timezone.now() - datetime.timedelta(days=days_ago)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE bookings_historicalawayplan SET history_date = %s WHERE id = %s",
            [moment, plan.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def shown(client, number) -> int:
    """How many rows the list shows that a number leads to."""
    page = client.get(number.link)
    if "cl" in page.context:
        return page.context["cl"].result_count
    pages = page.context["page"]
    return pages.paginator.count


def test_plans_stand_by_the_age_of_their_submission(sign_in, mona):
    for age in (0.1, 0.9, 1.5, 3.5, 6.9, 7.1, 40):
        submitted(age)
    make_plan(make_property(), status="approved")
    client = sign_in(mona)

    plans = client.get("/").context["plans"]

    assert [number.count for number in plans["ages"]] == [2, 1, 2, 2]
    assert [shown(client, number) for number in plans["ages"]] == [2, 1, 2, 2]
    assert (plans["all"].count, shown(client, plans["all"])) == (7, 7)
    assert len(plans["oldest"]) == 5
    assert plans["oldest"][0][1] == "40 days ago"


def test_an_age_is_asked_for_plans_in_scope_alone():
    submitted(2, "06511")
    submitted(2, "02116")

    assert by_age(make_staff(zips=("06511",)), timezone.now())["days"] == 1


def test_homes_that_are_not_ready_soonest_first_with_why(sign_in, mona):
    for name, back in (("Later", 3), ("Sooner", 1)):
        home = make_property(name=name)
        plan = make_plan(
            home, status="active", starts_on=today() - days(9), ends_on=today() + days(back)
        )
        make_task(home, away_plan=plan, kind="restore", starts_on=today(), due_on=today())
    make_property(name="Residents in")
    client = sign_in(mona)

    homes = client.get("/").context["homes"]

    assert [home.name for home, _, _ in homes["soonest"]] == ["Sooner", "Later"]
    assert homes["soonest"][0][2][0][0].startswith("Restore: unassigned, due")
    assert (homes["all"].count, shown(client, homes["all"])) == (2, 2)


def test_zip_codes_without_anybody_while_residents_are_away(sign_in, mona):
    make_plan(make_property("06511"), status="approved")
    make_plan(make_property("06510"), status="approved")
    make_property("02116")  # nobody there, but nobody away either
    assign(make_staff(), "06510")
    client = sign_in(mona)

    gaps = client.get("/").context["gaps"]

    assert [(gap.code, gap.is_urgent) for gap in gaps["first"]] == [
        ("06511", True),
        ("02116", False),
    ]
    assert (gaps["urgent"].count, shown(client, gaps["urgent"])) == (1, 1)
    assert (gaps["all"].count, shown(client, gaps["all"])) == (2, 2)


def test_homes_that_nobody_serves_are_among_the_gaps(sign_in, mona):
    make_property("06511")
    assign(make_staff(), "06511")
    ZipCode.objects.update(is_served=False)
    client = sign_in(mona)

    page = client.get("/")

    gaps = page.context["gaps"]
    assert (gaps["urgent"].count, gaps["all"].count) == (0, 1)
    assert shown(client, gaps["all"]) == 1
    assert "New Haven, 1 home: not served" in page.content.decode()


def test_the_load_counts_what_its_lists_show(sign_in, mona):
    ana, home = make_staff("Ana Torres", zips=("06511",)), make_property()
    for due in (-2, 0, 0, 6, 7):
        make_task(
            home,
            assignee=ana,
            status="assigned",
            starts_on=today() - days(5),
            due_on=today() + days(due),
        )
    make_task(home)
    make_task(home, status="blocked", reason="No key")
    make_task(home, assignee=ana, status="done", done_by=ana)
    client = sign_in(mona)

    work = client.get("/").context["load"]

    nobody, hers = work.rows
    assert (nobody.name, hers.name) == (NOBODY, "Ana Torres")
    assert [number.count for number in hers.days] == [2, 0, 0, 0, 0, 0, 1]
    assert (hers.late.count, nobody.days[0].count) == (1, 2)
    assert [number.count for number in work.sums] == [4, 0, 0, 0, 0, 0, 1]
    for number in (*hers.days, hers.late, *nobody.days, nobody.late, *work.sums, work.late):
        assert shown(client, number) == number.count, number


def test_a_long_list_of_people_ends_and_is_counted_all_the_same(mona):
    home = make_property()
    for number in range(17):
        make_task(home, assignee=make_staff(f"Person {number}"), status="assigned")

    work = load(mona, today())

    assert (len(work.rows), work.more) == (16, 1)
    assert work.sums[0].count == 17


def test_imports_with_problems_and_exports_of_today(sign_in, mona):
    for fields in ({"reject": 2}, {"failure": "It broke."}, {}):
        ImportBatch.objects.create(
            resource="properties", file_name="h.csv", uploaded_by=mona, **fields
        )
    export = Export.objects.create(kind="properties", exported_by=mona, columns=["Name"])
    old = Export.objects.create(kind="properties", exported_by=mona, columns=["Name"])
    Export.objects.filter(pk=old.pk).update(exported_at=export.exported_at - days(2))
    client = sign_in(mona)

    context = client.get("/").context

    assert (context["imports"]["all"].count, shown(client, context["imports"]["all"])) == (2, 2)
    assert (context["exports"].count, shown(client, context["exports"])) == (1, 1)


EMPTY = (
    "There are no away plans yet.",
    "There are no homes yet.",
    "There are no homes yet, so there is nothing to cover",
    "There are no tasks yet",
    "No file was imported yet.",
)
ALL_CLEAR = (
    "No plan waits for a decision.",
    "The one home that expects somebody within seven days is ready",
    "No gap in 1 ZIP code with homes",
    "No open task is late",
    "No import has rejected rows",
)


def test_of_an_empty_company_nothing_is_said_to_be_well(sign_in, mona):
    content = sign_in(mona).get("/").content.decode()

    assert [sentence for sentence in EMPTY if sentence not in content] == []
    assert [sentence for sentence in ALL_CLEAR if sentence in content] == []


def test_a_company_in_which_all_is_well_is_told_so(sign_in, mona):
    ana = make_staff(zips=("06511",))
    plan = make_plan(
        make_property(), status="active", starts_on=today() - days(9), ends_on=today() + days(3)
    )
    make_task(plan.property, status="done", done_by=ana)
    ImportBatch.objects.create(resource="properties", file_name="h.csv", uploaded_by=mona)

    content = sign_in(mona).get("/").content.decode()

    assert [sentence for sentence in ALL_CLEAR if sentence not in content] == []
    assert [sentence for sentence in EMPTY if sentence in content] == []


def test_homes_that_expect_nobody_are_not_said_to_be_ready(sign_in, mona):
    make_property()
    make_plan(make_property(), status="active", starts_on=today(), ends_on=today() + days(9))

    assert "Nobody is expected in any home" in sign_in(mona).get("/").content.decode()


def test_auditors_find_the_head_of_their_queue(sign_in):
    plan = make_plan(make_property(name="Elm cottage"))
    otto = make_auditor()
    Viewing.objects.create(viewer=make_manager("Max"), person=make_staff(), reason="Asked")
    client = sign_in(otto)

    page = client.get("/")

    numbers = {number.label: number for number in page.context["numbers"]}
    assert numbers["To review"].count == 1
    assert numbers["Views as colleagues today"].count == 1
    assert shown(client, numbers["Views as colleagues today"]) == 1
    queue = client.get(numbers["To review"].link).context["rows"]
    assert [row["row"].plan for row in page.context["queue"]] == [plan.pk]
    assert len(queue) == 1
    assert "Elm cottage" in page.content.decode()
