"""Views of lists, and the keys of the console, as a person meets them."""

from __future__ import annotations

import pytest

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
    tab.wait_for()

    assert tab.get_attribute("aria-current") == "page"
    visitor.check()
    page.get_by_role("link", name="Keep views in order").click()
    page.get_by_text("Change Lofts").click()
    visitor.check()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("“Lofts” is deleted.").wait_for()
    assert not SavedView.objects.exists()


def test_the_keys_of_the_console_are_told_and_do_what_is_told(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open("/bookings/property/")
    dialog = page.get_by_role("dialog", name="Keys", exact=True)
    button = page.get_by_role("button", name="Keys of the console")

    button.click()
    dialog.wait_for()
    visitor.check()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert button.evaluate("element => element === document.activeElement")

    page.keyboard.press("/")
    page.keyboard.type("g?")
    assert page.locator("#searchbar").input_value() == "g?"
    assert not dialog.is_visible()

    button.focus()
    page.keyboard.press("?")
    dialog.wait_for()
    assert page.get_by_text("Available shortcuts").count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/bookings/booking/")
