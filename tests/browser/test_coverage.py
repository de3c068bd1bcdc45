"""Who covers what, and assigning many, as a manager meets them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bookings.models import Property
from staffing.models import ZipAssignment
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/staffing/zipassignment/coverage/"
VIEWS = ("people", "zip-codes", "map", "gaps", "overlaps", "changes")


@pytest.fixture
def company():
    """A gap that is urgent, an overlap, a cover, and a change to come."""
    ana, ben = make_staff("Ana Torres", zips=("06511",)), make_staff("Ben Ito", zips=("06511",))
    assign(ana, "06512", duty="cover", covers_for=ben, ends_on=today() + days(9))
    make_property("06512")
    make_plan(make_property("06518"))
    return ana, ben


def test_a_manager_finds_a_gap_and_fills_it(visit, company):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open("/")

    page.get_by_role("link", name="Who covers what").first.click()
    page.get_by_role("link", name="Gaps").click()
    page.get_by_role("link", name="Assign 06518").click()
    page.get_by_label("Ana Torres").check()
    page.get_by_label("Reason").fill("Hamden has nobody")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_text("Ana Torres gains 06518 as primary").wait_for()
    visitor.check()
    assert not ZipAssignment.objects.filter(content_object__code="06518").exists()
    page.get_by_role("button", name="Assign 1").click()
    page.get_by_text("Assigned: 1 new.").wait_for()

    given = ZipAssignment.objects.get(content_object__code="06518")
    assert given.user.full_name == "Ana Torres"
    assert given.history.get().history_change_reason == "Hamden has nobody"
    visitor.open(f"{PAGE}?view=gaps")
    expect(page.get_by_text("06518")).to_have_count(0)


def test_a_holiday_is_covered_and_its_tasks_go_to_the_cover(visit, company):
    ana, _ = company
    cleo, first, back = make_staff("Cleo Hart"), today() + days(3), today() + days(10)
    assign(cleo, "06518", starts_on=today() - days(30), ends_on=first)
    assign(cleo, "06518", starts_on=back)
    task = make_task(Property.objects.get(zip_code__code="06518"), due_on=first)
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(f"{PAGE}?view=map&as_of={first}")

    page.get_by_role("link", name="06518 Hamden: Nobody").click()
    page.wait_for_url("**#zip-06518")
    visitor.open(f"{PAGE}?view=gaps&q=06518")
    expect(page.get_by_text("Nobody assigned")).to_have_count(1)
    page.get_by_role("link", name="Assign 06518").click()
    page.get_by_label("Ana Torres").check()
    page.locator("[name=duty]").select_option("cover")
    page.locator("[name=covers_for]").select_option(label="Cleo Hart")
    page.locator("[name=starts_on]").fill(f"{first}")
    page.locator("[name=ends_on]").fill(f"{back}")
    page.get_by_label("Reason").fill("Cleo is on holiday")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_text("Ana Torres gains 06518 as temporary cover").wait_for()
    page.get_by_role("button", name="Assign 1").click()
    page.get_by_text("Assigned: 1 new.").wait_for()
    visitor.open(f"{PAGE}?view=gaps&q=06518")
    expect(page.get_by_text("Nobody assigned")).to_have_count(0)
    visitor.open(f"{PAGE}?view=map&as_of={first}&q=06518")
    expect(page.locator("#zip-06518").get_by_text("Backup or cover only")).to_be_visible()
    visitor.open(f"/bookings/task/{task.pk}/change/")
    page.locator("[name=assignee]").select_option(label="Ana Torres")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()

    task.refresh_from_db()
    assert (task.assignee, task.status) == (ana, "assigned")


def test_a_manager_ends_several_from_the_list(visit, company):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open("/staffing/zipassignment/?q=Ana")

    for box in page.locator("input.action-select").all():
        box.check()
    page.locator("select[name=action]").select_option("end_selected")
    page.get_by_role("button", name="Run").click()
    page.get_by_text("Ana Torres loses 06511, 06512 from").wait_for()
    expect(page.get_by_text("Left without anybody: 06512.")).to_be_visible()
    visitor.check()
    page.get_by_label("Reason").fill("Leaves us")
    page.get_by_role("button", name="End them").click()
    page.get_by_text("Assignments: 2 ended.").wait_for()

    ana, _ = company
    assert set(ana.zip_assignments.values_list("ends_on", flat=True)) == {today()}


def test_the_pages_are_accessible_and_fit(visit, company):
    make_zip("06519")
    visitor = visit()
    visitor.sign_in(make_manager())

    for view in VIEWS:
        visitor.open(f"{PAGE}?view={view}")
        visitor.check_looks()
        visitor.open(f"{PAGE}?view={view}&q=nothing-like-it&as_of=0001-01-01")
        visitor.check_looks()


def test_the_pages_are_accessible_to_auditors(visit, company):
    visitor = visit()
    visitor.sign_in(make_auditor())

    for view in VIEWS:
        visitor.open(f"{PAGE}?view={view}")
        visitor.check()


def test_the_forms_are_accessible_with_their_errors(visit, company):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())

    visitor.open("/staffing/zipassignment/assign/")
    page.get_by_label("Ana Torres").check()
    page.get_by_label("ZIP codes").fill("06512 00000 K1A")
    page.get_by_label("Reason").fill("x")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_text("00000: it is not a ZIP code we know").wait_for()
    visitor.check_looks()
    page.get_by_label("ZIP codes").fill("06512 06511 06518")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_text("Nobody loses a ZIP code by this.").wait_for()
    visitor.check_looks()
