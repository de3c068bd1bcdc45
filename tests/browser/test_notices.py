"""Notices as a person meets them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from opsconsole.notices.models import Notice
from opsconsole.notices.telling import notify
from tests.factories import make_staff

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_notice_is_opened_and_the_rest_marked_as_read(visit):
    ana = make_staff("Ana Torres", zips=("06511",))
    for number in range(30):
        notify(ana, f"Import of homes-{number}.csv is done: 3,900 new", "/bookings/awayplan/")
    notify(ana, "A very long name follows: " + "x" * 250)
    visitor = visit()
    page = visitor.page
    visitor.sign_in(ana)
    visitor.open("/")

    page.get_by_role("link", name="Notices 31 new").click()
    page.get_by_role("heading", name="Notices").first.wait_for()
    visitor.check_looks()
    page.get_by_role("listitem").filter(has_text="homes-29.csv").get_by_role(
        "button", name="Open"
    ).click()
    page.wait_for_url("**/awayplan/")
    assert Notice.objects.unread().count() == 30
    visitor.open("/notices/")
    page.get_by_role("button", name="Mark all as read").click()

    expect(page.get_by_role("button", name="Mark all as read")).to_have_count(0)
    expect(page.get_by_role("link", name="Open Import of homes-29.csv")).to_be_visible()
    assert not Notice.objects.unread().exists()
    visitor.check_looks()
