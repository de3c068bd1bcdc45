"""Every page that can be opened: nothing for axe, nothing off-screen, nothing on the console.

The pages come from the table of tests/access/addresses.py, so a new one is looked at by itself.
Each is asked for once. Where a template comes up that no page of its group had, it is seen on a
phone and on a desk, in the dark and in the light; another page of the same templates in one look.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test.signals import template_rendered

from tests.access.addresses import ADDRESSES, ROUTES, path_of
from tests.access.world import World
from tests.factories import make_manager

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = {"staff here": "own", "auditor": "auditor", "manager": "manager"}
FILES = ("_import_template", "_import_rejects")
PARTS = ("search", "_below", "autocomplete", "jsi18n", "saved_views_count")  # for a script
NO_PAGES = FILES + PARTS
APPS = ("bookings", "staffing")
USUAL = ((390, "dark"), (1280, "light"))


def pages(world: World, kind: str, group: str) -> Iterator[str]:
    """The addresses that this person sees something at, about records of the near place.

    What auditors see as managers do is looked at as they do.
    """
    for name, address in ADDRESSES.items():
        if address.get[COLUMNS[kind]] != "sees" or name.endswith(NO_PAGES):
            continue
        if kind == "auditor" and address.get["manager"] == "sees":
            continue
        if group != next(filter(name.startswith, APPS), "the rest"):
            continue
        for record in address.about or ("",):
            pk = getattr(world.near, record).pk if record else ""
            yield path_of(name, ROUTES[name], pk)


class Looks:
    """A visitor at the pages, and the templates that were seen in every look."""

    def __init__(self, visitor: Any) -> None:
        self.visitor, self.pages = visitor, 0
        self.rendered: set[str] = set()
        self.seen: set[str] = set()
        template_rendered.connect(self._hear)

    def _hear(self, template: Any, **_: Any) -> None:
        self.rendered.add(str(template.name))

    def faults_of(self, path: str) -> dict[tuple[int, str], list[str]]:
        """What is wrong with a page, by width and scheme."""
        self.rendered.clear()
        self.visitor.open(path)
        assert self.visitor.page.evaluate("document.contentType") == "text/html", path
        self.pages += 1
        if self.rendered <= self.seen:
            return self.visitor.faults_of_looks([USUAL[self.pages % len(USUAL)]])
        self.seen |= self.rendered
        return self.visitor.faults_of_looks()


@pytest.mark.parametrize("group", [*APPS, "the rest"])
def test_every_page_is_accessible_and_fits(visit, group):
    world, looks = World(), Looks(visit())
    found = {}

    for kind in COLUMNS:
        looks.visitor.sign_in(world.people[kind])
        for path in pages(world, kind, group):
            if faults := looks.faults_of(path):
                found[f"{path} for {kind}"] = faults

    assert looks.pages > 30
    assert found == {}, "\n".join(f"{path}: {faults}" for path, faults in found.items())


FAULTS = pytest.mark.parametrize(
    ("fault", "html"),
    [
        ("color-contrast", "<p style='color: #bbb'>Faint</p>"),
        ("color-contrast", "<p style='background: #333'>On a ground of its own</p>"),
        (
            "link-in-text-block",
            "<p style='background: #fff; color: #000'>All that is known of this home stands on its "
            "<a href='/' style='color: #333; text-decoration: none'>own page</a> of the console.",
        ),
        ("label", "<input type='text'>"),
        ("target-size", "<a href='/' style='font-size: 4px'>a</a><a href='/'>b</a>"),
        ("off-screen", "<div style='width: 3000px'>Wide</div>"),
        ("boom", "<img src='/static/console/favicon.svg' onload='console.error(\"boom\")'>"),
    ],
    ids=["faint", "ground", "link", "name", "target", "wide", "console"],
)


@FAULTS
def test_a_fault_is_found_on_a_page_that_had_none(visit, fault, html):
    visitor = visit()
    visitor.sign_in(make_manager())
    visitor.open("/notices/")
    visitor.check_looks()

    visitor.page.evaluate("(html) => document.querySelector('main').innerHTML += html", html)

    faults = str(visitor.faults_of_looks())
    assert fault in faults
