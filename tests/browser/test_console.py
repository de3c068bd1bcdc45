"""The console as a person meets it."""

from __future__ import annotations

import pytest

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
    assert page.get_by_text("Elm House").count() == 1
    assert page.get_by_text("Not hers").count() == 0
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
    assert "Ana Torres changed it in the console" in newest.inner_text()
    assert "Reason: Their flight was moved" in newest.inner_text()
    assert f"{new_end:%B} {new_end.day}"[:3] in newest.inner_text()
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
    assert page.get_by_label("Notes").input_value() == "Please water the ferns"
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
    return [
        f"/bookings/property/{home.pk}/change/",
        f"/bookings/property/{home.pk}/history/",
        f"/bookings/awayplan/{plan.pk}/change/",
        f"/bookings/awayplan/{plan.pk}/history/",
        f"/bookings/booking/{booking.pk}/change/",
        f"/bookings/task/{task.pk}/change/",
        f"/bookings/task/{task.pk}/history/",
        f"/staffing/user/{home.owner.pk}/change/",
        f"/staffing/zipcode/{home.zip_code.pk}/change/",
    ]


def test_records_in_the_midst_of_their_work_are_accessible_and_fit_in_the_dark(visit, records):
    visitor = visit(scheme="dark")
    visitor.sign_in(make_staff(zips=("06511",)))

    for path in ["/bookings/property/?q=nothing-matches-this", *records]:
        visitor.open(path)
        visitor.check_widths()


def test_the_keyboard_skips_to_the_content_and_opens_a_row(visit, records):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_staff(zips=("06511",)))
    visitor.open("/bookings/awayplan/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"
    row = page.get_by_role("button", name="Bookings in this plan").first
    row.focus()
    page.keyboard.press("Enter")

    below = page.locator(".console-below").get_by_text("bookings in this plan")
    below.wait_for(state="visible")
    assert row.get_attribute("aria-expanded") == "true"
    visitor.check()
    page.keyboard.press("Enter")
    assert row.get_attribute("aria-expanded") == "false"
    assert not below.is_visible()


def test_access_denied_reads_well(visit):
    visitor = visit(390)
    visitor.sign_in(make_staff(zips=("06511",)))
    visitor.open("/bookings/property/import/")
    visitor.errors.clear()  # the browser notes the 403 itself

    assert visitor.page.get_by_text("ask an operations manager").is_visible()
    visitor.check()
