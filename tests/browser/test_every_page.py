"""Every page that can be opened: nothing for axe, nothing off-screen, nothing on the console.

The pages come from the table of tests/access/addresses.py, so a new one is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.access.addresses import ADDRESSES, ROUTES, path_of
from tests.access.world import World

pytestmark = pytest.mark.django_db(transaction=True)

PHONE, DESK = (390, "dark"), (1280, "light")
COLUMNS = {"staff here": "own", "auditor": "auditor", "manager": "manager"}
IN_SCHEME = """(scheme) => document.documentElement.classList.toggle("dark", scheme === "dark")"""
FILES = ("_import_template", "_import_rejects")
PARTS = ("search", "_below", "autocomplete", "jsi18n", "saved_views_count")  # for a script
NO_PAGES = FILES + PARTS


def pages(world: World, kind: str) -> Iterator[str]:
    """The addresses that this person sees something at, about records of the near place.

    What auditors see as managers do is looked at as they do.
    """
    for name, address in ADDRESSES.items():
        if address.get[COLUMNS[kind]] != "sees" or name.endswith(NO_PAGES):
            continue
        if kind == "auditor" and address.get["manager"] == "sees":
            continue
        for record in address.about or ("",):
            pk = getattr(world.near, record).pk if record else ""
            yield path_of(name, ROUTES[name], pk)


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_page_is_accessible_and_fits(visit, kind):
    """Staff on a phone in the dark; whoever sits at a desk at every other page, too."""
    world = World()
    visitor = visit()
    visitor.sign_in(world.people[kind])
    found = {}

    for number, path in enumerate(pages(world, kind)):
        visitor.open(path)
        assert visitor.page.evaluate("document.contentType") == "text/html", path
        width, scheme = PHONE if kind == "staff here" or number % 2 else DESK
        visitor.resize(width)
        visitor.page.evaluate(IN_SCHEME, scheme)
        if faults := [*visitor.violations(), *visitor.misfits()]:
            found[f"{path} at {width}, {scheme}"] = faults
            visitor.errors.clear()

    assert found == {}, "\n".join(f"{path}: {faults}" for path, faults in found.items())
