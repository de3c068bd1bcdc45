"""Views of lists, and the keys of the console, as a person meets them."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from opsconsole.saved_views.models import SavedView
from tests.factories import make_manager, make_property

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_view_is_saved_counted_and_marked(visit):
    make_property(name="Elm loft")
    make_property(name="Oak house")
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())

    visitor.open("/bookings/property/?q=loft")
    page.get_by_text("Save this view").click()
    page.get_by_label("Name").fill("Lofts")
    page.get_by_label("Share with everybody").check()
    visitor.check()
    page.get_by_role("button", name="Save", exact=True).click()
    tab = page.get_by_role("link", name="Lofts shared 1")

    expect(tab).to_have_attribute("aria-current", "page")
    visitor.check()
    page.get_by_role("link", name="Keep views in order").click()
    page.get_by_text("Change Lofts").click()
    visitor.check()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("“Lofts” is deleted.").wait_for()
    assert not SavedView.objects.exists()


def test_the_keys_of_the_console_are_told_and_do_what_is_told(visit):
    visitor = visit(alone=True)
    page = visitor.page
    page.clock.set_fixed_time(timezone.now())  # the letter after g is never late
    visitor.sign_in(make_manager())
    visitor.open("/bookings/property/")
    dialog = page.get_by_role("dialog", name="Keys", exact=True)
    button = page.get_by_role("button", name="Keys of the console")

    button.click()
    dialog.wait_for()
    visitor.check()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()

    page.keyboard.press("/")
    page.keyboard.type("g?")
    expect(page.locator("#searchbar")).to_have_value("g?")
    expect(dialog).to_be_hidden()

    button.focus()
    page.keyboard.press("?")
    dialog.wait_for()
    expect(page.get_by_text("Available shortcuts")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/bookings/booking/")
