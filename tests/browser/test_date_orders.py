"""A file whose dates could be two, at a browser."""

from __future__ import annotations

import datetime

import pytest

from bookings.models import AwayPlan
from tests.factories import make_manager, make_property, today

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_manager_says_which_comes_first(visit, tmp_path):
    mona, year = make_manager(), today().year + 1
    make_property(external_ref="H-1", name="Elm House")
    file = tmp_path / "plans.csv"
    file.write_text(
        f"Property,Away from,Back on,Hosting\nH-1,03/04/{year},05/04/{year},yes\n"
        f"H-1,04/04/{year},06/04/{year},no\n"
        f"H-1,05/06/{year},06/06/{year},yes\n"
    )
    visitor = visit()
    page = visitor.page

    visitor.sign_in(mona)
    visitor.open("/bookings/awayplan/")
    page.get_by_role("link", name="Import from a file").click()
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    question = page.get_by_label("Away from: These dates don’t tell")
    question.wait_for()
    visitor.check_looks()
    question.select_option("")
    page.get_by_label("Back on: These dates don’t tell").select_option("day first")
    page.get_by_role("button", name="Preview").click()
    page.get_by_text(f"“03/04/{year}” could be Mar 4, {year} or Apr 3, {year}").wait_for()
    visitor.check_looks()
    page.get_by_label("Away from: These dates don’t tell").select_option("day first")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Import 1 away plan").wait_for()
    visitor.check_looks()
    page.get_by_role("button", name="Import 1 away plan").click()
    page.wait_for_url("**/report/")

    visitor.check_looks()
    plan = AwayPlan.objects.get()
    assert (plan.starts_on, plan.status) == (datetime.date(year, 6, 5), "draft")
    visitor.open(f"/bookings/awayplan/{plan.pk}/change/")
    page.get_by_role("button", name="Submit for a decision").wait_for()
    visitor.check()
