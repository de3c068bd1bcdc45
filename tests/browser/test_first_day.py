"""An empty console, filled by pages alone: from the first sign-in to the first approved plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from bookings.demo.files import write_files
from bookings.models import AwayPlan
from staffing.models import User
from staffing.zip_facts import load_zip_codes
from tests.factories import PASSWORD, today
from tests.test_first_day import counted, made_of_fixtures

pytestmark = pytest.mark.django_db(transaction=True)

CHOSEN = "orchard-lantern-42"
STEPS = {  # the title of each step, and the file that does it
    "Serve ZIP codes": ("Import ZIP codes", "zip-codes"),
    "Add people": ("Import people", "people"),
    "Assign ZIP codes": ("Import ZIP assignments", "assignments"),
    "Add homes": ("Import properties", "properties"),
}


class FirstDay:
    """A person at the pages, who looks at each for what a page keeps to itself."""

    def __init__(self, visitor: Any, files: Path) -> None:
        self.visitor, self.page, self.files = visitor, visitor.page, files

    def comes_first(self, title: str) -> None:
        """What the home page says is the next step."""
        self.visitor.open("/")
        step = self.page.locator("[aria-current=step]")
        expect(step.locator(".home-link").first).to_have_text(title)

    def bring(self, link: str, file: str) -> None:
        """From the home page to the report of an import."""
        self.visitor.open("/")
        self.page.get_by_role("link", name=link, exact=True).click()
        self.page.get_by_label("CSV file").set_input_files(self.files / f"{file}.csv")
        self.page.get_by_role("button", name="Upload").click()
        self.page.get_by_role("button", name="Preview").click()
        self.page.get_by_role("button", name="Look again").wait_for()
        self.visitor.check_fit()
        self.page.locator("form[action$='/commit/'] button").click()
        self.page.wait_for_url("**/report/")
        self.visitor.check_fit()

    def links(self) -> dict[str, str]:
        """Made on the report of people, and shown this once."""
        self.page.get_by_role("link", name="Make the sign-in links for 12 people").click()
        self.page.get_by_role("button", name="Make the links").click()
        self.page.get_by_text("These links are shown once").wait_for()
        self.visitor.check()
        boxes = self.page.locator("input[aria-label^='Link for']")
        expect(boxes).to_have_count(12)
        return {str(box.get_attribute("aria-label")): box.input_value() for box in boxes.all()}

    def choose_password(self, link: str, email: str) -> None:
        """Open one's link, choose a password, and sign in with it."""
        self.page.goto(link)
        self.page.locator("[name=new_password1]").fill(CHOSEN)
        self.page.locator("[name=new_password2]").fill(CHOSEN)
        self.visitor.check()
        self.page.get_by_role("button", name="Set password").click()
        self.page.get_by_text("Your password is set").wait_for()
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(CHOSEN)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(f"{self.visitor.base}/")

    def submit_a_page(self) -> None:
        """All drafts of a page of the list."""
        self.visitor.open("/bookings/awayplan/?status__exact=draft")
        self.page.locator("#action-toggle").check()
        self.page.locator("select[name=action]").select_option("submit_selected")
        self.page.get_by_role("button", name="Run").click()
        self.page.locator("button[name=confirm]").click()
        self.page.wait_for_url("**/bookings/awayplan/**")


def test_the_first_day_by_pages(visit: Any, tmp_path: Path) -> None:
    load_zip_codes()
    erin = User.objects.create_superuser("erin@example.com", PASSWORD, full_name="Erin Engineer")
    write_files(tmp_path / "files", today())
    engineer = FirstDay(visit(), tmp_path / "files")
    engineer.visitor.log_in(erin)
    engineer.visitor.check()

    links: dict[str, str] = {}
    for step, (link, file) in STEPS.items():
        engineer.comes_first(step)
        engineer.bring(link, file)
        if file == "people":
            links = engineer.links()
    engineer.comes_first("Add away plans")

    nora = FirstDay(visit(), tmp_path / "files")
    nora.choose_password(links["Link for Nora Castellano"], "nora.castellano@example.com")
    nora.bring("Import away plans", "plans")
    nora.visitor.open("/")
    expect(nora.page.get_by_role("heading", name="First steps")).to_have_count(0)
    assert counted() == made_of_fixtures()
    assert set(AwayPlan.objects.values_list("status", flat=True)) == {"draft"}
    nora.submit_a_page()

    kwame = FirstDay(visit(390), tmp_path / "files")
    kwame.choose_password(links["Link for Kwame Asante-Reid"], "kwame.asantereid@example.com")
    kwame.visitor.open("/bookings/awayplan/waiting/")
    kwame.page.get_by_role("button", name="Approve", exact=False).first.click()
    kwame.page.get_by_text(": approved.").wait_for()

    [plan] = AwayPlan.objects.filter(status="approved").select_related("decided_by", "filed_by")
    assert (plan.decided_by.full_name, plan.filed_by.full_name) == (
        "Kwame Asante-Reid",
        "Nora Castellano",
    )
    assert User.objects.exclude(pk=erin.pk).filter(import_batch=None).count() == 0
