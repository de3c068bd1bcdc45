"""Exporting properties, as a manager meets it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from opsconsole.exports.models import Export
from tests.factories import make_auditor, make_manager, make_property

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/bookings/property/export/"


@pytest.fixture
def homes():
    names = {"Ash House": "active", "Birch House": "paused", "Cedar Lodge": "active"}
    return [make_property(name=name, lifecycle=state) for name, state in names.items()]


def downloaded(page, path: Path) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename.startswith("properties ")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_manager_exports_what_the_list_shows(visit, homes, tmp_path):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open("/bookings/property/?q=house&o=-1")

    page.get_by_role("link", name="Export to a file").click()
    page.get_by_text("2 properties").wait_for()
    visitor.check()
    page.get_by_role("button", name="Select none").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.press("Space")
    rows = downloaded(page, tmp_path / "homes.csv")

    assert rows == [{"Name": "Birch House"}, {"Name": "Ash House"}]
    visitor.open("/exports/export/")
    expect(page.get_by_text("search “house”")).to_be_visible()
    expect(page.locator("#result_list").get_by_text("Finished")).to_be_visible()
    visitor.check()


def test_a_manager_exports_the_rows_that_were_ticked(visit, homes, tmp_path):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open("/bookings/property/")

    for home in (homes[0], homes[2]):
        page.locator(f"input.action-select[value='{home.pk}']").check()
    page.locator("select[name=action]").select_option("export_selected")
    page.get_by_role("button", name="Run").click()
    page.get_by_text("2 properties").wait_for()
    visitor.check()
    page.get_by_role("button", name="Select none").click()
    page.get_by_role("button", name="Select all").click()
    rows = downloaded(page, tmp_path / "homes.csv")

    assert [row["Reference"] for row in rows] == [homes[0].external_ref, homes[2].external_ref]
    assert len(rows[0]) == 20


def test_the_pages_are_accessible_and_fit(visit, homes):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())

    visitor.open(f"{PAGE}?lifecycle__exact=active&q=lodge")
    visitor.check_looks()
    page.get_by_role("button", name="Select none").click()
    page.get_by_role("button", name="Download CSV").click()
    page.get_by_text("Choose at least one column.").wait_for()
    visitor.check_looks()
    visitor.open(f"{PAGE}?q=nothing-like-it")
    visitor.check_looks()


def test_the_log_is_accessible_to_auditors(visit, homes):
    mona = make_manager()
    export = Export.objects.create(
        kind="properties",
        exported_by=mona,
        which="a selection",
        query="o=-1",
        columns=["Reference", "Name"],
    )
    visitor = visit()
    visitor.sign_in(make_auditor())

    for path in ("/exports/export/", f"/exports/export/{export.pk}/change/"):
        visitor.open(path)
        visitor.check_looks()
