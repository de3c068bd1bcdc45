"""A messy file from upload to undo, as a manager meets it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bookings.models import Property
from opsconsole.imports.models import ImportBatch
from tests.factories import make_manager, make_rerenter, make_staff, make_zip
from tests.imports.files import as_csv, home, previewed

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = ["Listing no.", "Title", "Address", "State", "ZIP", "Kind", "Gate code", "Amenities"]


def listing(number: int, **overrides: str) -> dict[str, str]:
    usual = [f"L-{number}", f"House {number}", f"{number} Elm St", "MA", "02116", "House", "", ""]
    return {**dict(zip(HEADER, usual, strict=True)), **overrides}


def written(path: Path, rows: list[dict[str, str]], notes: str = "") -> Path:
    with path.open("w", newline="") as file:
        file.write(notes)
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def messy(path: Path) -> Path:
    """57 rows: 54 new homes, a repeat, and two that are rejected."""
    rows = [
        listing(1, Amenities="Pool, large\nBarbecue, with “tongs”"),
        listing(2, ZIP="2116"),
        dict.fromkeys(HEADER, ""),
        *map(listing, range(3, 55)),
        listing(54),
        listing(55, ZIP="", **{"Gate code": "4711#"}),
        listing(56, ZIP="0", Title="=1+1"),
    ]
    return written(path, rows, notes="All our listings\n\n")


class Importing:
    """A manager at the pages of an import; each page is looked at as it comes."""

    def __init__(self, visitor):
        self.visitor, self.page = visitor, visitor.page

    def upload(self, path: Path) -> None:
        self.visitor.open("/bookings/property/")
        self.page.get_by_role("link", name="Import from a file").click()
        self.page.get_by_label("CSV file").set_input_files(path)
        self.page.get_by_role("button", name="Upload").click()
        self.page.get_by_role("heading", name="Which column is which").wait_for()

    def shows(self, *rows: str) -> None:
        """The rows of the list, by what they are recognised by."""
        expect(self.page.get_by_role("row").locator("td:nth-child(2)")).to_have_text(list(rows))

    def tab(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).click()
        self.page.locator(f"[aria-current=page]:text-is('{name}')").wait_for()

    def press(self, name: str, leads_to: str) -> None:
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_url(f"**/{leads_to}/")
        self.visitor.check_looks()


def test_a_messy_file_from_upload_to_undo(visit, tmp_path):
    make_zip("02116", state="MA", city="Boston")
    make_staff(zips=("02116",))
    make_rerenter(email="rosa@example.com")
    visitor = visit()
    visitor.sign_in(make_manager())
    importing, page = Importing(visitor), visitor.page

    # Mapping: the note lines are skipped, and what the names don't tell is said.
    importing.upload(messy(tmp_path / "listings.csv"))
    expect(page.get_by_text("the column names stand on line 3")).to_be_visible()
    visitor.check_looks()
    page.get_by_label("Reference: Column of the file").select_option("Listing no.")
    page.get_by_label("Type: Column of the file").select_option("Kind")
    page.get_by_label("Owner's email: Or one value").fill("rosa@example.com")
    importing.press("Preview", "preview")

    # Preview: tabs, pages, filters.
    expect(page.get_by_text("57 rows and 1 blank one: 54 new")).to_be_visible()
    expect(page.get_by_text("in “Gate code”")).to_be_visible()
    importing.shows("L-55", "L-56")
    importing.tab("New 54")
    importing.shows(*(f"L-{number}" for number in range(1, 51)))
    page.get_by_role("link", name="Next").click()
    page.get_by_text("Page 2 of 2").wait_for()
    importing.shows("L-51", "L-52", "L-53", "L-54")
    visitor.check_looks()
    importing.tab("Unchanged 1")
    expect(page.get_by_text("The same as line")).to_be_visible()
    importing.tab("With warnings 2")
    page.get_by_label("Kind of problem").select_option(label="ZIP code: padded (1)")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("“2116” is read as 02116").wait_for()
    importing.shows("L-2")
    page.get_by_label("Recognised by").fill("nothing like it")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("No such rows.").wait_for()
    assert not Property.objects.exists()

    # Commit and report.
    importing.press("Import 54 properties", "report")
    expect(page.get_by_text("54 new, 0 changed, 1 unchanged, 2 rejected")).to_be_visible()
    first = ImportBatch.objects.get()
    assert Property.objects.filter(import_batch=first).count() == 54
    assert Property.objects.get(external_ref="L-1").amenities.startswith("Pool, large\nBarbecue")

    # The rejects: corrected, they map themselves and make exactly those homes.
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rejected rows").click()
    download.value.save_as(tmp_path / "rejects.csv")
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        rejects = list(csv.DictReader(file))
    assert [row["Gate code"] for row in rejects] == ["(left out)", ""]
    fixed = [{**row, "ZIP": "02116"} for row in rejects]
    importing.upload(written(tmp_path / "fixed.csv", fixed))
    expect(page.get_by_text("Mapped as for listings.csv on")).to_be_visible()
    visitor.check_looks()
    importing.press("Preview", "preview")
    importing.press("Import 2 properties", "report")
    made = Property.objects.exclude(import_batch=first)
    assert set(made.values_list("external_ref", "name")) == {("L-55", "House 55"), ("L-56", "=1+1")}

    # Undo, after one was edited by hand: it is kept and named.
    edited = Property.objects.get(external_ref="L-7")
    visitor.open(f"/bookings/property/{edited.pk}/change/")
    page.get_by_label("Bedrooms").fill("4")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/bookings/property/")
    visitor.open("/imports/importbatch/")
    visitor.check_looks()
    page.get_by_role("link", name="Undo… (listings.csv)").click()
    page.get_by_role("heading", name="These stay").wait_for()
    visitor.check_looks()
    page.get_by_label("Reason").fill("The wrong file")
    page.get_by_role("button", name="Undo this import").click()
    page.get_by_role("heading", name="These were kept").wait_for()
    expect(page.get_by_text("Deleted: 53. As before: 0. Kept: 1.")).to_be_visible()
    expect(page.get_by_role("row", name="L-7 It was changed since the import.")).to_be_visible()
    visitor.check_looks()
    left = Property.objects.values_list("external_ref", flat=True)
    assert set(left) == {"L-7", "L-55", "L-56"}


def test_a_mapping_that_holds_only_in_part(visit, tmp_path):
    mona = make_manager()
    previewed(
        mona, home(), columns={"Owner": "", "Name": "unit"}, constants={"owner": "gone@x.com"}
    )
    (tmp_path / "next.csv").write_bytes(as_csv(home("H-2")))
    visitor = visit()
    visitor.sign_in(mona)

    Importing(visitor).upload(tmp_path / "next.csv")

    visitor.page.get_by_text("No ReRenter with the email gone@x.com is known here.").wait_for()
    visitor.check_looks()
    visitor.page.get_by_role("button", name="Map by the column names instead").click()
    visitor.page.get_by_role("button", name="Map as for that file").wait_for()
    visitor.check_looks()
