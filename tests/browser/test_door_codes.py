"""A door code as somebody in front of the door meets it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import make_code, make_staff, make_task

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_code_is_shown_from_the_task_and_hides_itself(visit):
    ana = make_staff("Ana Torres", zips=("06511",))
    task = make_task(assignee=ana, status="assigned")
    make_code(task.property, code="9182-Quince", label="Front porch, " + "behind the ivy " * 4)
    visitor = visit(alone=True)
    page = visitor.page
    visitor.sign_in(ana)
    page.clock.install()

    visitor.open(f"/bookings/task/{task.pk}/change/")
    visitor.check_looks()
    page.get_by_role("button", name="Show the code").click()
    page.get_by_text("9182-Quince").wait_for()
    visitor.check_looks()
    page.clock.fast_forward(31_000)

    page.get_by_text("The code is hidden").wait_for()
    expect(page.locator("html")).not_to_contain_text("9182-Quince")
    assert "9182-Quince" not in page.content()
    page.get_by_role("link", name="Done: back to the codes").click()
    page.get_by_role("button", name="Show the code").wait_for()
    visitor.check_looks()
