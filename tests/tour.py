"""`python -m tests.tour`: take the pictures of docs/tour.md from the demo company.

A console of its own is served for it, on the embedded database with the demo company in it; each
role signs in at the door and opens its pages. The days of the company lie around today, so that
the pictures change with the day on which they are taken.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, sync_playwright

CHECKOUT = Path(__file__).resolve().parents[1]
FOLDER = CHECKOUT / "docs" / "tour"
DESK, PHONE = (1440, 900), (390, 844)
STARTS_WITHIN = 60  # seconds
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

NORA = "nora.castellano@example.com"  # manager
MAYA = "maya.okonkwo@example.com"  # staff
INGRID = "ingrid.solheim@example.com"  # auditor


class Picture(NamedTuple):
    """A page as one of the roles sees it."""

    name: str
    who: str
    page: str | Callable[[], str]
    size: tuple[int, int] = DESK
    scheme: str = "light"
    marked: str = ""  # what the page is scrolled to


def main() -> int:
    """Take all pictures, and say where they are."""
    os.environ |= {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "opsconsole.settings"}
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("seed_demo")
    FOLDER.mkdir(exist_ok=True)
    # Looked up first: inside, Playwright's event loop keeps Django from asking.
    where = {picture: _address(picture.page) for picture in PICTURES}
    with _served() as base, sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or None
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for picture, address in where.items():
            _take(chromium, base, picture, address)
            print(f"{(FOLDER / picture.name).relative_to(CHECKOUT)}.png")
    return 0


@contextmanager
def _served() -> Iterator[str]:
    """The console on a free port; it ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "gunicorn", "opsconsole.wsgi", "--bind", address]
    server = subprocess.Popen([*command, "--log-level", "warning"], cwd=CHECKOUT)
    try:
        _wait_for(f"http://{address}/health/alive")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait()


def _wait_for(address: str) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            urllib.request.urlopen(address).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def _address(page: str | Callable[[], str]) -> str:
    return page if isinstance(page, str) else page()


def _take(chromium: Browser, base: str, picture: Picture, address: str) -> None:
    width, height = picture.size
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme=picture.scheme,
        timezone_id="America/New_York",
        has_touch=picture.size == PHONE,
    )
    _sign_in(context, base, picture.who)
    page = context.pages[0]
    page.goto(f"{base}{address}", wait_until="networkidle")
    if picture.marked:
        page.locator(picture.marked).first.scroll_into_view_if_needed()
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()


def _sign_in(context: BrowserContext, base: str, email: str) -> None:
    from bookings.demo.people import PASSWORD

    page = context.new_page()
    page.goto(f"{base}/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{base}/")


# Pages whose record is looked up


def _task_of_maya() -> str:
    from bookings.models import Task

    tasks = Task.objects.filter(assignee__email=MAYA, kind="prepare")
    return f"/bookings/task/{tasks.order_by('-due_on').first().pk}/change/"


def _home_with_guests() -> str:
    from bookings.models import Booking

    stay = Booking.objects.filter(status="checked_in").order_by("pk").first()
    return f"/bookings/property/{stay.property_id}/change/"


def _plan_that_was_moved() -> str:
    from bookings.models import AwayPlan

    moved = AwayPlan.history.filter(history_type="~", changed_fields__contains=["ends_on"])
    return f"/bookings/awayplan/{moved.order_by('-history_id').first().id}/history/"


PICTURES = [
    Picture("staff-my-day", MAYA, "/", PHONE),
    Picture("staff-task", MAYA, _task_of_maya, PHONE),
    Picture("staff-to-decide", MAYA, "/bookings/awayplan/waiting/"),
    Picture("staff-timeline", MAYA, "/bookings/awayplan/timeline/", scheme="dark"),
    Picture("manager-home", NORA, "/"),
    Picture("manager-properties", NORA, "/bookings/property/"),
    Picture("manager-property", NORA, _home_with_guests),
    Picture("manager-imports", NORA, "/imports/importbatch/"),
    Picture("manager-coverage", NORA, "/staffing/zipassignment/coverage/?view=map"),
    Picture("auditor-home", INGRID, "/"),
    Picture("auditor-changes", INGRID, "/changes/"),
    Picture("auditor-history", INGRID, _plan_that_was_moved),
]

if __name__ == "__main__":
    sys.exit(main())
