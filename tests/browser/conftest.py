"""A real Chromium against a live server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from tests.factories import PASSWORD

# Playwright's event loop runs in the thread of the test, where Django would refuse any query.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FLAGS = [
    f"--{flag}"
    for flag in (
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
    )
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (390, 1280)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
AXE = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
PATIENCE = 10_000  # milliseconds for what a test waits for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, so that `-m "not browser"` leaves it out."""
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the one CHROMIUM names, one of the machine's, or Playwright's own."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


class Visitor:
    """A person at a browser, who notices errors that a page keeps to itself."""

    def __init__(self, page: Page, base: str, sign_in: Callable[[object], Client]) -> None:
        self.page, self.base, self._sign_in = page, base, sign_in
        self.errors: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))

    def _hear(self, message: object) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def sign_in(self, person: object) -> None:
        """Through the session and not the form."""
        session = self._sign_in(person).cookies[settings.SESSION_COOKIE_NAME]
        cookie = {"name": session.key, "value": session.value, "url": self.base}
        self.page.context.add_cookies([cookie])
        self.open("/")

    def log_in(self, person: object) -> None:
        """At the door, with a password."""
        self.open("/login/")
        self.page.get_by_label("Email").fill(person.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(f"{self.base}/")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.base}{path}")

    def check(self) -> None:
        """The page as it stands: nothing for axe, nothing off-screen, nothing on the console."""
        assert [*self.violations(), *self.misfits()] == [], self.page.url

    def check_fit(self) -> None:
        """Nothing off-screen, nothing on the console."""
        assert self.misfits() == [], self.page.url

    def violations(self) -> list[str]:
        """What axe finds."""
        return [
            f"{found['id']}: {node['html']}"
            for found in Axe().run(self.page, options=AXE).response["violations"]
            for node in found["nodes"]
        ]

    def misfits(self) -> list[str]:
        """How far the page is wider than the window, and what the browser complained about."""
        beyond = self.page.evaluate(BEYOND)
        return [*([f"{beyond}px off-screen"] if beyond > 0 else []), *self.errors]

    def check_widths(self) -> None:
        """The page as it stands, on a telephone and on a desk."""
        for width in WIDTHS:
            self.resize(width)
            self.check()

    def resize(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})


@pytest.fixture
def visit(
    browser: Browser, live_server: object, sign_in: Callable[[object], Client]
) -> Iterator[Callable[..., Visitor]]:
    """Open a fresh browser window of a width in pixels, light or dark, or on a phone."""
    contexts = []

    def opened(width: int = 1440, scheme: str = "light", **more: Any) -> Visitor:
        asked = {
            "viewport": {"width": width, "height": 900},
            "timezone_id": "America/New_York",
            "color_scheme": scheme,
        }
        context = browser.new_context(**asked | more)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return Visitor(context.new_page(), live_server.url, sign_in)

    yield opened
    for context in contexts:
        context.close()
