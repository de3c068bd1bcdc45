"""Serving ZIP codes and withdrawing service, by the keyboard, on a phone and at a desk."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from staffing.models import ZipCode
from tests.factories import assign, make_manager, make_plan, make_property, make_staff, make_zip

pytestmark = pytest.mark.django_db(transaction=True)


def served() -> set[str]:
    return set(ZipCode.objects.served().values_list("code", flat=True))


FOCUSED = """() => {
    const at = document.activeElement;
    return at.labels?.[0]?.innerText ?? (at.tagName === "BUTTON" ? at.innerText : "");
}"""


def reached(page: Any, label: str) -> None:
    """Tab until this field or button has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED).startswith(label):
            return
    raise AssertionError(f"Nothing called {label} is reached by Tab.")


def test_zip_codes_are_served_and_withdrawn_by_the_keyboard(visit: Callable[..., Any]) -> None:
    for code in ("06510", "06513", "06514"):
        make_zip(code, is_served=False)
    make_zip("06520", is_served=False, kind="po_box")
    make_plan(make_property("06511"), status="approved")
    assign(make_staff("Ana Torres"), "06511")
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())

    visitor.open("/staffing/zipcode/serve/")
    reached(page, "ZIP codes")
    page.keyboard.insert_text("06510–06520\nHamden, CT, 6514, 06520, Nowhere")
    reached(page, "Preview")
    page.keyboard.press("Enter")
    page.get_by_text("No town or county “Nowhere” is known here.").wait_for()
    visitor.check_looks()
    page.get_by_label("ZIP codes").fill("06510–06520\nHamden, CT, 6514, 06520")
    reached(page, "Preview")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What the reference found").wait_for()
    visitor.check_looks()
    snap(page, "serve")
    reached(page, "Serve 4 ZIP codes")
    page.keyboard.press("Enter")
    page.get_by_text("Served now: 4 ZIP codes.").wait_for()
    assert served() == {"06510", "06511", "06513", "06514", "06520"}
    snap(page, "list")

    visitor.open("/staffing/zipcode/serve/")
    page.get_by_label("ZIP codes").fill("New Haven, CT")
    page.get_by_label("What is to become of them").select_option("no")
    page.get_by_role("button", name="Preview").press("Enter")
    page.get_by_text("1 property and 1 open plan").wait_for()
    visitor.check_looks()
    snap(page, "withdraw")
    reached(page, "Withdraw service from 4 ZIP codes")
    page.keyboard.press("Enter")
    page.get_by_text("say why service is withdrawn").wait_for()
    visitor.check_looks()
    page.get_by_label("Reason").fill("The partner left")
    page.get_by_label("Reason").press("Enter")
    page.get_by_text("Not served any more: 4 ZIP codes.").wait_for()
    assert served() == {"06514"}


def snap(page: Any, name: str) -> None:
    """A picture at three widths, where PICTURES names a folder."""
    if folder := os.environ.get("PICTURES"):
        for width in (390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
