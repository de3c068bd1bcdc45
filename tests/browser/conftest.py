"""A real Chromium against a live server."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from threading import Condition
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

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
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WIDTHS = (390, 1280)
SCHEMES = ("dark", "light")
LOOKS = tuple(itertools.product(WIDTHS, SCHEMES))
COLOURS = ("color-contrast", "link-in-text-block")  # the rules that ask for colours
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Each kind of text: its colour and size, and all that lies under it. axe takes most of its time for
# colours, and judges the same kind of text the same wherever it stands.
KINDS = """() => {
    const grounds = new Map([[null, ""]]);
    const groundOf = (each) => {
        if (!grounds.has(each)) {
            const { backgroundColor, backgroundImage, opacity, position } = getComputedStyle(each);
            const layer = ["static", "relative"].includes(position) ? "" : each.className;
            const own = `${backgroundColor} ${backgroundImage} ${opacity} ${layer}`;
            const under = groundOf(each.parentElement);
            grounds.set(each, own === "rgba(0, 0, 0, 0) none 1 " ? under : `${under} / ${own}`);
        }
        return grounds.get(each);
    };
    const isCovered = (each) => {
        const { left, top, width, height } = each.getBoundingClientRect();
        const met = document.elementFromPoint(left + width / 2, top + height / 2);
        return met && !each.contains(met) && !met.contains(each);
    };
    const hasText = (each) => each.matches("input, select, textarea")
        || [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const kindOf = (each) => {
        const style = getComputedStyle(each);
        const isDisabled = each.matches(":disabled, :disabled *, [aria-disabled=true]");
        return [each.localName, each.type, style.color, groundOf(each), style.fontSize,
            style.fontWeight, style.textDecorationLine, style.textShadow, isDisabled,
            isCovered(each)].join(" | ");
    };
    const texts = [...document.querySelectorAll("body *")].filter(hasText);
    window.textsOf = Object.groupBy(texts.filter((each) => each.checkVisibility()), kindOf);
    return Object.keys(window.textsOf);
}"""
# In a scheme, if one is named, until nothing moves any more: axe would judge a colour that fades.
AT_REST = """async (scheme) => {
    if (scheme) document.documentElement.classList.toggle("dark", scheme === "dark");
    await document.fonts.ready;
    const moves = (each) => each.playState === "running"
        && each.effect.getComputedTiming().endTime !== Infinity;
    for (let moving = [1]; moving.length;) {
        moving = document.getAnimations().filter(moves);
        await Promise.allSettled(moving.map((each) => each.finished));
    }
}"""
WITHOUT_COLOURS = {
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}} | {rule: {"enabled": False} for rule in COLOURS},
}
JUDGE_NAMES = "(options) => window.axe ? axe.run(options) : null"
JUDGE_COLOURS = """([kinds, rules]) => axe.run(
    { include: kinds.flatMap((kind) => window.textsOf[kind]) },
    { resultTypes: ["violations"], runOnly: rules })"""
PATIENCE = 60_000  # milliseconds for what a test waits for: a loaded machine needs them


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, so that `-m "not browser"` leaves it out."""
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the one CHROMIUM names, one of the machine's, or Playwright's own."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


class Visitor:
    """A person at a browser, who notices errors that a page keeps to itself."""

    def __init__(
        self, page: Page, base: str, sign_in: Callable[[object], Client], judged: set[str]
    ) -> None:
        self.page, self.base, self._sign_in, self.judged = page, base, sign_in, judged
        self.errors: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))

    def _hear(self, message: object) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def sign_in(self, person: object) -> None:
        """Through the session and not the form; the page that is open stays."""
        session = self._sign_in(person).cookies[settings.SESSION_COOKIE_NAME]
        cookie = {"name": session.key, "value": session.value, "url": self.base}
        self.page.context.add_cookies([cookie])

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
        self.settle()
        assert [*self.violations(), *self.misfits()] == [], self.page.url

    def check_fit(self) -> None:
        """Nothing off-screen, nothing on the console."""
        self.settle()
        assert self.misfits() == [], self.page.url

    def violations(self) -> list[str]:
        """What axe finds."""
        return [*self.misnamed(), *self.faint()]

    def misnamed(self) -> list[str]:
        """What axe finds by all its rules but those for colours."""
        answer = self.page.evaluate(JUDGE_NAMES, WITHOUT_COLOURS)
        if not answer:
            self.page.evaluate(AXE_SCRIPT)
            answer = self.page.evaluate(JUDGE_NAMES, WITHOUT_COLOURS)
        return told(answer)

    def faint(self) -> list[str]:
        """What axe finds in the colours of the kinds of text that it has not judged yet."""
        kinds = [kind for kind in self.page.evaluate(KINDS) if kind not in self.judged]
        if not kinds:
            return []
        if not (found := told(self.page.evaluate(JUDGE_COLOURS, [kinds, COLOURS]))):
            self.judged.update(kinds)
        return found

    def misfits(self) -> list[str]:
        """How far the page is wider than the window, and what the browser complained about."""
        beyond = self.page.evaluate(BEYOND)
        return [*([f"{beyond}px off-screen"] if beyond > 0 else []), *self.errors]

    def settle(self, scheme: str = "") -> None:
        """Until the page and its scripts are there, and nothing moves."""
        self.page.wait_for_load_state()
        self.page.evaluate(AT_REST, scheme)

    def check_looks(self) -> None:
        """The page as it stands, on a telephone and on a desk, in the dark and in the light."""
        found = self.faults_of_looks()
        assert found == {}, self.page.url

    def faults_of_looks(self, looks: Iterable[tuple[int, str]] = LOOKS) -> dict[Any, list[str]]:
        """What is wrong in each width and scheme; names and sizes are the same in both schemes."""
        found, widths = {}, set()
        for width, scheme in looks:
            self.look(width, scheme)
            misnamed = [] if width in widths else self.misnamed()
            found[width, scheme] = [*misnamed, *self.faint(), *self.misfits()]
            widths.add(width)
            self.errors.clear()
        return {look: faults for look, faults in found.items() if faults}

    def check_schemes(self) -> None:
        """The page as it stands at this width, in the dark and in the light."""
        for scheme in SCHEMES:
            self.settle(scheme)
            self.check()

    def look(self, width: int, scheme: str) -> None:
        """At a width, light or dark, without asking for the page again."""
        size = {"width": width, "height": 900}
        if self.page.viewport_size != size:
            self.page.set_viewport_size(size)
        self.settle(scheme)


def told(answer: dict[str, Any]) -> list[str]:
    """The violations of an answer of axe."""
    return [
        f"{found['id']}: {node['html']}"
        for found in answer["violations"]
        for node in found["nodes"]
    ]


class Windows:
    """Browser windows; those at a desk share what they have loaded, and nothing else."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.free: list[BrowserContext] = []
        self.taken: list[BrowserContext] = []
        self.own: list[BrowserContext] = []

    def made(self, **asked: Any) -> BrowserContext:
        usual = {"timezone_id": "America/New_York", "reduced_motion": "reduce"}
        context = self.browser.new_context(**usual | asked)
        context.set_default_timeout(PATIENCE)
        return context

    def opened(self, width: int, scheme: str, alone: bool, own: dict[str, Any]) -> Page:
        """A page in a context that nobody else is in, and nobody later if it is alone."""
        viewport = {"width": width, "height": 900}
        if own or alone:
            self.own.append(self.made(**{"viewport": viewport, "color_scheme": scheme} | own))
            return self.own[-1].new_page()
        self.taken.append(self.free.pop() if self.free else self.made())
        page = self.taken[-1].new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme)
        return page

    def leave(self) -> None:
        """Close the pages; whoever comes next is not signed in and finds nothing kept."""
        while self.own:
            self.own.pop().close()
        while self.taken:
            context = self.taken.pop()
            for page in context.pages:
                page.close()
            context.set_storage_state({"cookies": [], "origins": []})
            self.free.append(context)

    def close(self) -> None:
        for context in self.free:
            context.close()


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[Windows]:
    """The windows of a file: a style sheet or a script is loaded once for all its tests."""
    windows = Windows(browser)
    yield windows
    windows.close()


class Requests:
    """The requests that the live server answers now."""

    def __init__(self) -> None:
        self.changed, self.unanswered = Condition(), 0

    def begin(self, **_: Any) -> None:
        with self.changed:
            self.unanswered += 1

    def end(self, **_: Any) -> None:
        with self.changed:
            self.unanswered -= 1
            self.changed.notify_all()

    def wait_for_the_last(self) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.unanswered == 0, PATIENCE / 1000)


@pytest.fixture
def answered() -> Iterator[None]:
    """The test ends when the last request has its answer, whether or not a page waits for it.

    What empties the tables after the test would meet the locks of a request that still reads.
    """
    requests = Requests()
    request_started.connect(requests.begin)
    request_finished.connect(requests.end)
    yield
    requests.wait_for_the_last()
    request_started.disconnect(requests.begin)
    request_finished.disconnect(requests.end)


@pytest.fixture(scope="session")
def judged() -> set[str]:
    """The kinds of text that axe found nothing wrong with."""
    return set()


@pytest.fixture
def visit(
    answered: None,
    windows: Windows,
    live_server: object,
    sign_in: Callable[[object], Client],
    judged: set[str],
) -> Iterator[Callable[..., Visitor]]:
    """Open a browser window of a width in pixels, light or dark.

    What else a window is told, and what is done to its clock, is kept to a window that is alone.
    """

    def opened(
        width: int = 1440, scheme: str = "light", alone: bool = False, **own: Any
    ) -> Visitor:
        page = windows.opened(width, scheme, alone, own)
        return Visitor(page, live_server.url, sign_in, judged)

    yield opened
    windows.leave()
