"""The console as a person meets it."""

from __future__ import annotations

import datetime

import pytest
from django.utils.dateformat import format
from playwright.sync_api import expect

from bookings.models import Property
from opsconsole.access.acting import Source, acting
from tests.factories import (
    days,
    make_booking,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_task,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_staff_sign_in_edit_a_plan_and_read_its_history(visit):
    ana = make_staff("Ana Torres", zips=("06511",))
    plan = make_plan(make_property(name="Elm House"), status="submitted")
    make_plan(make_property("02116", name="Not hers"))
    visitor = visit()
    page = visitor.page

    visitor.log_in(ana)
    page.get_by_role("link", name="Away plans").first.click()
    page.wait_for_url("**/awayplan/")
    expect(page.get_by_text("Elm House")).to_have_count(1)
    expect(page.get_by_text("Not hers")).to_have_count(0)
    page.get_by_role("link", name="Elm House").click()
    new_end = plan.ends_on + days(3)
    page.get_by_label("Back on").fill(new_end.isoformat())
    page.get_by_label("Reason").fill("Their flight was moved")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()
    visitor.open(f"/bookings/awayplan/{plan.pk}/change/")
    page.locator("a[href$='/history/']").click()
    page.wait_for_url("**/history/")

    newest = page.locator("#history > li").first
    expect(newest).to_contain_text("Ana Torres changed it in the console")
    expect(newest).to_contain_text("Reason: Their flight was moved")
    expect(newest).to_contain_text(format(new_end, "N j, Y"))
    plan.refresh_from_db()
    assert plan.ends_on == new_end
    visitor.check()


def test_an_overlapping_plan_is_refused_on_the_form(visit):
    ana = make_staff(zips=("06511",))
    plan = make_plan(status="approved")
    visitor = visit()
    page = visitor.page

    visitor.sign_in(ana)
    visitor.open(f"/bookings/awayplan/add/?property={plan.property.pk}")
    page.get_by_label("Away from").fill(plan.starts_on.isoformat())
    page.get_by_label("Back on").fill(plan.ends_on.isoformat())
    page.get_by_label("Notes").fill("Please water the ferns")
    page.get_by_role("button", name="Save", exact=True).click()

    page.get_by_text("Another plan of this property covers some of these dates").first.wait_for()
    expect(page.get_by_label("Notes")).to_have_value("Please water the ferns")
    visitor.check()


def test_a_manager_imports_a_file(visit, tmp_path):
    mona = make_manager()
    make_zip("06511")
    rosa = make_rerenter(email="rosa@example.com")
    file = tmp_path / "homes.csv"
    file.write_text(
        "Reference,Name,Address,ZIP code,Type,Owner email\n"
        "A-1,Elm House,12 Elm Street,06511,House,rosa@example.com\n"
        "A-2,Bad House,13 Elm Street,,House,rosa@example.com\n"
    )
    visitor = visit()
    page = visitor.page

    visitor.sign_in(mona)
    visitor.open("/bookings/property/")
    page.get_by_role("link", name="Import from a file").click()
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Preview").wait_for()
    visitor.check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Import 1 property").wait_for()
    visitor.check()
    page.get_by_role("button", name="Import 1 property").click()
    page.wait_for_url("**/report/")

    visitor.check()
    home = Property.objects.get(external_ref="A-1")
    assert (home.owner, home.zip_code.code) == (rosa, "06511")
    assert home.history.get().history_user == mona
    assert not Property.objects.filter(external_ref="A-2").exists()


@pytest.fixture
def records():
    mona = make_manager("Mona Vale")
    with acting(mona, source=Source.CONSOLE, reason="First day"):
        home = make_property(name="Elm House")
        plan = make_plan(home, status="active", hosting_allowed=True, starts_on=today())
        booking = make_booking(plan)
        ana = make_staff("Ana Begins", zips=("06511",))
        task = make_task(home, away_plan=plan, status="in_progress", assignee=ana, flag="Moved")
        for text in ("Beds made", "Photos"):
            make_item(task, text=text, required=text != "Photos")
        make_plan(home, starts_on=today() + days(60), ends_on=today() + days(70))
        for day in range(10, 20):
            make_task(home, due_on=datetime.date(2042, 10, day))
    return [
        "/bookings/task/?due_on__year=2042&due_on__month=10",  # days to choose from, in two lines
        f"/bookings/property/{home.pk}/change/",
        f"/bookings/awayplan/{plan.pk}/change/",
        f"/bookings/booking/{booking.pk}/change/",
        f"/bookings/task/{task.pk}/change/",
        f"/bookings/task/{task.pk}/history/",
    ]


def test_records_in_the_midst_of_their_work_are_accessible_and_fit(visit, records):
    visitor = visit()
    visitor.sign_in(make_staff(zips=("06511",)))

    for path in ["/bookings/property/?q=nothing-matches-this", *records]:
        visitor.open(path)
        visitor.check_looks()


def test_the_keyboard_skips_to_the_content_and_opens_a_row(visit, records):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_staff(zips=("06511",)))
    visitor.open("/bookings/awayplan/")

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    expect(page.locator("#main-content")).to_be_focused()
    row = page.get_by_role("button", name="Bookings in this plan").first
    row.focus()
    page.keyboard.press("Enter")

    below = page.locator(".console-below").get_by_text("bookings in this plan")
    expect(below).to_be_visible()
    expect(row).to_have_attribute("aria-expanded", "true")
    visitor.check()
    page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "false")
    expect(below).to_be_hidden()


def test_access_denied_reads_well(visit):
    visitor = visit(390)
    visitor.sign_in(make_staff(zips=("06511",)))
    visitor.open("/bookings/property/import/")
    visitor.errors.clear()  # the browser notes the 403 itself

    expect(visitor.page.get_by_text("ask an operations manager")).to_be_visible()
    visitor.check()


def test_who_asks_for_less_motion_gets_none(visit):
    visitor = visit()
    visitor.sign_in(make_manager())
    visitor.open("/bookings/property/")
    moving = visitor.page.locator("[class*=transition-]").first

    expect(moving).to_have_css("transition-duration", "0s")
    visitor.page.emulate_media(reduced_motion="no-preference")
    expect(moving).to_have_css("transition-duration", "0.15s")
